/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "core/date.h"
#include "core/error.h"
#include "core/json.h"
#include "orchestrator/orchestrator.h"
#include "store/store.h"

static ape_status show(const ape_orchestrator *o, const char *window, double accuracy,
                       ape_error *err)
{
    const char *const labels[] = { window };
    ape_gauge *gauge;
    ape_status st;

    if (!o->metrics.registry)
        return APE_OK;
    st = ape_metric_family_get_gauge(o->metrics.accuracy, labels, &gauge, err);
    if (st == APE_OK)
        ape_gauge_set(gauge, accuracy);
    return st;
}

ape_status ape_orchestrator_set_accuracy(ape_orchestrator *orchestrator, const char *window,
                                         double accuracy, ape_error *err)
{
    if (!orchestrator || !window)
        return ape__fail(err, APE_ERR_INVALID, "orchestrator or window is NULL");
    if (!(accuracy >= 0 && accuracy <= 1))
        return ape__fail(err, APE_ERR_INVALID, "accuracy is %g: must be 0 to 1", accuracy);
    return show(orchestrator, window, accuracy, err);
}

/* The share of hits among predictions for the last @p days up to @p today; NaN of none. */
static ape_status show_hits(const ape_orchestrator *o, ape__date today, int days, ape_error *err)
{
    double rate = (double)NAN;
    char from[11], to[11], window[16];
    ape_text *record;
    cJSON *json;
    ape_status st;

    ape__date_format(today - days + 1, from);
    ape__date_format(today, to);
    st = ape_store_track_record(o->store, NULL, from, to, &record, err);
    if (st != APE_OK)
        return st;
    st = ape__json_parse(ape_text_data(record), ape_text_size(record), &json, err);
    ape_text_free(record);
    if (st != APE_OK)
        return st;
    ape__json_get_number(json, "hit_rate", &rate);
    cJSON_Delete(json);
    snprintf(window, sizeof(window), "%dd", days);
    return show(o, window, rate, err);
}

static ape_status show_windows(const ape_orchestrator *o, const char *report, size_t size,
                               ape_error *err)
{
    static const int windows[] = { 30, 90, 365 };
    ape__date today;
    cJSON *json;
    ape_status st;

    st = ape__json_parse(report, size, &json, err);
    if (st != APE_OK)
        return st;
    ape__date_parse(ape__json_get_string(json, "today"), 10, &today);
    cJSON_Delete(json);
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]) && st == APE_OK; i++)
        st = show_hits(o, today, windows[i], err);
    return st;
}

ape_status ape_orchestrator_check_actuals(ape_orchestrator *orchestrator, const char *today,
                                          ape_text **out, ape_error *err)
{
    ape_text *report;
    ape_status st;

    if (!orchestrator || !out)
        return ape__fail(err, APE_ERR_INVALID, "orchestrator or out is NULL");
    if (!orchestrator->store)
        return ape__fail(err, APE_ERR_STATE, "this orchestrator keeps no predictions");
    st = ape_store_check_actuals(orchestrator->store, orchestrator->market, today, &report, err);
    if (st != APE_OK)
        return st;
    if (orchestrator->metrics.registry)
        st = show_windows(orchestrator, ape_text_data(report), ape_text_size(report), err);
    if (st == APE_OK)
        *out = report;
    else
        ape_text_free(report);
    return st;
}
