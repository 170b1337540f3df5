/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "core/host.h"
#include "health_checker/internal.h"

enum {
    STACK_BYTES = 2 << 20, /* 1 MiB for checks; thread-local data is taken off it, too */
    RETRY_MS = 100,        /* where no further worker could be started */
    HUNG_MS = 100,         /* a run that is late by more has taken its worker away */
    FOREVER_MS = 60000,
};

/*
 * One scheduler and the workers. Workers run what is due; the scheduler sees to it
 * that there are enough of them, and fails what takes too long. A worker that hangs
 * in a check is replaced by another; it can be in one check only, so that there are
 * never more threads than workers and checks together. Once it returns there is one
 * worker too many, and one ends.
 */

/* Wait on work or done for some time; with the lock held. */
static void wait_for(ape_health_checker *checker, pthread_cond_t *condition, uint32_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(condition, &checker->lock, &until);
}

/* With the lock held. */
static bool is_hung(const ape__check *check, uint64_t now_ms)
{
    return check->running && now_ms - check->started_ms >= check->opts.timeout_ms + HUNG_MS;
}

/* More workers than are wanted, since a check no longer hangs; with the lock held. */
static bool is_surplus(const ape_health_checker *checker, uint64_t now_ms)
{
    uint32_t wanted = checker->opts.workers + checker->removed_count;

    for (size_t i = 0; i < checker->check_count; i++)
        wanted += is_hung(checker->checks[i], now_ms);
    return checker->workers > wanted;
}

/* Run what is due until nothing is; with the lock held, and given back meanwhile. True: this
 * worker is wanted no more. */
static bool work(ape_health_checker *checker)
{
    while (!checker->closing) {
        ape__check *check;
        uint64_t now_ms;

        pthread_mutex_unlock(&checker->lock);
        now_ms = ape__now_ms(checker->host);
        pthread_mutex_lock(&checker->lock);
        if (checker->closing || is_surplus(checker, now_ms))
            return true;
        check = ape__check_take_due(checker, now_ms);
        if (!check)
            return false;
        pthread_mutex_unlock(&checker->lock);
        ape__check_run(check);
        pthread_mutex_lock(&checker->lock);
        pthread_cond_broadcast(&checker->work);
    }
    return true;
}

static void *run_worker(void *user)
{
    ape_health_checker *checker = user;
    bool last;

    pthread_mutex_lock(&checker->lock);
    while (!work(checker)) {
        checker->idle++;
        pthread_cond_wait(&checker->work, &checker->lock);
        checker->idle--;
    }
    checker->workers--;
    last = checker->abandoned && checker->workers == 0;
    pthread_cond_broadcast(&checker->done);
    pthread_mutex_unlock(&checker->lock);
    if (last)
        ape__health_checker_destroy(checker);
    return NULL;
}

/* A thread that gets none of the program's signals. */
static int start_thread(pthread_t *thread, bool detached, void *(*body)(void *), void *user)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    int code;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (detached)
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(thread, &attributes, body, user);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return code;
}

/* With the lock held. */
static void count_checks(const ape_health_checker *checker, uint64_t now_ms, uint32_t *due,
                         uint32_t *hung)
{
    *due = 0;
    *hung = checker->removed_count;
    for (size_t i = 0; i < checker->check_count; i++) {
        *due += !checker->checks[i]->running && checker->checks[i]->due_ms <= now_ms;
        *hung += is_hung(checker->checks[i], now_ms);
    }
}

/* Wake or start workers for what is due; with the lock held. False: not enough. */
static bool provide_workers(ape_health_checker *checker, uint64_t now_ms)
{
    uint32_t due, hung;
    pthread_t thread;

    count_checks(checker, now_ms, &due, &hung);
    if (due > 0 && checker->idle > 0)
        pthread_cond_broadcast(&checker->work);
    while (due > checker->idle && checker->workers < checker->opts.workers + hung) {
        if (start_thread(&thread, true, run_worker, checker) != 0)
            return false;
        checker->workers++;
        due--;
    }
    return true;
}

static void *run_scheduler(void *user)
{
    ape_health_checker *checker = user;
    bool closing = false;

    while (!closing) {
        uint64_t now_ms = ape__now_ms(checker->host);
        uint32_t wait_ms;

        while (ape__check_fail_overdue(checker, now_ms))
            continue;
        pthread_mutex_lock(&checker->lock);
        wait_ms = ape__checks_wait_ms(checker, now_ms);
        if (!provide_workers(checker, now_ms) || wait_ms == 0)
            wait_ms = RETRY_MS;
        if (!checker->closing)
            wait_for(checker, &checker->work, wait_ms < FOREVER_MS ? wait_ms : FOREVER_MS);
        closing = checker->closing;
        pthread_mutex_unlock(&checker->lock);
    }
    return NULL;
}

ape_status ape__health_threads_start(ape_health_checker *checker, ape_error *err)
{
    int code = 0;

    pthread_mutex_lock(&checker->lock);
    if (!checker->has_scheduler && checker->opts.workers > 0) {
        code = start_thread(&checker->scheduler, false, run_scheduler, checker);
        checker->has_scheduler = code == 0;
    }
    pthread_mutex_unlock(&checker->lock);
    return code == 0 ? APE_OK
                     : ape__fail_detail(err, APE_ERR_IO, code,
                                        "no thread could be started: error %d", code);
}

/* The longest that a check which is not hung may still take; with the lock held. */
static uint32_t longest_run_ms(const ape_health_checker *checker)
{
    uint32_t longest = 0;

    for (size_t i = 0; i < checker->check_count; i++) {
        const ape__check *check = checker->checks[i];

        if (check->running && !check->overdue && check->opts.timeout_ms > longest)
            longest = check->opts.timeout_ms;
    }
    return longest;
}

bool ape__health_threads_stop(ape_health_checker *checker)
{
    uint64_t until;
    bool all_ended;

    pthread_mutex_lock(&checker->lock);
    checker->closing = true;
    pthread_cond_broadcast(&checker->work);
    pthread_mutex_unlock(&checker->lock);
    if (checker->has_scheduler)
        pthread_join(checker->scheduler, NULL);

    pthread_mutex_lock(&checker->lock);
    until = ape__deadline_now_ms() + longest_run_ms(checker) + RETRY_MS;
    while (checker->workers > 0 && ape__deadline_now_ms() < until)
        wait_for(checker, &checker->done, (uint32_t)(until - ape__deadline_now_ms()) + 1);
    all_ended = checker->workers == 0;
    checker->abandoned = !all_ended;
    pthread_mutex_unlock(&checker->lock);
    return all_ended;
}
