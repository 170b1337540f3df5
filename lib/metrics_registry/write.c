/* SPDX-License-Identifier: MIT */
#include <ape/metrics_registry.h>

#include "core/buffer.h"
#include "metrics_registry/internal.h"
#include "metrics_registry/lanes.h"
#include "metrics_registry/sink.h"

static void put_help(ape__sink *sink, const char *help, ape_metrics_format format)
{
    for (; *help; help++) {
        if (*help == '\\')
            ape__sink_put(sink, "\\\\", 2);
        else if (*help == '\n')
            ape__sink_put(sink, "\\n", 2);
        else if (*help == '"' && format == APE_METRICS_OPENMETRICS)
            ape__sink_put(sink, "\\\"", 2);
        else
            ape__sink_put(sink, help, 1);
    }
}

/* OpenMetrics names a family without "_total" or "_info". */
static void put_header(ape__sink *sink, const ape_metric_family *family, ape_metrics_format format)
{
    static const char *const types[APE__FORMATS][4] = {
        { " counter\n", " gauge\n", " histogram\n", " gauge\n" },
        { " counter\n", " gauge\n", " histogram\n", " info\n" },
    };
    size_t size = format == APE_METRICS_OPENMETRICS ? family->stem_size : family->name_size;

    ape__sink_puts(sink, "# HELP ");
    ape__sink_put(sink, family->name, size);
    ape__sink_put(sink, " ", 1);
    put_help(sink, family->help, format);
    ape__sink_puts(sink, "\n# TYPE ");
    ape__sink_put(sink, family->name, size);
    ape__sink_puts(sink, types[format][family->type]);
}

/* name suffix{labels} and a blank */
static void put_name(ape__sink *sink, ape__metric_series *series, const char *suffix)
{
    const ape_metric_family *family = series->family;

    ape__sink_put(sink, family->name, family->name_size);
    ape__sink_puts(sink, suffix);
    if (series->label_size == 0) {
        ape__sink_put(sink, " ", 1);
        return;
    }
    ape__sink_put(sink, "{", 1);
    ape__sink_put(sink, ape__metric_series_labels(series), series->label_size);
    ape__sink_put(sink, "} ", 2);
}

static void put_counter(ape__sink *sink, ape__metric_series *series)
{
    uint64_t whole = ape__lane_whole(series, APE__LANE_COUNT);
    double rest = ape__lane_double(series);

    put_name(sink, series, "");
    if (rest == 0)
        ape__sink_whole(sink, whole);
    else
        ape__sink_double(sink, (double)whole + rest);
    ape__sink_put(sink, "\n", 1);
}

static void put_value(ape__sink *sink, ape__metric_series *series, double value)
{
    put_name(sink, series, "");
    ape__sink_double(sink, value);
    ape__sink_put(sink, "\n", 1);
}

static void put_bucket(ape__sink *sink, ape__metric_series *series, const ape__bound_text *le,
                       ape_metrics_format format, uint64_t count)
{
    const ape_metric_family *family = series->family;

    ape__sink_put(sink, family->name, family->name_size);
    ape__sink_puts(sink, "_bucket{");
    if (series->label_size > 0) {
        ape__sink_put(sink, ape__metric_series_labels(series), series->label_size);
        ape__sink_put(sink, ",", 1);
    }
    ape__sink_puts(sink, "le=\"");
    ape__sink_put(sink, le->text[format], le->size[format]);
    ape__sink_puts(sink, "\"} ");
    ape__sink_whole(sink, count);
    ape__sink_put(sink, "\n", 1);
}

/* The count is that of the +Inf bucket, whatever is counted meanwhile. With a bound
 * below zero a sum could fall, which OpenMetrics does not allow: it is left out. */
