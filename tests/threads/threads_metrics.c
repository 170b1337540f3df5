/* SPDX-License-Identifier: MIT */
/* Threads count, look up, add families and write at the same time: nothing is lost,
 * and every histogram that is written agrees with itself. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/metrics_registry.h>

#include "counting_host.h"

enum {
    THREADS = 4,
    ROUNDS = 20000,
    NAMES = 60, /* more than max_series */
};

static ape_metrics_registry *registry;
static ape_metric_family *by_name, *latency;
static ape_counter *shared;
static ape_gauge *level;
static ape_histogram *histogram;
static atomic_bool stop;
static atomic_int wrong;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            atomic_fetch_add(&wrong, 1);                                                           \
        }                                                                                          \
    } while (0)

static void *count(void *user)
{
    unsigned number = *(unsigned *)user;

    for (unsigned i = 0; i < ROUNDS; i++) {
        char name[16];
        const char *const values[] = { name };
        ape_counter *counter = NULL;

        snprintf(name, sizeof(name), "%u", (i * 7 + number) % NAMES);
        CHECK(ape_metric_family_get_counter(by_name, values, &counter, NULL) == APE_OK);
        ape_counter_inc(counter);
        ape_counter_inc(shared);
        CHECK(ape_counter_add(shared, 0.5) == APE_OK);
        ape_gauge_add(level, i % 2 ? 1 : -1);
        CHECK(ape_histogram_observe(histogram, (i % 12) / 1.0) == APE_OK);
    }
    return NULL;
}

static void *add_families(void *user)
{
    (void)user;
    for (int i = 0; i < 200; i++) {
        char name[32];

        snprintf(name, sizeof(name), "family_%d", i % 50);
        CHECK(ape_metrics_registry_add_gauge(registry, name, "F.", NULL, NULL, NULL) == APE_OK);
    }
    return NULL;
}

static double number_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? strtod(at + strlen(name), NULL) : -1;
}

static double scrape(double at_least)
{
    ape_text *text;
    double total, count_of_all;

    CHECK(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) == APE_OK);
    total = number_of(ape_text_data(text), "\nshared_total ");
    CHECK(total >= at_least);
    count_of_all = number_of(ape_text_data(text), "\nlatency_count ");
    CHECK(count_of_all == number_of(ape_text_data(text), "latency_bucket{le=\"+Inf\"} "));
    CHECK(count_of_all >= number_of(ape_text_data(text), "latency_bucket{le=\"10\"} "));
    ape_text_free(text);
    return total;
}

static void *keep_scraping(void *user)
{
    double last = 0;

    (void)user;
    while (!atomic_load(&stop))
        last = scrape(last);
    return NULL;
}

static double constant(void *user)
{
    return *(double *)user;
}

/* What a callback reads may go as soon as it was taken out. */
static void *set_and_take_out(void *user)
{
    ape_metric_family *family;

    (void)user;
    CHECK(ape_metrics_registry_add_gauge(registry, "live", "L.", NULL, &family, NULL) == APE_OK);
    while (!atomic_load(&stop)) {
        double *value = malloc(sizeof(*value));

        *value = 1;
        CHECK(ape_metric_family_set_callback(family, NULL, constant, value, NULL) == APE_OK);
        CHECK(ape_metric_family_set_callback(family, NULL, NULL, NULL, NULL) == APE_OK);
        free(value);
    }
    return NULL;
}

static void set_up(ape_host *host)
{
    static const char *const labels[] = { "name", NULL };
    ape_metrics_registry_options opts;
    ape_metric_family *family;

    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.max_series = NAMES - 10;
    CHECK(ape_metrics_registry_new(host, &opts, &registry, NULL) == APE_OK);
    CHECK(ape_metrics_registry_add_counter(registry, "by_name_total", "N.", labels, &by_name,
                                           NULL) == APE_OK);
    CHECK(ape_metrics_registry_add_counter(registry, "shared_total", "S.", NULL, &family, NULL) ==
          APE_OK);
    CHECK(ape_metric_family_get_counter(family, NULL, &shared, NULL) == APE_OK);
    CHECK(ape_metrics_registry_add_gauge(registry, "level", "L.", NULL, &family, NULL) == APE_OK);
    CHECK(ape_metric_family_get_gauge(family, NULL, &level, NULL) == APE_OK);
    CHECK(ape_metrics_registry_add_histogram(registry, "latency", "L.", NULL, NULL, 0, &latency,
                                             NULL) == APE_OK);
    CHECK(ape_metric_family_get_histogram(latency, NULL, &histogram, NULL) == APE_OK);
}

static double sum_by_name(void)
{
    const char *const overflow[] = { "overflow" };
    ape_counter *counter;
    double sum = 0;

    CHECK(ape_metric_family_get_counter(by_name, overflow, &counter, NULL) == APE_OK);
    sum = ape_counter_value(counter);
    for (int i = 0; i < NAMES; i++) {
        char name[16];
        const char *const values[] = { name };
        ape_counter *one;

        snprintf(name, sizeof(name), "%d", i);
        CHECK(ape_metric_family_get_counter(by_name, values, &one, NULL) == APE_OK);
        if (one != counter)
            sum += ape_counter_value(one);
    }
    return sum;
}

int main(void)
{
    pthread_t counting_threads[THREADS], families, scraper, callbacks;
    unsigned numbers[THREADS];
    counting_host counting;

    counting_host_init(&counting);
    set_up(counting.host);
    pthread_create(&scraper, NULL, keep_scraping, NULL);
    pthread_create(&callbacks, NULL, set_and_take_out, NULL);
    pthread_create(&families, NULL, add_families, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&counting_threads[i], NULL, count, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(counting_threads[i], NULL);
    pthread_join(families, NULL);
    atomic_store(&stop, true);
    pthread_join(scraper, NULL);
    pthread_join(callbacks, NULL);

    CHECK(ape_counter_value(shared) == THREADS * ROUNDS * 1.5);
    CHECK(ape_gauge_value(level) == 0);
    CHECK(ape_histogram_count(histogram) == THREADS * ROUNDS);
    CHECK(sum_by_name() == THREADS * ROUNDS);
    scrape(0);
    ape_metrics_registry_free(registry);
    CHECK(counting_host_done(&counting));
    return atomic_load(&wrong) != 0;
}
