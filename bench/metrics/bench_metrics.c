/* SPDX-License-Identifier: MIT */
/* Prints "case nanoseconds" lines; run.py runs it beside the same cases of other libraries. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <ape/metrics_registry.h>

enum {
    ROUNDS = 5000000,
};

static ape_counter *counter;
static ape_histogram *histogram;
static ape_metric_family *family;

/* Processor time of all threads: other programs on the machine do not count. */
static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *inc(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        ape_counter_inc(counter);
    return unused;
}

static void *look_up(void *unused)
{
    static const char *const statuses[4][1] = {
        { "success" }, { "error" }, { "refused" }, { "timeout" }
    };

    for (int i = 0; i < ROUNDS / 5; i++) {
        ape_counter *found;

        if (ape_metric_family_get_counter(family, statuses[i & 3], &found, NULL) == APE_OK)
            ape_counter_inc(found);
    }
    return unused;
}

/* What the machine makes of two threads that add to one word: how much there is to gain. */
static void *add_raw(void *unused)
{
    static _Atomic uint64_t word;

    for (int i = 0; i < ROUNDS; i++)
        atomic_fetch_add_explicit(&word, 1, memory_order_relaxed);
    return unused;
}

static void *observe(void *unused)
{
    for (int i = 0; i < ROUNDS / 5; i++)
        (void)ape_histogram_observe(histogram, (double)(i & 1023) * 0.01);
    return unused;
}

/* Processor time for one operation. */
static void run(const char *name, void *(*body)(void *), int threads, int operations)
{
    pthread_t others[8];
    double begin = now_ns();

    for (int i = 0; i < threads; i++)
        pthread_create(&others[i], NULL, body, NULL);
    for (int i = 0; i < threads; i++)
        pthread_join(others[i], NULL);
    printf("%s %.3f\n", name, (now_ns() - begin) / operations / threads);
}

static ape_metrics_registry *new_registry(uint32_t max_series)
{
    ape_metrics_registry_options opts;
    ape_metrics_registry *registry;

    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.max_series = max_series;
    opts.process_metrics = 0;
    if (ape_metrics_registry_new(NULL, &opts, &registry, NULL) != APE_OK)
        exit(1);
    return registry;
}

static ape_status count_bytes(void *user, const char *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)user += size;
    return APE_OK;
}

static long peak_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Series with two labels, as a large service has them. */
static void scrape(const char *name, int series)
{
    static const char *const labels[] = { "method", "path", NULL };
    ape_metrics_registry *registry = new_registry((uint32_t)series);
    ape_metric_family *requests;
    size_t bytes = 0;
    double begin;
    long before;

    if (ape_metrics_registry_add_counter(registry, "requests_total", "Requests.", labels, &requests,
                                         NULL) != APE_OK)
        exit(1);
    for (int i = 0; i < series; i++) {
        char path[32];
        const char *const values[] = { i & 1 ? "GET" : "POST", path };
        ape_counter *one;

        snprintf(path, sizeof(path), "/api/v1/item/%d", i);
        if (ape_metric_family_get_counter(requests, values, &one, NULL) != APE_OK)
            exit(1);
        (void)ape_counter_add(one, i);
    }
    before = peak_kib();
    begin = now_ns();
    if (ape_metrics_registry_write(registry, APE_METRICS_TEXT, count_bytes, &bytes, NULL) != APE_OK)
        exit(1);
    printf("%s %.0f\n", name, now_ns() - begin);
    if (series == 1000000)
        printf("scrape_1m_extra_kib %ld\nseries_1m_rss_kib %ld\n", peak_kib() - before, before);
    ape_metrics_registry_free(registry);
}

static void distinct_labels(void)
{
    static const char *const labels[] = { "user", NULL };
    ape_metrics_registry *registry = new_registry(2000);
    ape_metric_family *users;
    long before;

    if (ape_metrics_registry_add_counter(registry, "logins_total", "Logins.", labels, &users,
                                         NULL) != APE_OK)
        exit(1);
    before = peak_kib();
    for (int i = 0; i < 10000000; i++) {
        char name[32];
        const char *const values[] = { name };
        ape_counter *one;

        snprintf(name, sizeof(name), "user-%d", i);
        if (ape_metric_family_get_counter(users, values, &one, NULL) != APE_OK)
            exit(1);
        ape_counter_inc(one);
    }
    printf("distinct_10m_extra_kib %ld\n", peak_kib() - before);
    ape_metrics_registry_free(registry);
}

/* Each case on a counter of its own: one that threads met in stays prepared for that. */
static void fresh_series(ape_metrics_registry *registry)
{
    static int number;
    char name[32];
    ape_metric_family *counters, *histograms;

    snprintf(name, sizeof(name), "c%d_total", ++number);
    if (ape_metrics_registry_add_counter(registry, name, "C.", NULL, &counters, NULL) != APE_OK)
        exit(1);
    snprintf(name, sizeof(name), "h%d", number);
    if (ape_metrics_registry_add_histogram(registry, name, "H.", NULL, NULL, 0, &histograms,
                                           NULL) != APE_OK ||
        ape_metric_family_get_counter(counters, NULL, &counter, NULL) != APE_OK ||
        ape_metric_family_get_histogram(histograms, NULL, &histogram, NULL) != APE_OK)
        exit(1);
}

int main(int argc, char **argv)
{
    static const char *const labels[] = { "status", NULL };
    ape_metrics_registry *registry = new_registry(2000);

    if (argc > 1 && strcmp(argv[1], "memory") == 0) {
        distinct_labels();
        scrape("scrape_1m", 1000000);
        return 0;
    }
    if (ape_metrics_registry_add_counter(registry, "queries_total", "Queries.", labels, &family,
                                         NULL) != APE_OK)
        return 1;
    fresh_series(registry);
    run("inc_1t", inc, 1, ROUNDS);
    fresh_series(registry);
    run("inc_2t", inc, 2, ROUNDS);
    run("lookup_inc_1t", look_up, 1, ROUNDS / 5);
    fresh_series(registry);
    run("observe_1t", observe, 1, ROUNDS / 5);
    fresh_series(registry);
    run("observe_2t", observe, 2, ROUNDS / 5);
    run("raw_add_1t", add_raw, 1, ROUNDS);
    run("raw_add_2t", add_raw, 2, ROUNDS);
    ape_metrics_registry_free(registry);
    scrape("scrape_10k", 10000);
    scrape("scrape_100k", 100000);
    return 0;
}