static void put_histogram(ape__sink *sink, ape__metric_series *series, ape_metrics_format format)
{
    const ape_metric_family *family = series->family;
    double sum = ape__lane_double(series);
    uint64_t count = 0;

    for (size_t i = 0; i <= family->bound_count; i++) {
        count += ape__lane_whole(series, APE__LANE_COUNT + i);
        put_bucket(sink, series, &family->bound_texts[i], format, count);
    }
    if (format == APE_METRICS_OPENMETRICS && family->bounds[0] < 0)
        return;
    put_name(sink, series, "_sum");
    ape__sink_double(sink, sum);
    ape__sink_put(sink, "\n", 1);
    put_name(sink, series, "_count");
    ape__sink_whole(sink, count);
    ape__sink_put(sink, "\n", 1);
}

static void put_series(ape__sink *sink, ape__metric_series *series, ape_metrics_format format)
{
    switch (series->family->type) {
    case APE__COUNTER:
        put_counter(sink, series);
        break;
    case APE__GAUGE:
        put_value(sink, series, ape_gauge_value((const ape_gauge *)series));
        break;
    case APE__HISTOGRAM:
        put_histogram(sink, series, format);
        break;
    case APE__INFO:
        put_value(sink, series, 1);
        break;
    }
}

/* The header comes with the first series: a family may have none to show. */
static void put_family(ape__sink *sink, ape_metric_family *family, ape_metrics_format format)
{
    ape__metric_series *series = atomic_load_explicit(&family->first, memory_order_acquire);
    bool begun = false;

    for (; series && sink->status == APE_OK;
         series = atomic_load_explicit(&series->next, memory_order_acquire)) {
        ape__callback *callback = atomic_load_explicit(&series->callback, memory_order_acquire);
        double value;

        if (callback && !ape__callback_value(series, callback, &value))
            continue;
        if (!begun)
            put_header(sink, family, format);
        begun = true;
        if (callback)
            put_value(sink, series, value);
        else
            put_series(sink, series, format);
    }
}

static void put_registry(ape__sink *sink, ape_metrics_registry *registry, ape_metrics_format format)
{
    ape_metric_family *family = atomic_load_explicit(&registry->first, memory_order_acquire);

    for (; family && sink->status == APE_OK;
         family = atomic_load_explicit(&family->next, memory_order_acquire))
        put_family(sink, family, format);
    if (format == APE_METRICS_OPENMETRICS)
        ape__sink_puts(sink, "# EOF\n");
    ape__sink_flush(sink);
}

ape_status ape_metrics_registry_write(ape_metrics_registry *registry, ape_metrics_format format,
                                      ape_metrics_writer writer, void *user, ape_error *err)
{
    ape__sink *sink;
    ape_status st;

    if (!registry || !writer)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", registry ? "writer" : "registry");
    if (format != APE_METRICS_TEXT && format != APE_METRICS_OPENMETRICS)
        return ape__fail(err, APE_ERR_INVALID, "format %d is unknown", (int)format);
    sink = ape__alloc(registry->host, sizeof(*sink));
    if (!sink)
        return ape__fail_no_memory(err);
    sink->writer = writer;
    sink->user = user;
    ape__process_metrics_refresh(registry);
    put_registry(sink, registry, format);
    st = sink->status;
    ape__free(registry->host, sink, sizeof(*sink));
    return st == APE_OK ? APE_OK
                        : ape__fail(err, st, "the writer stopped: %s", ape_status_name(st));
}

static ape_status append(void *user, const char *bytes, size_t size)
{
    ape__buffer *buffer = user;

    ape__buffer_append(buffer, bytes, size);
    return buffer->failed ? APE_ERR_NO_MEMORY : APE_OK;
}

ape_status ape_metrics_registry_to_text(ape_metrics_registry *registry, ape_metrics_format format,
                                        ape_text **out, ape_error *err)
{
    ape__buffer buffer;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    ape__buffer_init(&buffer, registry ? registry->host : NULL);
    st = ape_metrics_registry_write(registry, format, append, &buffer, err);
    if (st == APE_OK)
        return ape__buffer_take(&buffer, out, err);
    ape__buffer_clear(&buffer);
    return st;
}
