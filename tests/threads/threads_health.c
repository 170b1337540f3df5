/* SPDX-License-Identifier: MIT */
/* Checks that hang, that need much stack, and many readers: nobody is delayed, and
 * freeing the checker does not wait for what hangs. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <ape/health_checker.h>

#include "counting_host.h"

enum {
    READERS = 3,
};

static atomic_bool let_go, stop, all_over;
static atomic_int quick_runs, hung_runs, wrong, frees, changes, passed;
static int added; /* by one thread */

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            atomic_fetch_add(&wrong, 1);                                                           \
        }                                                                                          \
    } while (0)

static void rest_ms(long ms)
{
    const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void hang(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    (void)user, (void)timeout_ms;
    atomic_fetch_add(&hung_runs, 1);
    while (!atomic_load(&let_go))
        rest_ms(5);
    result->status = APE_HEALTH_HEALTHY;
}

static void be_quick(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    (void)user, (void)timeout_ms, (void)result;
    atomic_fetch_add(&quick_runs, 1);
}

static void use_stack(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    volatile char large[700 * 1024];

    (void)user, (void)timeout_ms;
    for (size_t i = 0; i < sizeof(large); i += 512)
        large[i] = 1;
    result->status = large[512] == 1 ? APE_HEALTH_HEALTHY : APE_HEALTH_UNHEALTHY;
}

static void count_free(void *user)
{
    (void)user;
    atomic_fetch_add(&frees, 1);
}

static void count_passed(void *user)
{
    (void)user;
    atomic_fetch_add(&passed, 1);
}

static void count_change(void *user, const char *name, ape_health_status from, ape_health_status to,
                         const char *message)
{
    (void)user, (void)from, (void)to, (void)message;
    if (strcmp(name, "passing") != 0)
        atomic_fetch_add(&changes, 1);
}

static void *read_reports(void *user)
{
    ape_health_checker *checker = user;

    while (!atomic_load(&stop)) {
        ape_text *text;

        CHECK(ape_health_checker_to_json(checker, APE_HEALTH_DETAILED, &text, NULL) == APE_OK);
        ape_text_free(text);
        CHECK(ape_health_checker_is_live(checker));
        (void)ape_health_checker_is_ready(checker);
        ape_health_checker_beat(checker);
        rest_ms(1);
    }
    return NULL;
}

static ape_health_checker *make(ape_host *host)
{
    static const char *const names[] = { "hung-1", "hung-2", "hung-3" };
    ape_health_checker_options opts;
    ape_health_check_options check;
    ape_health_checker *checker = NULL;

    ape_health_checker_options_init(&opts, sizeof(opts));
    opts.workers = 2;
    opts.on_change = count_change;
    CHECK(ape_health_checker_new(host, &opts, &checker, NULL) == APE_OK);
    ape_health_check_options_init(&check, sizeof(check));
    check.period_ms = 20;
    check.timeout_ms = 100;
    for (int i = 0; i < 3; i++)
        CHECK(ape_health_checker_add(checker, names[i], &check, hang, NULL, count_free, NULL) ==
              APE_OK);
    check.timeout_ms = 30000; /* however busy the machine is */
    CHECK(ape_health_checker_add(checker, "quick", &check, be_quick, NULL, count_free, NULL) ==
          APE_OK);
    CHECK(ape_health_checker_add(checker, "stack", &check, use_stack, NULL, count_free, NULL) ==
          APE_OK);
    return checker;
}

/* Checks come and go, also while they run. */
static void *add_and_remove(void *user)
{
    ape_health_checker *checker = user;
    ape_health_check_options check;

    ape_health_check_options_init(&check, sizeof(check));
    check.period_ms = 10;
    while (!atomic_load(&stop)) {
        CHECK(ape_health_checker_add(checker, "passing", &check, be_quick, NULL, count_passed,
                                     NULL) == APE_OK);
        added++;
        rest_ms(added % 3);
        CHECK(ape_health_checker_remove(checker, "passing", NULL) == APE_OK);
        CHECK(ape_health_checker_remove(checker, "passing", NULL) == APE_ERR_NOT_FOUND);
    }
    return NULL;
}

/* What happens in time on an idle machine happens at last on any. */
static void wait_until_runs(atomic_int *count, int wanted)
{
    for (int i = 0; i < 12000 && atomic_load(count) < wanted; i++)
        rest_ms(5);
    CHECK(atomic_load(count) >= wanted);
}

static void expect_report(ape_health_checker *checker)
{
    ape_text *text;

    CHECK(ape_health_checker_to_json(checker, APE_HEALTH_DETAILED, &text, NULL) == APE_OK);
    CHECK(strstr(ape_text_data(text), "\"hung-3\":{\"status\":\"unhealthy\"") != NULL);
    CHECK(strstr(ape_text_data(text), "no answer within 100 ms") != NULL);
    CHECK(strstr(ape_text_data(text), "\"quick\":{\"status\":\"healthy\"") != NULL);
    CHECK(strstr(ape_text_data(text), "\"stack\":{\"status\":\"healthy\"") != NULL);
    ape_text_free(text);
}

/* Until what was left behind has come to its end. */
static bool all_given_back(counting_host *counting)
{
    for (int i = 0; i < 400 && (atomic_load(&frees) < 5 || counting->live_blocks > 1); i++)
        rest_ms(5);
    rest_ms(50);
    return counting_host_done(counting);
}

/* The counting host's clock goes by itself here. */
static void *tick(void *user)
{
    counting_host *counting = user;

    while (!atomic_load(&all_over)) {
        counting->now_ms = (uint64_t)now_ms();
        rest_ms(1);
    }
    return NULL;
}

int main(void)
{
    pthread_t readers[READERS], ticker;
    ape_health_checker *checker;
    counting_host counting;
    double before;

    counting_host_init(&counting);
    counting.now_ms = (uint64_t)now_ms();
    pthread_create(&ticker, NULL, tick, &counting);
    checker = make(counting.host);
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, i ? read_reports : add_and_remove, checker);
    wait_until_runs(&hung_runs, 3);
    wait_until_runs(&changes, 5);
    wait_until_runs(&quick_runs, atomic_load(&quick_runs) + 50);
    CHECK(atomic_load(&hung_runs) == 3);
    expect_report(checker);
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    before = now_ms();
    ape_health_checker_free(checker);
    CHECK(now_ms() - before < 30000);
    CHECK(atomic_load(&frees) == 0);
    atomic_store(&let_go, true);
    CHECK(all_given_back(&counting));
    atomic_store(&all_over, true);
    pthread_join(ticker, NULL);
    CHECK(atomic_load(&frees) == 5);
    CHECK(added > 0 && atomic_load(&passed) == added);
    CHECK(atomic_load(&changes) >= 5);
    return atomic_load(&wrong) != 0;
}
