/* SPDX-License-Identifier: CC0-1.0 */
/* The metrics registry alone: count a few things, and print what Prometheus would read. */
#include <stdio.h>

#include <ape/metrics_registry.h>

static ape_status print(void *user, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, user) == size ? APE_OK : APE_ERR_IO;
}

static ape_status run(ape_metrics_registry *registry, ape_error *err)
{
    static const char *const labels[] = { "result", NULL };
    static const char *const hit[] = { "hit" }, *const miss[] = { "miss" };
    ape_metric_family *lookups, *seconds;
    ape_counter *hits = NULL, *misses = NULL;
    ape_histogram *duration = NULL;
    ape_status st;

    st = ape_metrics_registry_add_counter(registry, "cache_lookups_total", "Lookups by result.",
                                          labels, &lookups, err);
    if (st == APE_OK)
        st = ape_metrics_registry_add_histogram(registry, "cache_lookup_seconds",
                                                "Time of a lookup.", NULL, NULL, 0, &seconds, err);
    /* Handles are looked up once and kept; counting is then one call. */
    if (st == APE_OK)
        st = ape_metric_family_get_counter(lookups, hit, &hits, err);
    if (st == APE_OK)
        st = ape_metric_family_get_counter(lookups, miss, &misses, err);
    if (st == APE_OK)
        st = ape_metric_family_get_histogram(seconds, NULL, &duration, err);
    if (st != APE_OK)
        return st;
    for (int i = 0; i < 100; i++) {
        ape_counter_inc(i % 4 ? hits : misses);
        ape_histogram_observe(duration, i % 4 ? 0.002 : 0.2);
    }
    return ape_metrics_registry_write(registry, APE_METRICS_TEXT, print, stdout, err);
}

int main(void)
{
    ape_metrics_registry *registry;
    ape_error err;
    ape_status st = ape_metrics_registry_new(NULL, NULL, &registry, &err);

    if (st == APE_OK) {
        st = run(registry, &err);
        ape_metrics_registry_free(registry);
    }
    if (st != APE_OK)
        fprintf(stderr, "%s\n", err.message);
    return st == APE_OK ? 0 : 1;
}
