/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Nanoseconds of processor time for one acquire and report, each line a case; beside
 * them the simplest breaker there is: a mutex and two looks at the clock. */

enum { ROUNDS = 4000000 };

static ape_circuit_breaker *breaker;

static struct {
    pthread_mutex_t lock;
    unsigned failures;
    double opened;
} plain = { .lock = PTHREAD_MUTEX_INITIALIZER };

static double processor_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *use_ours(void *unused)
{
    ape_circuit_breaker_ticket t;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++)
        if (ape_circuit_breaker_acquire(breaker, &t) == APE_OK)
            ape_circuit_breaker_report(breaker, &t, APE_CIRCUIT_BREAKER_SUCCESS);
    return NULL;
}

static bool plain_acquire(double *begun)
{
    bool ok;

    *begun = now();
    pthread_mutex_lock(&plain.lock);
    ok = plain.failures < 5 || *begun > plain.opened + 60;
    pthread_mutex_unlock(&plain.lock);
    return ok;
}

static void plain_report(double begun, bool ok)
{
    double ended = now();

    pthread_mutex_lock(&plain.lock);
    plain.failures = ok ? 0 : plain.failures + 1;
    if (plain.failures == 5)
        plain.opened = ended - (ended - begun);
    pthread_mutex_unlock(&plain.lock);
}

static void *use_plain(void *unused)
{
    double begun;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++)
        if (plain_acquire(&begun))
            plain_report(begun, true);
    return NULL;
}

static void measure(const char *name, void *(*body)(void *), int threads)
{
    pthread_t ids[2];
    double begin = processor_ns();

    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, body, NULL);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    printf("%s %.3f\n", name, (processor_ns() - begin) / ((double)ROUNDS * threads));
}

static void make(const ape_circuit_breaker_options *opts)
{
    ape_circuit_breaker_free(breaker);
    if (ape_circuit_breaker_new(NULL, opts, &breaker, NULL) != APE_OK)
        abort();
}

int main(void)
{
    ape_circuit_breaker_options timed;

    make(NULL);
    measure("closed_1t", use_ours, 1);
    measure("closed_2t", use_ours, 2);
    measure("mutex_1t", use_plain, 1);
    measure("mutex_2t", use_plain, 2);
    ape_circuit_breaker_options_init(&timed, sizeof(timed));
    timed.slow_ms = 1000;
    make(&timed);
    measure("timed_1t", use_ours, 1);
    make(NULL);
    for (int i = 0; i < 5; i++) {
        ape_circuit_breaker_ticket t;

        if (ape_circuit_breaker_acquire(breaker, &t) == APE_OK)
            ape_circuit_breaker_report(breaker, &t, APE_CIRCUIT_BREAKER_FAILURE);
    }
    measure("reject_1t", use_ours, 1);
    measure("reject_2t", use_ours, 2);
    ape_circuit_breaker_free(breaker);
    return 0;
}
