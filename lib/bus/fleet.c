/* SPDX-License-Identifier: MIT */
#include "bus/fleet.h"

#if APE_HAVE_REDIS

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bus/redis.h"
#include "core/memory.h"

enum { AGAIN_MS = 500, LEASE_LOOK_MS = 1000 };

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void wake(ape__fleet *f)
{
    static const uint64_t one = 1;

    while (write(f->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

/* From the breaker, on any thread. What a peer said need not be told to peers. */
static void on_event(void *user, const ape_circuit_breaker_event *event)
{
    ape_bus_breaker_share *s = user;
    ape__fleet *f = s->bus->fleet;
    ape__fleet_errand *e = &s->errand;

    pthread_mutex_lock(&f->lock);
    e->wants_lease = event->to == APE_CIRCUIT_BREAKER_HALF_OPEN;
    e->due_ms = 0;
    if (event->reason != APE_CIRCUIT_BREAKER_BY_PEER && event->to == APE_CIRCUIT_BREAKER_OPEN) {
        e->news = APE__FLEET_OPENED;
        e->open_until_ms = now_ms() + event->open_ms;
    } else if (event->to != APE_CIRCUIT_BREAKER_HALF_OPEN) {
        e->news =
            event->reason == APE_CIRCUIT_BREAKER_BY_PEER ? APE__FLEET_NOTHING : APE__FLEET_CLOSED;
    }
    pthread_mutex_unlock(&f->lock);
    wake(f);
}

/* Errands. Each takes care of its part; false: Redis is away, so later again. */

static bool tell(ape__fleet *f, const ape_bus_breaker_share *s, ape__fleet_errand *e)
{
    uint64_t now = now_ms();
    uint64_t open_ms = e->open_until_ms > now ? e->open_until_ms - now : 0;

    if (e->news == APE__FLEET_OPENED && open_ms == 0)
        e->news = APE__FLEET_NOTHING; /* it is over */
    if (e->news != APE__FLEET_NOTHING &&
        ape__fleet_tell(f, s->name, e->news, open_ms, NULL) != APE_OK)
        return false;
    e->news = APE__FLEET_NOTHING;
    return true;
}

static bool look(ape__fleet *f, const ape_bus_breaker_share *s, ape__fleet_errand *e)
{
    uint64_t open_ms;

    if (ape__fleet_look(f, s->name, &open_ms, NULL) != APE_OK)
        return false;
    e->wants_look = false;
    ape_circuit_breaker_adopt_open(s->breaker, open_ms);
    return true;
}

/* Without Redis each process decides for itself. */
static void take_lease(ape__fleet *f, const ape_bus_breaker_share *s, ape__fleet_errand *e)
{
    uint64_t open_ms = 0, wait_ms = 0;
    bool is_away;

    e->wants_lease = ape_circuit_breaker_get_state(s->breaker) == APE_CIRCUIT_BREAKER_HALF_OPEN;
    if (!e->wants_lease)
        return;
    is_away = ape__fleet_take_lease(f, s->name, s->lease_ms, &open_ms, &wait_ms, NULL) != APE_OK;
    if (is_away) {
        pthread_mutex_lock(&f->lock);
        f->errors++;
        pthread_mutex_unlock(&f->lock);
    }
    if (open_ms > 0) {
        ape_circuit_breaker_adopt_open(s->breaker, open_ms);
        e->wants_lease = false;
    } else if (wait_ms == 0) {
        ape_circuit_breaker_grant(s->breaker, s->lease_ms);
        e->due_ms = now_ms() + s->lease_ms;
    } else {
        e->due_ms = now_ms() + (wait_ms < LEASE_LOOK_MS ? wait_ms : LEASE_LOOK_MS);
    }
}

static bool has_errand(const ape__fleet_errand *e)
{
    return e->news != APE__FLEET_NOTHING || e->wants_lease || e->wants_look;
}

/* What came meanwhile is newer, and wins. */
static void put_back(ape_bus_breaker_share *s, const ape__fleet_errand *left)
{
    if (s->errand.due_ms == UINT64_MAX)
        s->errand = *left;
    else
        s->errand.wants_look |= left->wants_look;
}

/* With the lock, which is given up meanwhile. */
static void run_errand(ape__fleet *f, ape_bus_breaker_share *s)
{
    ape__fleet_errand e = s->errand;
    bool ok;

    s->errand = (ape__fleet_errand){ .due_ms = UINT64_MAX };
    f->acting = s;
    pthread_mutex_unlock(&f->lock);
    e.due_ms = UINT64_MAX;
    ok = tell(f, s, &e) && (!e.wants_look || look(f, s, &e));
    if (e.wants_lease)
        take_lease(f, s, &e);
    if (!ok && now_ms() + AGAIN_MS < e.due_ms)
        e.due_ms = now_ms() + AGAIN_MS;
    pthread_mutex_lock(&f->lock);
    put_back(s, &e);
    f->acting = NULL;
    pthread_cond_broadcast(&f->acted);
}

/* With the lock. */
static ape_bus_breaker_share *next_due(ape__fleet *f, uint64_t now)
{
    for (ape_bus_breaker_share *s = f->shares; s; s = s->next)
        if (has_errand(&s->errand) && s->errand.due_ms <= now)
            return s;
    return NULL;
}

static void run_errands(ape__fleet *f)
{
    ape_bus_breaker_share *s;

    pthread_mutex_lock(&f->lock);
    while (!f->stopping && (s = next_due(f, now_ms())))
        run_errand(f, s);
    pthread_mutex_unlock(&f->lock);
}

/* The subscription. */

static void hear_of(ape__fleet *f, const char *name, bool is_open, uint64_t open_ms)
{
    pthread_mutex_lock(&f->lock);
    for (ape_bus_breaker_share *s = f->shares; s; s = s->next) {
        if (strcmp(s->name, name) != 0)
            continue;
        f->acting = s; /* it stays while it is told, without the lock */
        pthread_mutex_unlock(&f->lock);
        if (is_open)
            ape_circuit_breaker_adopt_open(s->breaker, open_ms);
        else
            ape_circuit_breaker_adopt_closed(s->breaker);
        pthread_mutex_lock(&f->lock);
        f->acting = NULL;
        pthread_cond_broadcast(&f->acted);
    }
    pthread_mutex_unlock(&f->lock);
}

static void hear(ape__fleet *f, const char *words)
{
    char node[32], what[8], name[APE__CHANNEL_NAME];
    unsigned long long open_ms;

    _Static_assert(APE__CHANNEL_NAME > 128, "room for the longest name");
    if (sscanf(words, "%31s %7s %128s %llu", node, what, name, &open_ms) == 4 &&
        strcmp(node, f->bus->redis->node) != 0)
        hear_of(f, name, strcmp(what, "open") == 0, open_ms);
}

static void hear_all(ape__fleet *f)
{
    void *reply = NULL;

    while (redisGetReplyFromReader(f->link.context, &reply) == REDIS_OK && reply) {
        const redisReply *r = reply;

        if (r->elements == 3 && r->element[2]->type == REDIS_REPLY_STRING)
            hear(f, r->element[2]->str);
        freeReplyObject(reply);
    }
}

static void read_news(ape__fleet *f)
{
    ape__quiet quiet = ape__quiet_begin();
    bool ok = redisBufferRead(f->link.context) == REDIS_OK;

    ape__quiet_end(quiet);
    if (ok)
        hear_all(f);
    else
        ape__link_close(&f->link);
}

/* What was said while nobody listened is looked up. */
static void look_everywhere(ape__fleet *f)
{
    pthread_mutex_lock(&f->lock);
    for (ape_bus_breaker_share *s = f->shares; s; s = s->next) {
        s->errand.wants_look = true;
        s->errand.due_ms = 0;
    }
    pthread_mutex_unlock(&f->lock);
}

static void subscribe(ape__fleet *f)
{
    redisReply *reply = NULL;

    if (ape__link_open(&f->link, &f->bus->redis->target, NULL) == APE_OK)
        reply = ape__link_say(&f->link, NULL, "SUBSCRIBE", "ape:cb", NULL);
    if (reply) {
        freeReplyObject(reply);
        f->backoff_ms = APE__BACKOFF_FIRST_MS;
        look_everywhere(f);
        return;
    }
    ape__link_close(&f->link);
    f->connect_ms = now_ms() + f->backoff_ms;
    f->backoff_ms = f->backoff_ms * 2 < APE__BACKOFF_MS ? f->backoff_ms * 2 : APE__BACKOFF_MS;
}

static int wait_ms(ape__fleet *f)
{
    uint64_t until = f->link.context ? UINT64_MAX : f->connect_ms, now = now_ms();

    pthread_mutex_lock(&f->lock);
    for (const ape_bus_breaker_share *s = f->shares; s; s = s->next)
        if (has_errand(&s->errand) && s->errand.due_ms < until)
            until = s->errand.due_ms;
    pthread_mutex_unlock(&f->lock);
    if (until <= now)
        return 0;
    return until - now > INT_MAX ? -1 : (int)(until - now);
}

static void await(ape__fleet *f)
{
    struct pollfd fds[2] = {
        { .fd = f->wake_fd, .events = POLLIN },
        { .fd = f->link.context ? f->link.context->fd : -1, .events = POLLIN },
    };
    uint64_t woken;

    if (poll(fds, 2, wait_ms(f)) <= 0)
        return;
    if (fds[0].revents)
        (void)!read(f->wake_fd, &woken, sizeof(woken));
    if (fds[1].revents)
        read_news(f);
}

static void *run(void *fleet)
{
    ape__fleet *f = fleet;
    bool stopping = false;

    while (!stopping) {
        if (!f->link.context && now_ms() >= f->connect_ms)
            subscribe(f);
        run_errands(f);
        await(f);
        pthread_mutex_lock(&f->lock);
        stopping = f->stopping;
        pthread_mutex_unlock(&f->lock);
    }
    ape__link_close(&f->link);
    return NULL;
}

/* The shares. */

static bool start_thread(ape__fleet *f)
{
    sigset_t all, before;
    bool ok;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(&f->thread, NULL, run, f) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void destroy(ape__fleet *f)
{
    ape_host *host = f->bus->host;

    if (f->wake_fd >= 0)
        close(f->wake_fd);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->acted);
    ape__free(host, f, sizeof(*f));
}

ape_status ape__fleet_new(ape_bus *bus, ape_error *err)
{
    ape__fleet *f = ape__alloc(bus->host, sizeof(*f));

    if (!f)
        return ape__fail_no_memory(err);
    f->bus = bus;
    f->backoff_ms = APE__BACKOFF_FIRST_MS;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->acted, NULL);
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (f->wake_fd < 0 || !start_thread(f)) {
        destroy(f);
        return ape__fail(err, APE_ERR_IO, "no thread or descriptor left for the circuit breakers");
    }
    bus->fleet = f;
    return APE_OK;
}

void ape__fleet_free(ape_bus *bus)
{
    ape__fleet *f = bus->fleet;

    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_mutex_unlock(&f->lock);
    wake(f);
    pthread_join(f->thread, NULL);
    bus->fleet = NULL;
    destroy(f);
}

uint64_t ape__fleet_errors(ape__fleet *fleet)
{
    uint64_t errors;

    pthread_mutex_lock(&fleet->lock);
    errors = fleet->errors;
    pthread_mutex_unlock(&fleet->lock);
    return errors;
}

void ape__fleet_add(ape__fleet *fleet, ape_bus_breaker_share *share)
{
    share->errand.wants_look = true;
    pthread_mutex_lock(&fleet->lock);
    share->next = fleet->shares;
    fleet->shares = share;
    pthread_mutex_unlock(&fleet->lock);
    ape_circuit_breaker_set_sharing(share->breaker, on_event, share);
    wake(fleet);
}

void ape__fleet_remove(ape__fleet *fleet, ape_bus_breaker_share *share)
{
    ape_bus_breaker_share **at = &fleet->shares;

    ape_circuit_breaker_set_sharing(share->breaker, NULL, NULL);
    pthread_mutex_lock(&fleet->lock);
    while (fleet->acting == share)
        pthread_cond_wait(&fleet->acted, &fleet->lock);
    while (*at != share)
        at = &(*at)->next;
    *at = share->next;
    pthread_mutex_unlock(&fleet->lock);
}

#else

ape_status ape__fleet_new(ape_bus *bus, ape_error *err)
{
    (void)bus;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "this libape was built without Redis");
}

void ape__fleet_free(ape_bus *bus)
{
    (void)bus;
}

uint64_t ape__fleet_errors(ape__fleet *fleet)
{
    (void)fleet;
    return 0;
}

void ape__fleet_add(ape__fleet *fleet, ape_bus_breaker_share *share)
{
    (void)fleet, (void)share;
}

void ape__fleet_remove(ape__fleet *fleet, ape_bus_breaker_share *share)
{
    (void)fleet, (void)share;
}

#endif
