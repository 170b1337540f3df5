/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <time.h>

#include "notifier/internal.h"

enum {
    BACKOFF_MOST_MS = 60000,
};

void ape__notifier_wait(ape_notifier *notifier, uint64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&notifier->changed, &notifier->lock, &until);
}

uint64_t ape__notifier_clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Rest, whatever is posted meanwhile; without the lock. */
static void rest(ape_notifier *n, uint64_t ms)
{
    uint64_t until = ape__notifier_clock_ms() + ms, now_ms;

    pthread_mutex_lock(&n->lock);
    while (!atomic_load(&n->closing) && (now_ms = ape__notifier_clock_ms()) < until)
        ape__notifier_wait(n, until - now_ms);
    pthread_mutex_unlock(&n->lock);
}

/* What the service asks for, else twice as long each time. */
static uint64_t pause_before(const ape_notifier *n, uint32_t attempt, uint64_t asked_for)
{
    uint64_t backoff = (uint64_t)n->opts.interval_ms << attempt;

    if (backoff > BACKOFF_MOST_MS)
        backoff = BACKOFF_MOST_MS;
    return asked_for > backoff ? asked_for : backoff;
}

static bool deliver(ape_notifier *n, const ape__buffer *body)
{
    for (uint32_t attempt = 0; !atomic_load(&n->closing); attempt++) {
        ape__delivery d = ape__notifier_send(n, body->data, body->size);

        if (d.result == APE__DELIVERED)
            return true;
        if (d.result == APE__HOPELESS || attempt == n->opts.retries)
            return false;
        rest(n, pause_before(n, attempt, d.wait_ms));
    }
    return false;
}

static void tell(ape_notifier *n, ape__notice *notices)
{
    ape_counter *counter = n->dropped;
    ape__buffer body;

    ape__buffer_init(&body, n->host);
    ape__notifier_render(n, notices, &body);
    if (!body.failed && deliver(n, &body))
        counter = n->sent;
    for (const ape__notice *notice = notices; notice; notice = notice->next)
        ape_counter_inc(counter);
    ape__buffer_clear(&body);
    ape__notices_free(n->host, notices);
}

static void *run(void *user)
{
    ape_notifier *n = user;

    while (!atomic_load(&n->closing)) {
        ape__notice *notices;

        pthread_mutex_lock(&n->lock);
        while (!n->first && !atomic_load(&n->closing))
            pthread_cond_wait(&n->changed, &n->lock);
        notices = atomic_load(&n->closing) ? NULL : ape__notifier_dequeue(n);
        n->busy = notices != NULL;
        pthread_mutex_unlock(&n->lock);
        if (!notices)
            break;
        tell(n, notices);
        pthread_mutex_lock(&n->lock);
        n->busy = false;
        pthread_cond_broadcast(&n->changed);
        pthread_mutex_unlock(&n->lock);
        rest(n, n->opts.interval_ms);
    }
    return NULL;
}

ape_status ape__notifier_start(ape_notifier *notifier, ape_error *err)
{
    sigset_t all, before;
    int code;

    /* the program's signals are not for this thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&notifier->thread, NULL, run, notifier);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    notifier->has_thread = code == 0;
    return code == 0 ? APE_OK
                     : ape__fail_detail(err, APE_ERR_IO, code,
                                        "no thread could be started: error %d", code);
}

void ape__notifier_stop(ape_notifier *notifier)
{
    pthread_mutex_lock(&notifier->lock);
    atomic_store(&notifier->closing, true);
    pthread_cond_broadcast(&notifier->changed);
    pthread_mutex_unlock(&notifier->lock);
    if (notifier->has_thread)
        pthread_join(notifier->thread, NULL);
}
