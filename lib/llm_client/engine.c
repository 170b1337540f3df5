/* SPDX-License-Identifier: MIT */
#include "llm_client/engine.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/host.h"

#include "llm_client/slot.h"

enum { EVENTS_AT_ONCE = 64, SPARE_SLOTS = 64, LINGER_MS = 250 };
static const uint64_t never_ms = UINT64_MAX;

struct ape__llm_engine {
    ape_host *host;
    pthread_t thread;
    pid_t process;
    int epoll_fd;
    int wake_fd;

    pthread_mutex_t lock; /* guards the jobs */
    ape__llm_job *first_job, *last_job;

    /* The rest belongs to the thread. */
    bool stop;
    bool cleans_up; /* by itself, for nobody joins it */
    CURLM *multi;
    uint64_t curl_ms; /* when curl wants to be called */
    uint64_t tick_ms; /* no attempt needs a tick before */
    ape__llm_task *tasks;
    ape__llm_slot *lingering, *spare;
    size_t spare_count;
    ape__llm_timer *timers; /* by their time */
};

uint64_t ape__llm_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t ape__llm_now_ms(void)
{
    return ape__llm_now_us() / 1000;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    ape__llm_engine *e = user;
    struct epoll_event event = { .data.fd = fd };

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                   (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    epoll_ctl(e->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(e->multi, fd, e);
    return 0;
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *user)
{
    ape__llm_engine *e = user;

    (void)multi;
    e->curl_ms = timeout_ms < 0 ? never_ms : ape__llm_now_ms() + (uint64_t)timeout_ms;
    return 0;
}

static void link_task(ape__llm_engine *e, ape__llm_task *task)
{
    task->next = e->tasks;
    if (e->tasks)
        e->tasks->previous = task;
    e->tasks = task;
}

static void unlink_task(ape__llm_engine *e, ape__llm_task *task)
{
    if (task->next)
        task->next->previous = task->previous;
    if (task->previous)
        task->previous->next = task->next;
    else
        e->tasks = task->next;
    task->next = task->previous = NULL;
}

static void put_back(ape__llm_engine *e, ape__llm_slot *slot)
{
    curl_multi_remove_handle(e->multi, slot->easy);
    if (e->spare_count == SPARE_SLOTS) {
        ape__llm_slot_free(e->host, slot);
        return;
    }
    ape__llm_slot_reset(slot);
    slot->next = e->spare;
    e->spare = slot;
    e->spare_count++;
}

static ape__llm_slot *take_slot(ape__llm_engine *e)
{
    ape__llm_slot *slot = e->spare;

    if (!slot)
        return ape__llm_slot_new(e->host);
    e->spare = slot->next;
    e->spare_count--;
    slot->next = NULL;
    return slot;
}

/* The connection of a complete answer may come to rest, so that it is of use again. */
static void let_linger(ape__llm_engine *e, ape__llm_slot *slot)
{
    slot->task = NULL;
    slot->linger_ms = ape__llm_now_ms() + LINGER_MS;
    slot->next = e->lingering;
    e->lingering = slot;
    if (slot->linger_ms < e->tick_ms)
        e->tick_ms = slot->linger_ms;
}

static void finish_task(ape__llm_engine *e, ape__llm_task *task, bool is_transfer_over)
{
    ape__llm_slot *slot = task->slot;

    unlink_task(e, task);
    task->slot = NULL;
    task->ended_us = ape__llm_now_us();
    if (slot && !is_transfer_over && task->attempt.result == APE_LLM_OK)
        let_linger(e, slot);
    else if (slot)
        put_back(e, slot);
    task->is_decided = true;
    task->on_done(task);
}

void ape__llm_engine_start(ape__llm_engine *engine, ape__llm_task *task)
{
    uint64_t now_us = ape__llm_now_us();

    task->engine = engine;
    task->began_us = now_us;
    link_task(engine, task);
    ape__llm_attempt_begin(&task->attempt, now_us / 1000, task->deadline_ms);
    task->slot = take_slot(engine);
    if (task->slot && ape__llm_slot_prepare(task->slot, task) &&
        curl_multi_add_handle(engine->multi, task->slot->easy) == CURLM_OK) {
        if (ape__llm_attempt_next_ms(&task->attempt) < engine->tick_ms)
            engine->tick_ms = ape__llm_attempt_next_ms(&task->attempt);
        return;
    }
    ape__llm_attempt_broken(&task->attempt, APE_LLM_INTERNAL, "out of memory", now_us / 1000);
    finish_task(engine, task, true);
}

void ape__llm_engine_cancel(ape__llm_task *task)
{
    if (task->is_decided)
        return;
    ape__llm_attempt_broken(&task->attempt, APE_LLM_CANCELLED, NULL, ape__llm_now_ms());
    task->attempt.result = APE_LLM_CANCELLED;
    finish_task(task->engine, task, true);
}

static void read_messages(ape__llm_engine *e)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(e->multi, &left))) {
        ape__llm_slot *slot = NULL;
        CURLcode code = message->data.result;
        ape__llm_task *task;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        task = slot->task;
        if (!task) {
            slot->linger_ms = 0; /* swept with the others */
            e->tick_ms = 0;
            continue;
        }
        if (code == CURLE_OK)
            ape__llm_attempt_closed(&task->attempt, ape__llm_now_ms());
        else
            ape__llm_attempt_broken(&task->attempt, ape__llm_class_of_curl(code),
                                    curl_easy_strerror(code), ape__llm_now_ms());
        finish_task(e, task, true);
    }
}

