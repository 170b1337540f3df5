/* SPDX-License-Identifier: MIT */
/* Alpha Vantage's TIME_SERIES_DAILY_ADJUSTED as JSON. Its prices are those that were paid, so
   later splits are cut here, as Yahoo does. The unadjusted series is never asked for: without
   its splits a return over one of them would be wrong. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/json.h"
#include "market/csv.h"
#include "price_feed/source.h"

static void ask(const ape__question *q, ape__buffer *url)
{
    ape__buffer_printf(
        url, "%s/query?function=TIME_SERIES_DAILY_ADJUSTED&outputsize=full&symbol=", q->base);
    ape__url_append_encoded(url, q->ticker);
    ape__buffer_puts(url, "&apikey=");
    ape__url_append_encoded(url, q->key);
}

/* Its figures are strings. */
static double figure(const cJSON *day, const char *name)
{
    const char *text = ape__json_get_string(day, name);
    ape__csv csv = { .name = "", .field_count = 1 };
    double value = NAN;

    if (!text)
        return NAN;
    csv.fields[0] = (ape__csv_field){ text, strlen(text) };
    if (ape__csv_number(&csv, 0, name, 0, true, &value, NULL) != APE_OK)
        return NAN;
    return value;
}

static void read_day(const ape__question *q, ape__date date, const cJSON *day, ape__quotes *out)
{
    static const char *const names[] = { "1. open",  "2. high",           "3. low",
                                         "4. close", "5. adjusted close", "6. volume" };
    double dividend = figure(day, "7. dividend amount");
    double split = figure(day, "8. split coefficient");
    ape__quote row = ape__quote_on(date);

    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        row.values[c] = figure(day, names[c]);
    if (date >= q->start)
        ape__quotes_add(out, &row);
    if (dividend > 0)
        ape__quotes_add_action(out, date, dividend, 0);
    if (split > 0 && split != 1)
        ape__quotes_add_action(out, date, 0, split);
}

/* Divide by the new shares for one old of all splits after a day. Rows and actions are in order. */
static void cut_splits(ape__quotes *quotes)
{
    size_t next = quotes->action_count;
    double factor = 1;

    for (size_t i = quotes->row_count; i-- > 0;) {
        ape__quote *row = &quotes->rows[i];

        for (; next > 0 && quotes->actions[next - 1].date > row->date; next--)
            if (quotes->actions[next - 1].split > 0)
                factor *= quotes->actions[next - 1].split;
        for (int c = APE__OPEN; c <= APE__CLOSE; c++)
            row->values[c] /= factor;
        row->values[APE__VOLUME] *= factor;
    }
    factor = 1;
    for (size_t i = quotes->action_count; i-- > 0;) {
        quotes->actions[i].dividend /= factor;
        if (quotes->actions[i].split > 0)
            factor *= quotes->actions[i].split;
    }
}

static ape_status read_series(const ape__question *q, const cJSON *series, ape__quotes *out,
                              ape_error *err)
{
    const cJSON *day;
    ape_status st;

    cJSON_ArrayForEach(day, series)
    {
        ape__date date;

        if (!ape__date_parse(day->string, strlen(day->string), &date))
            return ape__fail(err, APE_ERR_FORMAT, "a day of the series has no date");
        read_day(q, date, day, out);
    }
    out->knows_actions = true;
    st = ape__quotes_settle(out, err);
    if (st == APE_OK)
        cut_splits(out);
    return st;
}

/* It answers 200 to everything. What it says may hold the key. */
static ape_status judge(const cJSON *reply, ape_error *err)
{
    const char *note = ape__json_get_string(reply, "Note");

    if (!note)
        note = ape__json_get_string(reply, "Information");
    if (ape__json_get_string(reply, "Error Message"))
        return ape__fail(err, APE_ERR_NOT_FOUND, "not known there");
    if (note && strcasestr(note, "premium endpoint"))
        return ape__fail(err, APE_ERR_REFUSED, "adjusted prices are not in this key's plan");
    if (note)
        return ape__fail(err, APE_ERR_REFUSED, "the key's limit of requests is used up");
    return ape__fail(err, APE_ERR_FORMAT, "the reply is not a series of days");
}

static ape_status read(const ape__question *q, const char *text, size_t size, ape__quotes *out,
                       ape_error *err)
{
    const cJSON *series;
    cJSON *reply;
    ape_status st = ape__json_parse(text, size, &reply, err);

    if (st != APE_OK)
        return ape__fail(err, st, "the reply is not JSON");
    series = ape__json_get_object(reply, "Time Series (Daily)");
    st = series ? read_series(q, series, out, err) : judge(reply, err);
    cJSON_Delete(reply);
    return st;
}

const ape__source ape__source_alpha_vantage = {
    .name = "alphavantage",
    .url_setting = "ALPHAVANTAGE_URL",
    .key_setting = "ALPHAVANTAGE_API_KEY",
    .ask = ask,
    .read = read,
};
