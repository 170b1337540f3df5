/* SPDX-License-Identifier: MIT */
/* Makes metrics of what it reads, for check_text.py: lines of hex, the first a help text, the
 * others label values. Writes them in the format that is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/metrics_registry.h>

static char line[3 * 4096 * 2];
static char value[4097];

/* The next line as bytes; false at the end. */
static bool next_value(void)
{
    size_t size;

    if (!fgets(line, sizeof(line), stdin))
        return false;
    size = strcspn(line, "\n") / 2;
    if (size >= sizeof(value))
        exit(2);
    for (size_t i = 0; i < size; i++) {
        char pair[3] = { line[2 * i], line[2 * i + 1], '\0' };

        value[i] = (char)strtoul(pair, NULL, 16);
    }
    value[size] = '\0';
    return true;
}

static void must(ape_status status)
{
    if (status == APE_OK)
        return;
    fprintf(stderr, "%s\n", ape_status_name(status));
    exit(2);
}

static ape_status print(void *user, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, user) == size ? APE_OK : APE_ERR_IO;
}

int main(int argc, char **argv)
{
    static const char *const labels[] = { "first", "index", NULL };
    static const char *const info_values[] = { "1.0", "x" };
    ape_metrics_registry_options opts;
    ape_metrics_registry *registry;
    ape_metric_family *counters, *histograms;

    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.max_series = 100000;
    must(ape_metrics_registry_new(NULL, &opts, &registry, NULL));
    if (!next_value())
        return 2;
    must(ape_metrics_registry_add_counter(registry, "fuzz_total", value, labels, &counters, NULL));
    must(ape_metrics_registry_add_histogram(registry, "fuzz_seconds", value, labels, NULL, 0,
                                            &histograms, NULL));
    must(ape_metrics_registry_add_info(registry, "fuzz_build_info", value, labels, info_values,
                                       NULL));
    for (int i = 0; next_value(); i++) {
        char index[16];
        const char *const values[] = { value, index };
        ape_counter *counter;
        ape_histogram *histogram;

        snprintf(index, sizeof(index), "%d", i);
        must(ape_metric_family_get_counter(counters, values, &counter, NULL));
        must(ape_counter_add(counter, i / 7.0));
        must(ape_metric_family_get_histogram(histograms, values, &histogram, NULL));
        must(ape_histogram_observe(histogram, i / 3.0));
    }
    must(ape_metrics_registry_write(registry,
                                    argc > 1 && strcmp(argv[1], "openmetrics") == 0
                                        ? APE_METRICS_OPENMETRICS
                                        : APE_METRICS_TEXT,
                                    print, stdout, NULL));
    ape_metrics_registry_free(registry);
    return 0;
}