static void sweep_lingering(ape__llm_engine *e, uint64_t now_ms)
{
    ape__llm_slot **at = &e->lingering;

    while (*at) {
        ape__llm_slot *slot = *at;

        if (slot->linger_ms > now_ms) {
            if (slot->linger_ms < e->tick_ms)
                e->tick_ms = slot->linger_ms;
            at = &slot->next;
            continue;
        }
        *at = slot->next;
        put_back(e, slot);
    }
}

/* Looks at every task's clocks, if one of them may be over. */
static void tick(ape__llm_engine *e)
{
    uint64_t now_ms = ape__llm_now_ms();

    if (now_ms < e->tick_ms)
        return;
    e->tick_ms = never_ms;
    for (ape__llm_task *task = e->tasks; task; task = task->next)
        ape__llm_attempt_tick(&task->attempt, now_ms);
    sweep_lingering(e, now_ms);
}

/* Delivers what is decided; for the others, finds out when to look again. */
static void finish_decided(ape__llm_engine *e)
{
    ape__llm_task *task = e->tasks;

    while (task) {
        if (task->attempt.phase == APE__LLM_DECIDED) {
            finish_task(e, task, false);
            task = e->tasks; /* on_done may have changed the list */
            continue;
        }
        if (ape__llm_attempt_next_ms(&task->attempt) < e->tick_ms)
            e->tick_ms = ape__llm_attempt_next_ms(&task->attempt);
        task = task->next;
    }
}

static void run_timers(ape__llm_engine *e)
{
    uint64_t now_ms = ape__llm_now_ms();

    while (e->timers && e->timers->due_ms <= now_ms) {
        ape__llm_timer *timer = e->timers;

        e->timers = timer->next;
        timer->is_set = false;
        timer->on_due(timer);
    }
}

void ape__llm_engine_set_timer(ape__llm_engine *engine, ape__llm_timer *timer, uint64_t due_ms)
{
    ape__llm_timer **at = &engine->timers;

    ape__llm_engine_unset_timer(engine, timer);
    timer->due_ms = due_ms;
    timer->is_set = true;
    while (*at && (*at)->due_ms <= due_ms)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
}

void ape__llm_engine_unset_timer(ape__llm_engine *engine, ape__llm_timer *timer)
{
    ape__llm_timer **at = &engine->timers;

    if (!timer->is_set)
        return;
    while (*at && *at != timer)
        at = &(*at)->next;
    if (*at)
        *at = timer->next;
    timer->is_set = false;
}

static void run_jobs(ape__llm_engine *e)
{
    ape__llm_job *job;

    pthread_mutex_lock(&e->lock);
    job = e->first_job;
    e->first_job = e->last_job = NULL;
    pthread_mutex_unlock(&e->lock);
    while (job) {
        ape__llm_job *next = job->next;

        job->run(job);
        job = next;
    }
}

static int wait_ms(const ape__llm_engine *e)
{
    uint64_t now_ms = ape__llm_now_ms(), until = e->curl_ms;

    if (e->tick_ms < until)
        until = e->tick_ms;
    if (e->timers && e->timers->due_ms < until)
        until = e->timers->due_ms;
    if (until == never_ms)
        return -1;
    if (until <= now_ms)
        return 0;
    return until - now_ms > INT_MAX ? INT_MAX : (int)(until - now_ms);
}

static void serve(ape__llm_engine *e, const struct epoll_event *event)
{
    uint64_t woken;
    int flags = 0, running;

    if (event->data.fd == e->wake_fd) {
        if (read(e->wake_fd, &woken, sizeof(woken)) == (ssize_t)sizeof(woken))
            run_jobs(e);
        return;
    }
    if (event->events & (EPOLLIN | EPOLLHUP))
        flags |= CURL_CSELECT_IN;
    if (event->events & EPOLLOUT)
        flags |= CURL_CSELECT_OUT;
    if (event->events & EPOLLERR)
        flags |= CURL_CSELECT_ERR;
    curl_multi_socket_action(e->multi, event->data.fd, flags, &running);
}

