/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "counting_host.h"

/*
 * B01, B02, B11, B12, B15 with many threads: never more trial calls at a time than
 * allowed, no state that is never left, callbacks in order and free to call back.
 */

enum { THREADS = 8, ROUNDS = 20000, TRIALS = 2, GENERATIONS = 1 << 16 };

static counting_host counting;
static ape_circuit_breaker *breaker;
static atomic_int trials_out[GENERATIONS]; /* a trial may outlive its half-open time */
static atomic_int most_trials, stop;
static atomic_ullong last_told;
static atomic_int out_of_order;

static void on_event(void *user, const ape_circuit_breaker_event *event)
{
    ape_circuit_breaker_ticket t;

    (void)user;
    if (event->number <= atomic_exchange(&last_told, event->number))
        atomic_store(&out_of_order, 1);
    if (ape_circuit_breaker_acquire(breaker, &t) == APE_OK)
        ape_circuit_breaker_cancel(breaker, &t);
}

static void note_most(int now)
{
    int most = atomic_load(&most_trials);

    while (now > most && !atomic_compare_exchange_weak(&most_trials, &most, now))
        ;
}

/* Where trial calls of this half-open time are counted; NULL: it is none. */
static atomic_int *counter(const ape_circuit_breaker_ticket *t)
{
    return t->token & 0x3f ? &trials_out[t->token >> 25 & (GENERATIONS - 1)] : NULL;
}

static void *hammer(void *seed)
{
    uint64_t dice = (uint64_t)(uintptr_t)seed;

    for (int i = 0; i < ROUNDS; i++) {
        ape_circuit_breaker_ticket t;
        atomic_int *trials;

        dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
        if (ape_circuit_breaker_acquire(breaker, &t) != APE_OK) {
            counting.now_ms += 1;
            continue;
        }
        trials = counter(&t);
        if (trials)
            note_most(atomic_fetch_add(trials, 1) + 1);
        if (trials && dice >> 60 == 0)
            sched_yield();
        if (trials)
            atomic_fetch_sub(trials, 1);
        ape_circuit_breaker_report(
            breaker, &t, dice >> 62 ? APE_CIRCUIT_BREAKER_FAILURE : APE_CIRCUIT_BREAKER_SUCCESS);
    }
    return NULL;
}

/* Whatever is seen from outside holds together. */
static void *watch(void *unused)
{
    uint64_t last = 0;

    (void)unused;
    while (!atomic_load(&stop)) {
        ape_circuit_breaker_stats s = { .size = sizeof(s) };

        ape_circuit_breaker_get_stats(breaker, &s);
        if (s.state != APE_CIRCUIT_BREAKER_HALF_OPEN && s.probes != 0)
            abort();
        if (s.probes > TRIALS || s.last_event < last)
            abort();
        last = s.last_event;
    }
    return NULL;
}

static void make(void)
{
    ape_circuit_breaker_options o;

    counting_host_init(&counting);
    ape_circuit_breaker_options_init(&o, sizeof(o));
    o.open_ms = 3;
    o.probe_count = TRIALS;
    o.lease_ms = 1000000000;
    o.on_event = on_event;
    if (ape_circuit_breaker_new(counting.host, &o, &breaker, NULL) != APE_OK)
        abort();
}

static bool leaves_every_state(void)
{
    ape_circuit_breaker_ticket t;

    counting.now_ms += 1000;
    for (int i = 0; i < TRIALS; i++) {
        if (ape_circuit_breaker_acquire(breaker, &t) != APE_OK)
            return false;
        ape_circuit_breaker_report(breaker, &t, APE_CIRCUIT_BREAKER_SUCCESS);
    }
    return ape_circuit_breaker_get_state(breaker) == APE_CIRCUIT_BREAKER_CLOSED;
}

int main(void)
{
    pthread_t threads[THREADS], watcher;
    int failed = 0;

    make();
    pthread_create(&watcher, NULL, watch, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hammer, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&stop, 1);
    pthread_join(watcher, NULL);
    if (atomic_load(&most_trials) > TRIALS || atomic_load(&most_trials) == 0)
        failed = printf("trial calls at a time: %d\n", atomic_load(&most_trials));
    if (atomic_load(&out_of_order) || atomic_load(&last_told) < 100)
        failed = printf("events out of order, or only %llu\n", atomic_load(&last_told));
    if (!leaves_every_state())
        failed = printf("stuck\n");
    ape_circuit_breaker_free(breaker);
    if (!counting_host_done(&counting))
        failed = printf("leak\n");
    return failed != 0;
}
