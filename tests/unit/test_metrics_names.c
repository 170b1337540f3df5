/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include <ape/metrics_registry.h>

static ape_metrics_registry *registry;

static void set_up(void)
{
    cr_assert_eq(ape_metrics_registry_new(NULL, NULL, &registry, NULL), APE_OK);
}

static void tear_down(void)
{
    ape_metrics_registry_free(registry);
}

TestSuite(metrics_names, .init = set_up, .fini = tear_down);

static ape_status add_gauge(const char *name, const char *const *labels)
{
    return ape_metrics_registry_add_gauge(registry, name, "Help.", labels, NULL, NULL);
}

Test(metrics_names, refuses_names_that_prometheus_would)
{
    static const char *const bad[] = { "", "1a", "a-b", "a b", "a.b", "\xc3\xa4", "a{", "a_total" };
    static char long_name[202];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(add_gauge(bad[i], NULL), APE_ERR_INVALID, "%s", bad[i]);
    cr_expect_eq(add_gauge(NULL, NULL), APE_ERR_INVALID);
    memset(long_name, 'a', 201);
    cr_expect_eq(add_gauge(long_name, NULL), APE_ERR_INVALID);
    cr_expect_eq(add_gauge("a:b_C9", NULL), APE_OK);
    cr_expect_eq(add_gauge(":a", NULL), APE_OK);
}

Test(metrics_names, asks_for_the_ending_of_the_kind)
{
    static const char *const labels[] = { "version", NULL }, *const values[] = { "1" };
    ape_error err;

    cr_expect_eq(ape_metrics_registry_add_counter(registry, "a", "A.", NULL, NULL, &err),
                 APE_ERR_INVALID);
    cr_expect_str_eq(err.message, "metric name \"a\": must end in \"_total\"");
    cr_expect_eq(ape_metrics_registry_add_counter(registry, "_total", "A.", NULL, NULL, NULL),
                 APE_ERR_INVALID);
    cr_expect_eq(ape_metrics_registry_add_info(registry, "a", "A.", labels, values, NULL),
                 APE_ERR_INVALID);
    cr_expect_eq(ape_metrics_registry_add_info(registry, "a_info", "A.", labels, values, NULL),
                 APE_OK);
}

Test(metrics_names, refuses_labels_that_are_reserved_or_doubled)
{
    static const char *const bad[][3] = { { "le" }, { "quantile" }, { "__name__" }, { "a", "a" },
                                          { "1" },  { "a:b" },      { "" } };
    static const char *const seventeen[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i",
                                             "j", "k", "l", "m", "n", "o", "p", "q", NULL };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(add_gauge("g", bad[i]), APE_ERR_INVALID, "%s", bad[i][0]);
    cr_expect_eq(add_gauge("g", seventeen), APE_ERR_INVALID);
    cr_expect_eq(add_gauge("g", seventeen + 1), APE_OK);
}

Test(metrics_names, wants_help_in_utf8)
{
    static const char *const bad[] = { NULL, "", "\xff" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(ape_metrics_registry_add_gauge(registry, "g", bad[i], NULL, NULL, NULL),
                     APE_ERR_INVALID);
}

Test(metrics_names, refuses_bounds_that_do_not_ascend)
{
    static const struct {
        double bounds[3];
        size_t count;
    } bad[] = { { { 1, 1 }, 2 },     { { 2, 1 }, 2 },         { { NAN }, 1 },
                { { INFINITY }, 1 }, { { -INFINITY, 1 }, 2 }, { { 0 }, 0 } };
    static double many[121];

    for (int i = 0; i < 121; i++)
        many[i] = i;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, bad[i].bounds,
                                                        bad[i].count, NULL, NULL),
                     APE_ERR_INVALID);
    cr_expect_eq(
        ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, many, 121, NULL, NULL),
        APE_ERR_INVALID);
    cr_expect_eq(ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, NULL, 3, NULL, NULL),
                 APE_ERR_INVALID);
    cr_expect_eq(
        ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, many, 120, NULL, NULL),
        APE_OK);
}

Test(metrics_names, refuses_families_whose_samples_would_clash)
{
    static const char *const gauges[] = { "a", "a_created", "h_bucket", "h_count", "h_sum", "h" };
    static const char *const labels[] = { "x", NULL };
    static const double bounds[] = { 1, 2 };
    ape_error err;

    cr_assert_eq(ape_metrics_registry_add_counter(registry, "a_total", "A.", NULL, NULL, NULL),
                 APE_OK);
    cr_assert_eq(ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, NULL, 0, NULL, NULL),
                 APE_OK);
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
        cr_expect_eq(add_gauge(gauges[i], NULL), APE_ERR_STATE, "%s", gauges[i]);
    cr_expect_eq(ape_metrics_registry_add_counter(registry, "a_total", "A.", labels, NULL, &err),
                 APE_ERR_STATE);
    cr_expect_str_eq(err.message,
                     "counter \"a_total\" and counter \"a_total\" would both write \"a\"");
    cr_expect_eq(
        ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, bounds, 2, NULL, NULL),
        APE_ERR_STATE);
    cr_expect_eq(ape_metrics_registry_add_histogram(registry, "h", "H.", NULL, NULL, 0, NULL, NULL),
                 APE_OK);
    cr_expect_eq(add_gauge("process_open_fds", labels), APE_ERR_STATE);
    cr_expect_eq(add_gauge("h_other", NULL), APE_OK);
}
