/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ape/metrics_registry.h>

#include "counting_host.h"

static counting_host counting;
static ape_metrics_registry *registry;

static void set_up(void)
{
    ape_metrics_registry_options opts;

    counting_host_init(&counting);
    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.process_metrics = 0;
    opts.max_series = 3;
    cr_assert_eq(ape_metrics_registry_new(counting.host, &opts, &registry, NULL), APE_OK);
}

static void tear_down(void)
{
    ape_metrics_registry_free(registry);
    counting_host_end_test(&counting);
}

TestSuite(metrics_registry, .init = set_up, .fini = tear_down);

static const char *const status_label[] = { "status", NULL };

/* The whole text of the registry; valid until the next call. */
static const char *text_of(ape_metrics_format format)
{
    static char copy[8192];
    ape_text *text;

    cr_assert_eq(ape_metrics_registry_to_text(registry, format, &text, NULL), APE_OK);
    cr_assert_lt(ape_text_size(text), sizeof(copy));
    memcpy(copy, ape_text_data(text), ape_text_size(text) + 1);
    ape_text_free(text);
    return copy;
}

static ape_metric_family *queries(void)
{
    ape_metric_family *family;

    cr_assert_eq(ape_metrics_registry_add_counter(registry, "ape_queries_total", "Queries.",
                                                  status_label, &family, NULL),
                 APE_OK);
    return family;
}

static ape_counter *counter_of(ape_metric_family *family, const char *value)
{
    const char *const values[] = { value };
    ape_counter *counter;

    cr_assert_eq(ape_metric_family_get_counter(family, values, &counter, NULL), APE_OK);
    return counter;
}

Test(metrics_registry, shows_families_without_labels_at_once)
{
    cr_assert_eq(ape_metrics_registry_add_counter(registry, "a_total", "A.", NULL, NULL, NULL),
                 APE_OK);
    cr_assert_eq(ape_metrics_registry_add_gauge(registry, "b", "B.", NULL, NULL, NULL), APE_OK);
    queries(); /* none of whose series exists: not shown */
    cr_expect_str_eq(text_of(APE_METRICS_TEXT), "# HELP a_total A.\n# TYPE a_total counter\n"
                                                "a_total 0\n"
                                                "# HELP b B.\n# TYPE b gauge\nb 0\n");
}

Test(metrics_registry, gives_the_same_series_for_the_same_labels)
{
    ape_metric_family *family = queries();

    cr_expect_eq(counter_of(family, "error"), counter_of(family, "error"));
    cr_expect_neq(counter_of(family, "error"), counter_of(family, "success"));
    cr_expect_eq(queries(), family);
}

Test(metrics_registry, counts_whole_numbers_exactly_and_fractions_beside_them)
{
    ape_counter *counter = counter_of(queries(), "x");

    ape_counter_inc(counter);
    ape_counter_inc(counter);
    cr_expect_eq(ape_counter_add(counter, 4294967295.0), APE_OK);
    for (int i = 0; i < 3000000; i++)
        (void)ape_counter_add(counter, 4294967295.0);
    /* more digits than a double has */
    cr_expect(strstr(text_of(APE_METRICS_TEXT), "{status=\"x\"} 12884906179967297\n") != NULL);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(ape_counter_add(counter, 0.25), APE_OK);
    cr_expect_eq(ape_counter_value(counter), (double)12884906179967297 + 0.75);
}

Test(metrics_registry, goes_on_counting_beyond_two_to_the_64)
{
    ape_counter *counter = counter_of(queries(), "x");

    for (int i = 0; i < 4; i++)
        cr_expect_eq(ape_counter_add(counter, 9223372036854775808.0), APE_OK);
    ape_counter_inc(counter);
    cr_expect_eq(ape_counter_value(counter), 36893488147419103232.0);
}

Test(metrics_registry, refuses_what_is_no_increment)
{
    ape_counter *counter = counter_of(queries(), "x");

    cr_expect_eq(ape_counter_add(counter, -1), APE_ERR_INVALID);
    cr_expect_eq(ape_counter_add(counter, NAN), APE_ERR_INVALID);
    cr_expect_eq(ape_counter_add(counter, INFINITY), APE_ERR_INVALID);
    cr_expect_eq(ape_counter_value(counter), 0);
}

