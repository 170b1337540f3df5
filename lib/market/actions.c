/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>

#include "market/csv.h"
#include "market/series.h"

void ape__actions_free(ape__actions *actions)
{
    if (!actions)
        return;
    ape__free(actions->host, actions->items, actions->capacity * sizeof(ape__action));
    ape__free(actions->host, actions, sizeof(*actions));
}

static ape_status make(ape_host *host, size_t capacity, ape__actions **out, ape_error *err)
{
    ape__actions *a = ape__alloc(host, sizeof(*a));

    if (!a)
        return ape__fail_no_memory(err);
    a->host = host;
    a->capacity = capacity;
    a->items = ape__alloc_array(host, capacity, sizeof(ape__action));
    if (!a->items) {
        ape__actions_free(a);
        return ape__fail_no_memory(err);
    }
    *out = a;
    return APE_OK;
}

static ape_status read_amount(ape__csv *csv, int field, const char *title, double *out,
                              ape_error *err)
{
    ape_status st;

    *out = 0;
    if (field < 0)
        return APE_OK;
    st = ape__csv_number(csv, field, title, 0, true, out, err);
    if (isnan(*out))
        *out = 0;
    return st;
}

static ape_status read_all(ape__csv *csv, ape__actions *a, ape_error *err)
{
    int date = ape__csv_find(csv, "Date");
    int dividends = ape__csv_find(csv, "Dividends");
    int splits = ape__csv_find(csv, "Stock Splits");

    if (date < 0 || (dividends < 0 && splits < 0))
        return ape__csv_fail(
            csv, err, "the header needs Date and at least one of Dividends and Stock Splits");
    a->lists_dividends = dividends >= 0;
    for (;;) {
        ape__action *next = &a->items[a->count];
        bool more;
        ape_status st = ape__csv_next(csv, &more, err);

        if (st != APE_OK || !more)
            return st;
        st = ape__csv_date(csv, date, a->count ? next[-1].date : INT32_MIN, &next->date, err);
        if (st == APE_OK)
            st = read_amount(csv, dividends, "Dividends", &next->dividend, err);
        if (st == APE_OK)
            st = read_amount(csv, splits, "Stock Splits", &next->split, err);
        if (st != APE_OK)
            return st;
        a->count++;
    }
}

ape_status ape__actions_parse(ape_host *host, const char *name, const char *text, size_t size,
                              ape__actions **out, ape_error *err)
{
    ape__actions *actions = NULL;
    ape__csv csv;
    ape_status st = ape__csv_begin(&csv, name, text, size, err);

    if (st == APE_OK)
        st = make(host, ape__csv_lines_left(&csv), &actions, err);
    if (st != APE_OK)
        return st;
    st = read_all(&csv, actions, err);
    if (st != APE_OK) {
        ape__actions_free(actions);
        return st;
    }
    *out = actions;
    return APE_OK;
}
