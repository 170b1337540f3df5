/* SPDX-License-Identifier: MIT */
#include "deadlines.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { SCAN_MS = 250 };

struct deadline {
    deadline *previous;
    deadline *next;
    int fd;
    atomic_bool resting;     /* between two requests */
    _Atomic uint64_t due_ms; /* 0: none */
};

struct deadlines {
    pthread_t thread;
    pthread_mutex_t lock; /* guards the list, and that its sockets are open */
    pthread_cond_t stop_wake;
    bool stop;
    deadline list; /* a ring; this one is nobody's */
};

uint64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void cut_late(deadlines *watch)
{
    uint64_t now = clock_ms();

    for (deadline *d = watch->list.next; d != &watch->list; d = d->next) {
        uint64_t due = atomic_load_explicit(&d->due_ms, memory_order_relaxed);

        if (due == 0 || due > now)
            continue;
        shutdown(d->fd, SHUT_RDWR);
        atomic_store_explicit(&d->due_ms, 0, memory_order_relaxed);
    }
}

static void wait_a_little(deadlines *watch)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SCAN_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&watch->stop_wake, &watch->lock, &until);
}

static void *scan(void *argument)
{
    deadlines *watch = argument;

    pthread_mutex_lock(&watch->lock);
    while (!watch->stop) {
        cut_late(watch);
        wait_a_little(watch);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

deadlines *deadlines_new(void)
{
    deadlines *watch = calloc(1, sizeof(*watch));
    pthread_condattr_t attributes;

    if (!watch)
        return NULL;
    watch->list.next = watch->list.previous = &watch->list;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->stop_wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&watch->thread, NULL, scan, watch) == 0)
        return watch;
    free(watch);
    return NULL;
}

void deadlines_free(deadlines *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stop = true;
    pthread_cond_signal(&watch->stop_wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->stop_wake);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

deadline *deadline_add(deadlines *watch, int fd, uint64_t ms)
{
    deadline *added = calloc(1, sizeof(*added));

    if (!added)
        return NULL;
    added->fd = fd;
    deadline_set(added, ms);
    pthread_mutex_lock(&watch->lock);
    added->next = watch->list.next;
    added->previous = &watch->list;
    added->next->previous = added;
    watch->list.next = added;
    pthread_mutex_unlock(&watch->lock);
    return added;
}

static void set(deadline *watched, uint64_t ms, bool resting)
{
    if (!watched)
        return;
    atomic_store_explicit(&watched->resting, resting, memory_order_relaxed);
    atomic_store_explicit(&watched->due_ms, ms ? clock_ms() + ms : 0, memory_order_relaxed);
}

void deadline_set(deadline *watched, uint64_t ms)
{
    set(watched, ms, false);
}

void deadline_rest(deadline *watched, uint64_t ms)
{
    set(watched, ms, true);
}

void deadlines_end_resting(deadlines *watch)
{
    pthread_mutex_lock(&watch->lock);
    for (deadline *d = watch->list.next; d != &watch->list; d = d->next)
        if (atomic_load_explicit(&d->resting, memory_order_relaxed))
            shutdown(d->fd, SHUT_RD);
    pthread_mutex_unlock(&watch->lock);
}

void deadline_remove(deadlines *watch, deadline *watched)
{
    if (!watched)
        return;
    pthread_mutex_lock(&watch->lock);
    watched->previous->next = watched->next;
    watched->next->previous = watched->previous;
    pthread_mutex_unlock(&watch->lock);
    free(watched);
}