static void close_all(ape__llm_engine *e)
{
    ape_host *host = e->host;

    if (e->multi)
        curl_multi_cleanup(e->multi);
    if (e->epoll_fd >= 0)
        close(e->epoll_fd);
    if (e->wake_fd >= 0)
        close(e->wake_fd);
    curl_global_cleanup();
    pthread_mutex_destroy(&e->lock);
    ape__free(host, e, sizeof(*e));
    ape_host_free(host);
}

static void free_slots(ape__llm_engine *e, ape__llm_slot *slot)
{
    while (slot) {
        ape__llm_slot *next = slot->next;

        curl_multi_remove_handle(e->multi, slot->easy);
        ape__llm_slot_free(e->host, slot);
        slot = next;
    }
}

static void clean_up(ape__llm_engine *e)
{
    free_slots(e, e->lingering);
    free_slots(e, e->spare);
    close_all(e);
}

static void *run(void *engine)
{
    ape__llm_engine *e = engine;
    struct epoll_event events[EVENTS_AT_ONCE];
    int running;

    while (!e->stop) {
        int count = epoll_wait(e->epoll_fd, events, EVENTS_AT_ONCE, wait_ms(e));

        for (int i = 0; i < count; i++)
            serve(e, &events[i]);
        if (e->curl_ms <= ape__llm_now_ms()) {
            e->curl_ms = never_ms;
            curl_multi_socket_action(e->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        read_messages(e);
        tick(e);
        finish_decided(e);
        run_timers(e);
    }
    if (e->cleans_up)
        clean_up(e);
    return NULL;
}

void ape__llm_engine_post(ape__llm_engine *engine, ape__llm_job *job)
{
    static const uint64_t one = 1;
    bool was_idle;

    job->next = NULL;
    pthread_mutex_lock(&engine->lock);
    was_idle = engine->first_job == NULL;
    if (was_idle)
        engine->first_job = job;
    else
        engine->last_job->next = job;
    engine->last_job = job;
    pthread_mutex_unlock(&engine->lock);
    while (was_idle && write(engine->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static bool open_multi(ape__llm_engine *e)
{
    struct epoll_event event = { .events = EPOLLIN };

    e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    e->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    e->multi = curl_multi_init();
    if (e->epoll_fd < 0 || e->wake_fd < 0 || !e->multi)
        return false;
    event.data.fd = e->wake_fd;
    curl_multi_setopt(e->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(e->multi, CURLMOPT_SOCKETDATA, e);
    curl_multi_setopt(e->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(e->multi, CURLMOPT_TIMERDATA, e);
    return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->wake_fd, &event) == 0;
}

/* The host program's signals are its own: none of them is for this thread. */
static bool start_thread(ape__llm_engine *e)
{
    sigset_t all, before;
    bool ok;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(&e->thread, NULL, run, e) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

ape_status ape__llm_engine_new(ape_host *host, ape__llm_engine **out, ape_error *err)
{
    ape__llm_engine *e = ape__alloc(host, sizeof(*e));

    if (!e)
        return ape__fail_no_memory(err);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ape__free(host, e, sizeof(*e));
        return ape__fail(err, APE_ERR_INTERNAL, "libcurl does not start");
    }
    e->host = ape__host_ref(host);
    e->process = getpid();
    e->curl_ms = e->tick_ms = never_ms;
    pthread_mutex_init(&e->lock, NULL);
    if (!open_multi(e) || !start_thread(e)) {
        int cause = errno;

        close_all(e);
        return ape__fail_detail(err, APE_ERR_IO, cause,
                                "no thread or descriptor left for the language models");
    }
    *out = e;
    return APE_OK;
}

bool ape__llm_engine_is_lost(const ape__llm_engine *engine)
{
    return engine->process != getpid();
}

typedef struct stop_job {
    ape__llm_job job;
    ape__llm_engine *engine;
} stop_job;

static void stop(ape__llm_job *job)
{
    ((stop_job *)(void *)job)->engine->stop = true;
}

void ape__llm_engine_free(ape__llm_engine *engine)
{
    stop_job job = { .job.run = stop, .engine = engine };

    if (!engine)
        return;
    if (ape__llm_engine_is_lost(engine))
        return; /* its memory was copied into this process, its thread was not */
    if (pthread_equal(pthread_self(), engine->thread)) {
        pthread_detach(engine->thread); /* it cleans up when its callbacks have returned */
        engine->stop = engine->cleans_up = true;
        return;
    }
    ape__llm_engine_post(engine, &job.job);
    pthread_join(engine->thread, NULL);
    clean_up(engine);
}
