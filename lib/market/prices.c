/* SPDX-License-Identifier: MIT */
#include "market/prices.h"

#include <string.h>

void ape__prices_clear(ape__prices *prices)
{
    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        ape__free(prices->host, prices->values[c], prices->rows * sizeof(double));
    ape__free(prices->host, prices->dates, prices->rows * sizeof(ape__date));
    ape__free(prices->host, prices->actions, prices->action_count * sizeof(ape__action));
    *prices = (ape__prices){ .host = prices->host };
}

static bool copy_rows(const ape__series *s, size_t first, bool wants_adjusted, ape__prices *out)
{
    out->dates = ape__alloc_array(out->host, out->rows, sizeof(ape__date));
    if (!out->dates)
        return false;
    memcpy(out->dates, s->dates + first, out->rows * sizeof(ape__date));
    for (int c = 0; c < APE__COLUMN_COUNT; c++) {
        bool made = c == APE__ADJ_CLOSE && wants_adjusted;

        if (!s->values[c] && !made)
            continue;
        out->values[c] = ape__alloc_array(out->host, out->rows, sizeof(double));
        if (!out->values[c])
            return false;
        if (s->values[c])
            memcpy(out->values[c], s->values[c] + first, out->rows * sizeof(double));
    }
    return true;
}

static bool copy_actions(const ape__actions *a, ape__prices *out)
{
    ape__date first = out->dates[0], last = out->dates[out->rows - 1];
    size_t from = 0, to;

    while (from < a->count && a->items[from].date < first)
        from++;
    for (to = from; to < a->count && a->items[to].date <= last;)
        to++;
    if (to == from)
        return true;
    out->actions = ape__alloc_array(out->host, to - from, sizeof(ape__action));
    if (!out->actions)
        return false;
    memcpy(out->actions, a->items + from, (to - from) * sizeof(ape__action));
    out->action_count = to - from;
    return true;
}

/* New shares for one old, over all splits after a date. */
static double splits_after(const ape__actions *actions, ape__date date)
{
    double factor = 1;

    for (size_t i = 0; actions && i < actions->count; i++)
        if (actions->items[i].date > date && actions->items[i].split > 0)
            factor *= actions->items[i].split;
    return factor;
}

static void take_out_splits(ape__prices *out, double factor)
{
    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        for (size_t i = 0; out->values[c] && i < out->rows; i++)
            out->values[c][i] =
                c == APE__VOLUME ? out->values[c][i] / factor : out->values[c][i] * factor;
    for (size_t i = 0; i < out->action_count; i++)
        out->actions[i].dividend *= factor;
}

/* Adj Close from the dividends that had been paid by as_of. */
static void adjust_from_dividends(const ape__series *s, const ape__actions *actions,
                                  ape__date as_of, size_t first, ape__prices *out)
{
    const double *close = s->values[APE__CLOSE];
    size_t next = actions->count;
    double factor = 1;

    while (next > 0 && actions->items[next - 1].date > as_of)
        next--;
    for (size_t row = ape__series_upper_bound(s, as_of); row-- > first;) {
        for (; next > 0 && actions->items[next - 1].date > s->dates[row]; next--)
            factor *= 1 - actions->items[next - 1].dividend / close[row];
        if (row < first + out->rows)
            out->values[APE__ADJ_CLOSE][row - first] =
                out->values[APE__CLOSE][row - first] * factor;
    }
}

/* Adj Close without the payments after as_of: they scaled every earlier row alike. */
static void rescale_adjusted(const ape__series *s, size_t known, ape__prices *out)
{
    double factor = s->values[APE__CLOSE][known - 1] / s->values[APE__ADJ_CLOSE][known - 1];

    for (size_t i = 0; i < out->rows; i++)
        out->values[APE__ADJ_CLOSE][i] *= factor;
}

ape_status ape__prices_cut(ape_host *host, const ape__series *series, const ape__actions *actions,
                           ape__date as_of, ape__date start, ape__date end, ape__prices *out,
                           ape_error *err)
{
    size_t known = ape__series_upper_bound(series, as_of);
    size_t first = ape__series_upper_bound(series, start - 1);
    size_t last = ape__series_upper_bound(series, end < as_of ? end : as_of);
    bool has_close = series->values[APE__CLOSE];
    bool from_dividends = actions && actions->lists_dividends && has_close;
    bool copied;

    *out = (ape__prices){ .host = host };
    if (known > 0)
        out->last_date = series->dates[known - 1];
    if (last <= first)
        return APE_OK;
    out->rows = last - first;
    copied = copy_rows(series, first, from_dividends, out);
    if (!copied || (actions && !copy_actions(actions, out))) {
        ape__prices_clear(out);
        return ape__fail_no_memory(err);
    }
    if (!from_dividends && has_close && series->values[APE__ADJ_CLOSE])
        rescale_adjusted(series, known, out);
    if (from_dividends)
        adjust_from_dividends(series, actions, as_of, first, out);
    take_out_splits(out, splits_after(actions, as_of));
    return APE_OK;
}
