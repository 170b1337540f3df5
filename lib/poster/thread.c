/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <time.h>

#include "poster/poster.h"

enum {
    BACKOFF_MOST_MS = 60000,
};

void ape__poster_init(ape__poster *poster, ape_host *host, const ape__poster_owner *owner)
{
    pthread_condattr_t monotonic;

    poster->host = host;
    poster->owner = *owner;
    ape__buffer_init(&poster->body, host);
    /* Linux: none of these can fail. */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&poster->lock, NULL);
    pthread_cond_init(&poster->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void ape__poster_clear(ape__poster *poster)
{
    curl_easy_cleanup(poster->curl);
    curl_slist_free_all(poster->headers);
    curl_global_cleanup();
    ape__buffer_clear(&poster->body);
    pthread_cond_destroy(&poster->changed);
    pthread_mutex_destroy(&poster->lock);
}

/* Wait on the condition for some time; with the lock held. */
static void wait_for_change(ape__poster *poster, uint64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&poster->changed, &poster->lock, &until);
}

/* Milliseconds of the system's monotonic clock: conditions know no other. */
static uint64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Rest, whatever is put into the queue meanwhile; without the lock. */
static void rest(ape__poster *poster, uint64_t ms)
{
    uint64_t until = clock_ms() + ms, now_ms;

    pthread_mutex_lock(&poster->lock);
    while (!atomic_load(&poster->closing) && (now_ms = clock_ms()) < until)
        wait_for_change(poster, until - now_ms);
    pthread_mutex_unlock(&poster->lock);
}

/* What the service asks for, else twice as long each time. */
static uint64_t pause_before(const ape__poster *poster, uint32_t attempt, uint64_t asked_for)
{
    uint64_t backoff = (uint64_t)poster->owner.interval_ms << attempt;

    if (backoff > BACKOFF_MOST_MS)
        backoff = BACKOFF_MOST_MS;
    return asked_for > backoff ? asked_for : backoff;
}

bool ape__poster_deliver(ape__poster *poster, const ape__buffer *body)
{
    for (uint32_t attempt = 0; !atomic_load(&poster->closing); attempt++) {
        uint64_t wait_ms;
        ape__delivery d = ape__poster_send(poster, body, &wait_ms);

        if (d == APE__DELIVERED)
            return true;
        if (d == APE__HOPELESS || attempt == poster->owner.retries)
            return false;
        rest(poster, pause_before(poster, attempt, wait_ms));
    }
    return false;
}

static void *run(void *user)
{
    ape__poster *p = user;

    while (!atomic_load(&p->closing)) {
        pthread_mutex_lock(&p->lock);
        while (!p->owner.waits(p->owner.user) && !atomic_load(&p->closing))
            pthread_cond_wait(&p->changed, &p->lock);
        p->busy = !atomic_load(&p->closing);
        if (p->busy)
            p->owner.take(p->owner.user);
        pthread_mutex_unlock(&p->lock);
        if (!p->busy)
            break;
        p->owner.tell(p->owner.user);
        pthread_mutex_lock(&p->lock);
        p->busy = false;
        pthread_cond_broadcast(&p->changed);
        pthread_mutex_unlock(&p->lock);
        rest(p, p->owner.interval_ms);
    }
    return NULL;
}

ape_status ape__poster_start(ape__poster *poster, ape_error *err)
{
    sigset_t all, before;
    int code;

    /* the program's signals are not for this thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&poster->thread, NULL, run, poster);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    poster->has_thread = code == 0;
    return code == 0 ? APE_OK
                     : ape__fail_detail(err, APE_ERR_IO, code,
                                        "no thread could be started: error %d", code);
}

void ape__poster_stop(ape__poster *poster)
{
    pthread_mutex_lock(&poster->lock);
    atomic_store(&poster->closing, true);
    pthread_cond_broadcast(&poster->changed);
    pthread_mutex_unlock(&poster->lock);
    if (poster->has_thread)
        pthread_join(poster->thread, NULL);
}

ape_status ape__poster_flush(ape__poster *poster, uint32_t timeout_ms)
{
    const ape__poster_owner *owner = &poster->owner;
    uint64_t until = clock_ms() + timeout_ms, now_ms;
    bool done;

    pthread_mutex_lock(&poster->lock);
    while ((owner->waits(owner->user) || poster->busy) && (now_ms = clock_ms()) < until)
        wait_for_change(poster, until - now_ms);
    done = !owner->waits(owner->user) && !poster->busy;
    pthread_mutex_unlock(&poster->lock);
    return done ? APE_OK : APE_ERR_TIMEOUT;
}
