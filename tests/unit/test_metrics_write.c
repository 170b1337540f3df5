/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    cr_assert_eq(ape_metrics_registry_new(counting.host, &opts, &registry, NULL), APE_OK);
}

static void tear_down(void)
{
    ape_metrics_registry_free(registry);
    counting_host_end_test(&counting);
}

TestSuite(metrics_write, .init = set_up, .fini = tear_down);

static void expect_text(ape_metrics_format format, const char *wanted)
{
    ape_text *text;

    cr_assert_eq(ape_metrics_registry_to_text(registry, format, &text, NULL), APE_OK);
    cr_expect_str_eq(ape_text_data(text), wanted);
    ape_text_free(text);
}

static ape_counter *hostile_counter(void)
{
    static const char *const labels[] = { "a", "b", NULL };
    static const char *const values[] = { "q\" b\\ n\n r\r", "x\",le=\"1\"} 9\n" };
    ape_metric_family *family;
    ape_counter *counter;

    cr_assert_eq(ape_metrics_registry_add_counter(registry, "c_total", "He said \"\\n\"\nso.",
                                                  labels, &family, NULL),
                 APE_OK);
    cr_assert_eq(ape_metric_family_get_counter(family, values, &counter, NULL), APE_OK);
    return counter;
}

Test(metrics_write, escapes_as_text_0_0_4_wants)
{
    ape_counter_inc(hostile_counter());
    expect_text(APE_METRICS_TEXT,
                "# HELP c_total He said \"\\\\n\"\\nso.\n"
                "# TYPE c_total counter\n"
                "c_total{a=\"q\\\" b\\\\ n\\n r\r\",b=\"x\\\",le=\\\"1\\\"} 9\\n\"} 1\n");
}

Test(metrics_write, escapes_and_names_as_openmetrics_wants)
{
    ape_counter_inc(hostile_counter());
    expect_text(APE_METRICS_OPENMETRICS,
                "# HELP c He said \\\"\\\\n\\\"\\nso.\n"
                "# TYPE c counter\n"
                "c_total{a=\"q\\\" b\\\\ n\\n r\r\",b=\"x\\\",le=\\\"1\\\"} 9\\n\"} 1\n"
                "# EOF\n");
}

Test(metrics_write, finds_a_series_again_by_values_that_were_escaped)
{
    cr_expect_eq(hostile_counter(), hostile_counter());
}

Test(metrics_write, writes_bounds_as_each_format_wants)
{
    static const double bounds[] = { 1e-5, 0.1, 1, 1e6 };
    ape_metric_family *family;
    ape_histogram *histogram;

    cr_assert_eq(
        ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, bounds, 4, &family, NULL),
        APE_OK);
    cr_assert_eq(ape_metric_family_get_histogram(family, NULL, &histogram, NULL), APE_OK);
    cr_assert_eq(ape_histogram_observe(histogram, 0.1), APE_OK);
    cr_assert_eq(ape_histogram_observe(histogram, 0.2), APE_OK);
    expect_text(APE_METRICS_OPENMETRICS,
                "# HELP h H.\n# TYPE h histogram\n"
                "h_bucket{le=\"1e-05\"} 0\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"1.0\"} 2\n"
                "h_bucket{le=\"1e+06\"} 2\nh_bucket{le=\"+Inf\"} 2\n"
                "h_sum 0.30000000000000004\nh_count 2\n# EOF\n");
    expect_text(APE_METRICS_TEXT,
                "# HELP h H.\n# TYPE h histogram\n"
                "h_bucket{le=\"1e-05\"} 0\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"1\"} 2\n"
                "h_bucket{le=\"1e+06\"} 2\nh_bucket{le=\"+Inf\"} 2\n"
                "h_sum 0.30000000000000004\nh_count 2\n");
}

Test(metrics_write, leaves_out_a_sum_that_could_fall)
{
    static const double bounds[] = { -1, 1 };

    cr_assert_eq(
        ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, bounds, 2, NULL, NULL),
        APE_OK);
    expect_text(APE_METRICS_OPENMETRICS, "# HELP h H.\n# TYPE h histogram\n"
                                         "h_bucket{le=\"-1.0\"} 0\nh_bucket{le=\"1.0\"} 0\n"
                                         "h_bucket{le=\"+Inf\"} 0\n# EOF\n");
}

Test(metrics_write, shows_infos)
{
    static const char *const labels[] = { "version", NULL }, *const values[] = { "0.1.0" };

    cr_assert_eq(
        ape_metrics_registry_add_info(registry, "ape_build_info", "B.", labels, values, NULL),
        APE_OK);
    expect_text(APE_METRICS_TEXT, "# HELP ape_build_info B.\n# TYPE ape_build_info gauge\n"
                                  "ape_build_info{version=\"0.1.0\"} 1\n");
    expect_text(APE_METRICS_OPENMETRICS, "# HELP ape_build B.\n# TYPE ape_build info\n"
                                         "ape_build_info{version=\"0.1.0\"} 1\n# EOF\n");
}

