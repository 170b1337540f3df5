/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <ape/metrics_registry.h>

#include "counting_host.h"

static const char *const labels[] = { "a", "b", NULL };

static double one(void *user)
{
    (void)user;
    return 1;
}

static ape_status add_all(ape_metrics_registry *r)
{
    static const char *const values[] = { "1", "2" };
    ape_metric_family *gauges;
    ape_status st;

    st = ape_metrics_registry_add_gauge(r, "g", "G.", labels, &gauges, NULL);
    if (st == APE_OK)
        st = ape_metrics_registry_add_histogram(r, "h", "H.", NULL, NULL, 0, NULL, NULL);
    if (st == APE_OK)
        st = ape_metrics_registry_add_info(r, "i_info", "I.", labels, values, NULL);
    if (st == APE_OK)
        st = ape_metric_family_set_callback(gauges, values, one, NULL, NULL);
    return st;
}

/* Series until the table has grown, and more than there may be. */
static ape_status count(ape_metrics_registry *r)
{
    ape_metric_family *family;
    ape_status st;

    st = ape_metrics_registry_add_counter(r, "c_total", "C.", labels, &family, NULL);
    for (int i = 0; i < 12 && st == APE_OK; i++) {
        char name[8];
        const char *const values[] = { name, "\n" };
        ape_counter *counter = NULL;

        snprintf(name, sizeof(name), "%d", i);
        st = ape_metric_family_get_counter(family, values, &counter, NULL);
        ape_counter_inc(counter);
    }
    return st;
}

static ape_status use(ape_host *host, void *user)
{
    ape_metrics_registry_options opts;
    ape_metrics_registry *r;
    ape_text *text;
    ape_status st;

    (void)user;
    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.max_series = 10;
    st = ape_metrics_registry_new(host, &opts, &r, NULL);
    if (st != APE_OK)
        return st;
    st = add_all(r);
    if (st == APE_OK)
        st = count(r);
    if (st == APE_OK)
        st = ape_metrics_registry_to_text(r, APE_METRICS_TEXT, &text, NULL);
    if (st == APE_OK)
        ape_text_free(text);
    ape_metrics_registry_free(r);
    return st;
}

int main(void)
{
    const char *complaint = each_allocation_fails(use, NULL);

    if (complaint)
        printf("metrics: %s\n", complaint);
    return complaint != NULL;
}