Test(metrics_registry, counts_nothing_into_null)
{
    ape_counter_inc(NULL);
    cr_expect_eq(ape_counter_add(NULL, 1), APE_OK);
    ape_gauge_set(NULL, 1);
    ape_gauge_add(NULL, 1);
    cr_expect_eq(ape_histogram_observe(NULL, 1), APE_OK);
    cr_expect_eq(ape_counter_value(NULL), 0);
    cr_expect_eq(ape_gauge_value(NULL), 0);
    cr_expect_eq(ape_histogram_count(NULL), 0);
    cr_expect_eq(ape_histogram_sum(NULL), 0);
}

Test(metrics_registry, gauges_take_any_double)
{
    ape_metric_family *family;
    ape_gauge *gauge;

    cr_assert_eq(ape_metrics_registry_add_gauge(registry, "g", "G.", NULL, &family, NULL), APE_OK);
    cr_assert_eq(ape_metric_family_get_gauge(family, NULL, &gauge, NULL), APE_OK);
    ape_gauge_set(gauge, -1.5);
    ape_gauge_add(gauge, 4);
    cr_expect_eq(ape_gauge_value(gauge), 2.5);
    ape_gauge_set(gauge, NAN);
    cr_expect(strstr(text_of(APE_METRICS_TEXT), "\ng NaN\n") != NULL);
}

Test(metrics_registry, puts_observations_into_the_bucket_at_or_above_them)
{
    static const double bounds[] = { 0, 1, 2.5 };
    static const double observed[] = { -1, 0, 0.5, 1, 2.5, 2.6, 1e300 };
    ape_metric_family *family;
    ape_histogram *histogram;

    cr_assert_eq(
        ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, bounds, 3, &family, NULL),
        APE_OK);
    cr_assert_eq(ape_metric_family_get_histogram(family, NULL, &histogram, NULL), APE_OK);
    for (size_t i = 0; i < sizeof(observed) / sizeof(observed[0]); i++)
        cr_expect_eq(ape_histogram_observe(histogram, observed[i]), APE_OK);
    cr_expect_eq(ape_histogram_observe(histogram, NAN), APE_ERR_INVALID);
    cr_expect_eq(ape_histogram_observe(histogram, -INFINITY), APE_ERR_INVALID);
    cr_expect_eq(ape_histogram_count(histogram), 7);
    cr_expect_eq(ape_histogram_sum(histogram), 1e300);
    cr_expect(strstr(text_of(APE_METRICS_TEXT), "h_bucket{le=\"0\"} 2\n"
                                                "h_bucket{le=\"1\"} 4\n"
                                                "h_bucket{le=\"2.5\"} 5\n"
                                                "h_bucket{le=\"+Inf\"} 7\n"
                                                "h_sum 1e+300\nh_count 7\n") != NULL);
}

Test(metrics_registry, sums_what_exceeds_the_limit_of_series_in_one)
{
    static const char *const names[] = { "1", "2", "3", "4", "5", "overflow" };
    ape_metric_family *family = queries();
    double total = 0;

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 6; i++)
            ape_counter_inc(counter_of(family, names[i]));
    cr_expect_eq(counter_of(family, "6"), counter_of(family, "7"));
    for (int i = 0; i < 3; i++)
        total += ape_counter_value(counter_of(family, names[i]));
    cr_expect_eq(total + ape_counter_value(counter_of(family, "overflow")), 12);
    cr_expect(strstr(text_of(APE_METRICS_TEXT),
                     "ape_metrics_overflow_total{family=\"ape_queries_total\"} 6\n") != NULL);
}

