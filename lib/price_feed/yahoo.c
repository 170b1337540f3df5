/* SPDX-License-Identifier: MIT */
/* Yahoo's chart JSON. Prices are cut at later splits already, as in its export. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "price_feed/source.h"

enum { DAY_S = 86400, HOUR_S = 3600 };

static void ask(const ape__question *q, ape__buffer *url)
{
    ape__buffer_printf(url, "%s/v8/finance/chart/", q->base);
    ape__url_append_encoded(url, q->ticker);
    /* A day more at both ends: days begin at other times elsewhere. */
    ape__buffer_printf(url,
                       "?period1=%lld&period2=%lld&interval=1d&events=div%%2Csplits"
                       "&includeAdjustedClose=true",
                       ((long long)q->start - 1) * DAY_S, (long long)q->now_ms / 1000 + DAY_S);
}

/* A chart as it is read: the offset of its exchange's clock, and the days without a close yet. */
typedef struct chart {
    const cJSON *result;
    double offset_s;
    double open_from_s; /* a day that began then or later has not ended */
    ape__date start;
} chart;

/* The clock may be an hour off on that day for daylight saving: a day that begins at
   midnight then seems to begin at 23:00. None begins at that hour. */
static bool day_of(const chart *c, double time_s, ape__date *out)
{
    double days = floor((time_s + c->offset_s + HOUR_S) / DAY_S);

    if (!(fabs(days) < 3e6))
        return false;
    *out = (ape__date)days;
    return true;
}

static bool time_of(const cJSON *object, const char *name, double *out)
{
    return ape__json_get_number(object, name, out);
}

static void read_clock(const ape__question *q, chart *c)
{
    const cJSON *meta = ape__json_get_object(c->result, "meta");
    const cJSON *period = ape__json_get_object(meta, "currentTradingPeriod");
    const cJSON *regular = ape__json_get_object(period, "regular");
    double begin, end, now_s = (double)q->now_ms / 1000;

    if (!time_of(meta, "gmtoffset", &c->offset_s))
        c->offset_s = 0;
    c->open_from_s = INFINITY;
    if (time_of(regular, "start", &begin) && time_of(regular, "end", &end) && now_s < end)
        c->open_from_s = begin;
    c->start = q->start;
}

/* The list of a column: its first item, or NULL where it is absent or of another length. */
static const cJSON *column(const cJSON *indicator, const char *name, int length)
{
    const cJSON *list = ape__json_get_array(indicator, name);

    return list && cJSON_GetArraySize(list) == length ? list->child : NULL;
}

static const cJSON *first_of(const cJSON *indicators, const char *name)
{
    return cJSON_GetArrayItem(ape__json_get_array(indicators, name), 0);
}

static double figure(const cJSON *item, double least)
{
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || item->valuedouble < least)
        return NAN;
    return item->valuedouble;
}

/* One day from where the cursors stand. A close that is no price is kept: the market's
   rules shall name it. */
static void read_row(const chart *c, double time_s, const cJSON *const at[], ape__quotes *out)
{
    ape__quote row;
    ape__date day;

    if (!(time_s < c->open_from_s) || !day_of(c, time_s, &day) || day < c->start)
        return;
    row = ape__quote_on(day);
    for (int i = 0; i < APE__COLUMN_COUNT; i++) {
        bool is_close = i == APE__CLOSE || i == APE__ADJ_CLOSE;
        double least = is_close ? -INFINITY : i == APE__VOLUME ? 0 : 1e-300;

        row.values[i] = figure(at[i], least);
    }
    ape__quotes_add(out, &row);
}

static ape_status read_rows(const chart *c, ape__quotes *out, ape_error *err)
{
    static const char *const names[] = { "open", "high", "low", "close", "adjclose", "volume" };
    const cJSON *times = ape__json_get_array(c->result, "timestamp");
    const cJSON *indicators = ape__json_get_object(c->result, "indicators");
    const cJSON *quote = first_of(indicators, "quote"), *time;
    const cJSON *adjusted = first_of(indicators, "adjclose");
    const cJSON *at[APE__COLUMN_COUNT];
    int length = cJSON_GetArraySize(times);

    for (int i = 0; i < APE__COLUMN_COUNT; i++)
        at[i] = column(i == APE__ADJ_CLOSE ? adjusted : quote, names[i], length);
    if (length > 0 && !at[APE__CLOSE])
        return ape__fail(err, APE_ERR_FORMAT, "the chart has not a close for each of its days");
    cJSON_ArrayForEach(time, times)
    {
        read_row(c, cJSON_IsNumber(time) ? time->valuedouble : NAN, at, out);
        for (int i = 0; i < APE__COLUMN_COUNT; i++)
            at[i] = at[i] ? at[i]->next : NULL;
    }
    return APE_OK;
}

static void read_dividend(const chart *c, const cJSON *event, ape__quotes *out)
{
    double time_s, amount;
    ape__date day;

    if (time_of(event, "date", &time_s) && ape__json_get_number(event, "amount", &amount) &&
        amount > 0 && day_of(c, time_s, &day))
        ape__quotes_add_action(out, day, amount, 0);
}

static void read_split(const chart *c, const cJSON *event, ape__quotes *out)
{
    double time_s, fresh, old;
    ape__date day;

    if (time_of(event, "date", &time_s) && ape__json_get_number(event, "numerator", &fresh) &&
        ape__json_get_number(event, "denominator", &old) && fresh > 0 && old > 0 &&
        day_of(c, time_s, &day))
        ape__quotes_add_action(out, day, 0, fresh / old);
}

static void read_events(const chart *c, ape__quotes *out)
{
    const cJSON *events = ape__json_get_object(c->result, "events"), *event;

    cJSON_ArrayForEach(event, ape__json_get_object(events, "dividends"))
        read_dividend(c, event, out);
    cJSON_ArrayForEach(event, ape__json_get_object(events, "splits")) read_split(c, event, out);
    out->knows_actions = true;
}

static ape_status read_chart(const ape__question *q, const cJSON *reply, ape__quotes *out,
                             ape_error *err)
{
    const cJSON *whole = ape__json_get_object(reply, "chart");
    const char *code = ape__json_get_string(ape__json_get_object(whole, "error"), "code");
    chart c = { .result = cJSON_GetArrayItem(ape__json_get_array(whole, "result"), 0) };
    ape_status st;

    if (code && strcmp(code, "Not Found") == 0)
        return ape__fail(err, APE_ERR_NOT_FOUND, "not known there");
    if (code)
        return ape__fail(err, APE_ERR_REFUSED, "it declines to answer");
    if (!cJSON_IsObject(c.result))
        return ape__fail(err, APE_ERR_FORMAT, "the reply is not a chart");
    read_clock(q, &c);
    st = read_rows(&c, out, err);
    if (st == APE_OK && out->row_count == 0 && !out->failed)
        return ape__fail(err, APE_ERR_NOT_FOUND, "it has no prices for these days");
    if (st == APE_OK)
        read_events(&c, out);
    return st;
}

static ape_status read(const ape__question *q, const char *text, size_t size, ape__quotes *out,
                       ape_error *err)
{
    cJSON *reply;
    ape_status st = ape__json_parse(text, size, &reply, err);

    if (st != APE_OK)
        return ape__fail(err, st, "the reply is not JSON");
    st = read_chart(q, reply, out, err);
    cJSON_Delete(reply);
    return st;
}

const ape__source ape__source_yahoo = {
    .name = "yahoo",
    .url_setting = "YAHOO_URL",
    .ask = ask,
    .read = read,
};
