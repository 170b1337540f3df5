/* SPDX-License-Identifier: MIT */
#include "price_feed/feed.h"

#include <stdio.h>

static void note_series(const ape__series *series, ape__outcome *out)
{
    out->first = series->dates[0];
    out->last = series->dates[series->rows - 1];
    out->rows = series->rows;
}

ape_status ape__outcome_check(ape_host *host, const char *ticker, const ape__buffer *prices,
                              const ape__buffer *actions, ape__outcome *out, ape_error *err)
{
    char name[APE__TICKER_SIZE + 16];
    ape__actions *events = NULL;
    ape__series *series;
    ape_status st;

    snprintf(name, sizeof(name), "%s.csv", ticker);
    st = ape__series_parse(host, name, prices->data, prices->size, &series, err);
    if (st != APE_OK)
        return st;
    note_series(series, out);
    ape__series_free(series);
    out->actions = 0;
    if (!actions)
        return APE_OK;
    snprintf(name, sizeof(name), "%s.actions.csv", ticker);
    st = ape__actions_parse(host, name, actions->data, actions->size, &events, err);
    if (st == APE_OK)
        out->actions = events->count;
    ape__actions_free(events);
    return st;
}

void ape__outcome_fail(ape__outcome *outcome, const char *reason, const char *sentence)
{
    outcome->status = "failed";
    outcome->reason = reason;
    ape__buffer_puts(&outcome->error, sentence);
}

static void write_days(const ape__outcome *o, ape__json_writer *json)
{
    char first[11], last[11];
    bool known = o->rows > 0;

    if (known) {
        ape__date_format(o->first, first);
        ape__date_format(o->last, last);
    }
    ape__json_string(json, "first", known ? first : NULL);
    ape__json_string(json, "last", known ? last : NULL);
    ape__json_integer(json, "rows", (int64_t)o->rows);
    ape__json_integer(json, "actions", (int64_t)o->actions);
}

void ape__outcome_write(const ape__outcome *o, const char *ticker, ape__json_writer *json)
{
    ape__json_begin_object(json, NULL);
    ape__json_string(json, "ticker", ticker);
    ape__json_string(json, "status", o->status);
    ape__json_string(json, "source", o->source[0] ? o->source : NULL);
    write_days(o, json);
    ape__json_string(json, "error", o->error.size > 0 ? o->error.data : NULL);
    ape__json_string(json, "reason", o->reason);
    ape__json_end_object(json);
}
