/* SPDX-License-Identifier: MIT */
#include <ape/metrics_registry.h>

#include <math.h>

#include "metrics_registry/lanes.h"

static const double whole_limit = 4294967296.0; /* larger steps would soon pass 2^64 */

/* The public handles are views of a series. */
static ape__metric_series *series_of(const void *handle)
{
    return (ape__metric_series *)(uintptr_t)handle;
}

static ape_status get_series(ape_metric_family *family, ape__metric_type type,
                             const char *const *label_values, ape__metric_series **out,
                             ape_error *err)
{
    static const char *const names[] = { "counters", "gauges", "histograms", "infos" };

    if (!family)
        return ape__fail(err, APE_ERR_INVALID, "family is NULL");
    if (family->type != type)
        return ape__fail(err, APE_ERR_INVALID, "%s is a family of %s, not %s", family->name,
                         names[family->type], names[type]);
    return ape__get_series(family, label_values, out, err);
}

ape_status ape_metric_family_get_counter(ape_metric_family *family, const char *const *label_values,
                                         ape_counter **out, ape_error *err)
{
    ape__metric_series *series;
    ape_status st = get_series(family, APE__COUNTER, label_values, &series, err);

    if (st == APE_OK)
        *out = (ape_counter *)series;
    return st;
}

ape_status ape_metric_family_get_gauge(ape_metric_family *family, const char *const *label_values,
                                       ape_gauge **out, ape_error *err)
{
    ape__metric_series *series;
    ape_status st = get_series(family, APE__GAUGE, label_values, &series, err);

    if (st == APE_OK)
        *out = (ape_gauge *)series;
    return st;
}

ape_status ape_metric_family_get_histogram(ape_metric_family *family,
                                           const char *const *label_values, ape_histogram **out,
                                           ape_error *err)
{
    ape__metric_series *series;
    ape_status st = get_series(family, APE__HISTOGRAM, label_values, &series, err);

    if (st == APE_OK)
        *out = (ape_histogram *)series;
    return st;
}

void ape_counter_inc(ape_counter *counter)
{
    if (counter)
        ape__lane_add_whole(series_of(counter), APE__LANE_COUNT, 1);
}

ape_status ape_counter_add(ape_counter *counter, double value)
{
    if (!isfinite(value) || value < 0)
        return APE_ERR_INVALID;
    if (!counter)
        return APE_OK;
    if (value < whole_limit && value == (double)(uint64_t)value)
        ape__lane_add_whole(series_of(counter), APE__LANE_COUNT, (uint64_t)value);
    else
        ape__lane_add_double(series_of(counter), value);
    return APE_OK;
}

double ape_counter_value(const ape_counter *counter)
{
    ape__metric_series *series = series_of(counter);

    return counter ? (double)ape__lane_whole(series, APE__LANE_COUNT) + ape__lane_double(series)
                   : 0;
}

void ape_gauge_set(ape_gauge *gauge, double value)
{
    if (gauge)
        atomic_store_explicit(ape__metric_series_words(series_of(gauge)), ape__to_bits(value),
                              memory_order_relaxed);
}

void ape_gauge_add(ape_gauge *gauge, double difference)
{
    ape__word *word;
    uint64_t before;

    if (!gauge)
        return;
    word = ape__metric_series_words(series_of(gauge));
    before = atomic_load_explicit(word, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(word, &before,
                                                  ape__to_bits(ape__to_double(before) + difference),
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

double ape_gauge_value(const ape_gauge *gauge)
{
    return gauge ? ape__word_double(ape__metric_series_words(series_of(gauge))) : 0;
}

/* The first bucket whose bound is not below the value; without branches that
 * depend on it. */
static size_t bucket_of(const ape_metric_family *family, double value)
{
    const double *bounds = family->bounds;
    size_t base = 0, count = family->bound_count;

    while (count > 1) {
        size_t half = count / 2;

        base += bounds[base + half - 1] < value ? half : 0;
        count -= half;
    }
    return base + (bounds[base] < value);
}

ape_status ape_histogram_observe(ape_histogram *histogram, double value)
{
    ape__metric_series *series = series_of(histogram);
    size_t word;
    ape__word *lane;

    if (!isfinite(value))
        return APE_ERR_INVALID;
    if (!histogram)
        return APE_OK;
    word = APE__LANE_COUNT + bucket_of(series->family, value);
    lane = ape__own_lane(series);
    if (lane) {
        ape__own_add_whole(lane, word, 1);
        ape__own_add_double(lane, value);
    } else {
        ape__shared_add_whole(series, word, 1);
        ape__shared_add_double(series, value);
    }
    return APE_OK;
}

uint64_t ape_histogram_count(const ape_histogram *histogram)
{
    ape__metric_series *series = series_of(histogram);
    uint64_t count = 0;

    for (size_t i = 0; histogram && i <= series->family->bound_count; i++)
        count += ape__lane_whole(series, APE__LANE_COUNT + i);
    return count;
}

double ape_histogram_sum(const ape_histogram *histogram)
{
    return histogram ? ape__lane_double(series_of(histogram)) : 0;
}