typedef struct pieces {
    size_t bytes;
    size_t calls;
    size_t stop_after;
} pieces;

static ape_status take_piece(void *user, const char *bytes, size_t size)
{
    pieces *p = user;

    cr_assert_not_null(bytes);
    cr_assert_leq(size, 16384);
    p->bytes += size;
    return ++p->calls == p->stop_after ? APE_ERR_IO : APE_OK;
}

/* Enough series for a few pieces, with values longer than a piece together. */
static void fill(void)
{
    static const char *const labels[] = { "a", "b", "c", "d", "e", "f", NULL };
    static char values[6][4097];
    const char *const all[] = { values[0], values[1], values[2], values[3], values[4], values[5] };
    ape_metric_family *family;
    ape_gauge *gauge;

    cr_assert_eq(ape_metrics_registry_add_gauge(registry, "g", "G.", labels, &family, NULL),
                 APE_OK);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 6; k++)
            memset(values[k], 'a' + i, 4096);
        cr_assert_eq(ape_metric_family_get_gauge(family, all, &gauge, NULL), APE_OK);
    }
}

static void expect_whole(void)
{
    pieces p = { 0 };

    cr_expect_eq(ape_metrics_registry_write(registry, APE_METRICS_TEXT, take_piece, &p, NULL),
                 APE_OK);
    cr_expect_gt(p.bytes, 5 * 6 * 4096);
    cr_expect_gt(p.calls, 7);
}

Test(metrics_write, hands_over_small_pieces)
{
    fill();
    expect_whole();
}

Test(metrics_write, stops_where_the_writer_stops_and_goes_on_next_time)
{
    ape_error err;

    fill();
    for (size_t stop = 1; stop < 8; stop++) {
        pieces p = { .stop_after = stop };

        cr_expect_eq(ape_metrics_registry_write(registry, APE_METRICS_TEXT, take_piece, &p, &err),
                     APE_ERR_IO);
        cr_expect_eq(p.calls, stop);
        cr_expect_str_eq(err.message, "the writer stopped: APE_ERR_IO");
    }
    expect_whole();
}

Test(metrics_write, is_not_moved_by_a_locale)
{
    ape_metric_family *family;
    ape_gauge *gauge;

    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        cr_skip_test("no locale de_DE.UTF-8 here");
    cr_assert_eq(ape_metrics_registry_add_gauge(registry, "g", "G.", NULL, &family, NULL), APE_OK);
    cr_assert_eq(ape_metric_family_get_gauge(family, NULL, &gauge, NULL), APE_OK);
    ape_gauge_set(gauge, 0.5);
    expect_text(APE_METRICS_TEXT, "# HELP g G.\n# TYPE g gauge\ng 0.5\n");
}

Test(metrics_write, refuses_what_it_cannot_write)
{
    ape_text *text = NULL;

    cr_expect_eq(ape_metrics_registry_to_text(registry, 7, &text, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_metrics_registry_to_text(NULL, 0, &text, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_metrics_registry_to_text(registry, 0, NULL, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_metrics_registry_write(registry, 0, NULL, NULL, NULL), APE_ERR_INVALID);
    cr_expect_null(text);
}

Test(metrics_write, chooses_the_format_that_is_wanted_most)
{
    static const struct {
        const char *accept;
        ape_metrics_format format;
    } cases[] = {
        { NULL, APE_METRICS_TEXT },
        { "", APE_METRICS_TEXT },
        { "*/*", APE_METRICS_TEXT },
        { "text/html", APE_METRICS_TEXT },
        { "application/openmetrics-text", APE_METRICS_OPENMETRICS },
        { "Application/OpenMetrics-Text; Version=\"1.0.0\"", APE_METRICS_OPENMETRICS },
        { "application/openmetrics-text;version=0.0.1", APE_METRICS_TEXT },
        { "application/openmetrics-text;q=0", APE_METRICS_TEXT },
        { "application/openmetrics-text;q=0.0", APE_METRICS_TEXT },
        { "application/openmetrics-text;q=nonsense", APE_METRICS_TEXT },
        { "application/openmetrics-text;q=0.5,text/plain;version=0.0.4", APE_METRICS_TEXT },
        { "application/openmetrics-text;q=0.5, text/plain; q=0.499", APE_METRICS_OPENMETRICS },
        { "text/plain;version=0.0.4;q=0.3,application/openmetrics-text;q=0.301",
          APE_METRICS_OPENMETRICS },
        { "text/plain;version=1.0.0,application/openmetrics-text;q=0.1", APE_METRICS_OPENMETRICS },
        { "text/plain;a=\",application/openmetrics-text,\";q=0.9,*/*;q=0.1", APE_METRICS_TEXT },
        { ";;,=,;q=,\"", APE_METRICS_TEXT },
        /* what Prometheus 2.42 and 3 send */
        { "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
          "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          APE_METRICS_OPENMETRICS },
        { "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
          "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
          "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
          APE_METRICS_OPENMETRICS },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(ape_metrics_format_for_accept(cases[i].accept), cases[i].format, "%s",
                     cases[i].accept);
}