Test(metrics_registry, refuses_label_values_that_cannot_be_written)
{
    ape_metric_family *family = queries();
    static char long_value[4098];
    const char *const invalid[] = { "\xff" }, *const null[] = { NULL };
    const char *const too_long[] = { long_value };
    ape_counter *counter = NULL;
    ape_error err;

    memset(long_value, 'x', 4097);
    cr_expect_eq(ape_metric_family_get_counter(family, invalid, &counter, &err), APE_ERR_INVALID);
    cr_expect(strstr(err.message, "status") != NULL);
    cr_expect_eq(ape_metric_family_get_counter(family, null, &counter, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_metric_family_get_counter(family, NULL, &counter, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_metric_family_get_counter(family, too_long, &counter, NULL), APE_ERR_INVALID);
    long_value[4096] = '\0';
    cr_expect_null(counter);
    cr_expect_eq(ape_metric_family_get_counter(family, too_long, &counter, NULL), APE_OK);
}

Test(metrics_registry, refuses_a_handle_of_another_kind)
{
    ape_gauge *gauge = NULL;
    ape_error err;

    cr_expect_eq(ape_metric_family_get_gauge(queries(), NULL, &gauge, &err), APE_ERR_INVALID);
    cr_expect_str_eq(err.message, "ape_queries_total is a family of counters, not gauges");
    cr_expect_null(gauge);
}

static double give(void *user)
{
    return *(const double *)user;
}

Test(metrics_registry, asks_callbacks_when_it_is_written)
{
    double value = 1.5;
    ape_metric_family *family;

    cr_assert_eq(ape_metrics_registry_add_gauge(registry, "g", "G.", NULL, &family, NULL), APE_OK);
    cr_assert_eq(ape_metric_family_set_callback(family, NULL, give, &value, NULL), APE_OK);
    cr_expect(strstr(text_of(APE_METRICS_TEXT), "\ng 1.5\n") != NULL);
    value = 2;
    cr_expect(strstr(text_of(APE_METRICS_TEXT), "\ng 2\n") != NULL);
    value = NAN;
    cr_expect_str_eq(text_of(APE_METRICS_TEXT), "");
    value = 3;
    cr_assert_eq(ape_metric_family_set_callback(family, NULL, NULL, NULL, NULL), APE_OK);
    cr_expect_str_eq(text_of(APE_METRICS_TEXT), "");
}

Test(metrics_registry, takes_out_no_callback_of_somebody_else)
{
    double first = 1, second = 2;
    ape_metric_family *family;

    cr_assert_eq(ape_metrics_registry_add_gauge(registry, "g", "G.", NULL, &family, NULL), APE_OK);
    cr_assert_eq(ape_metric_family_set_callback(family, NULL, give, &first, NULL), APE_OK);
    cr_assert_eq(ape_metric_family_set_callback(family, NULL, give, &second, NULL), APE_OK);
    cr_assert_eq(ape_metric_family_set_callback(family, NULL, NULL, &first, NULL), APE_OK);
    cr_expect(strstr(text_of(APE_METRICS_TEXT), "\ng 2\n") != NULL);
    cr_assert_eq(ape_metric_family_set_callback(family, NULL, NULL, &second, NULL), APE_OK);
    cr_expect_str_eq(text_of(APE_METRICS_TEXT), "");
}

Test(metrics_registry, lets_no_callback_into_a_full_family)
{
    static const char *const names[] = { "1", "2", "3" };
    const char *const late[] = { "late" };
    ape_metric_family *family = queries();
    ape_error err;

    for (int i = 0; i < 3; i++)
        counter_of(family, names[i]);
    cr_expect_eq(ape_metric_family_set_callback(family, late, give, NULL, &err), APE_ERR_LIMIT);
    cr_expect_str_eq(err.message, "ape_queries_total has 3 series: no more");
}

Test(metrics_registry, keeps_handles_valid_while_tables_grow)
{
    enum { SERIES = 5000 };
    static ape_counter *counters[SERIES];
    ape_metrics_registry_options opts;
    ape_metrics_registry *big;
    ape_metric_family *family;

    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.max_series = SERIES;
    cr_assert_eq(ape_metrics_registry_new(counting.host, &opts, &big, NULL), APE_OK);
    cr_assert_eq(
        ape_metrics_registry_add_counter(big, "n_total", "N.", status_label, &family, NULL),
        APE_OK);
    for (int i = 0; i < 2 * SERIES; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%d", i % SERIES);
        if (i < SERIES)
            counters[i] = counter_of(family, name);
        else
            cr_assert_eq(counter_of(family, name), counters[i % SERIES]);
        ape_counter_inc(counters[i % SERIES]);
    }
    for (int i = 0; i < SERIES; i++)
        cr_assert_eq(ape_counter_value(counters[i]), 2);
    ape_metrics_registry_free(big);
}

Test(metrics_registry, refuses_options_out_of_range)
{
    ape_metrics_registry_options opts;
    ape_metrics_registry *r = NULL;

    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.max_series = 0;
    cr_expect_eq(ape_metrics_registry_new(NULL, &opts, &r, NULL), APE_ERR_INVALID);
    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.process_metrics = 2;
    cr_expect_eq(ape_metrics_registry_new(NULL, &opts, &r, NULL), APE_ERR_INVALID);
    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.reserved = 1;
    cr_expect_eq(ape_metrics_registry_new(NULL, &opts, &r, NULL), APE_ERR_UNSUPPORTED);
    memset(&opts, 0, sizeof(opts));
    cr_expect_eq(ape_metrics_registry_new(NULL, &opts, &r, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_metrics_registry_new(NULL, NULL, NULL, NULL), APE_ERR_INVALID);
    cr_expect_null(r);
}
