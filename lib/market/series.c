/* SPDX-License-Identifier: MIT */
#include "market/series.h"

#include <float.h>
#include <stdint.h>

#include "market/csv.h"

static const char *const titles[APE__COLUMN_COUNT] = { "Open",  "High",      "Low",
                                                       "Close", "Adj Close", "Volume" };

void ape__series_free(ape__series *series)
{
    if (!series)
        return;
    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        ape__free(series->host, series->values[c], series->capacity * sizeof(double));
    ape__free(series->host, series->dates, series->capacity * sizeof(ape__date));
    ape__free(series->host, series, sizeof(*series));
}

static ape_status make(ape_host *host, size_t capacity, const int fields[], ape__series **out,
                       ape_error *err)
{
    ape__series *s = ape__alloc(host, sizeof(*s));
    bool failed = !s;

    if (failed)
        return ape__fail_no_memory(err);
    s->host = host;
    s->capacity = capacity;
    s->dates = ape__alloc_array(host, capacity, sizeof(ape__date));
    failed = !s->dates;
    for (int c = 0; c < APE__COLUMN_COUNT && !failed; c++)
        if (fields[c] >= 0) {
            s->values[c] = ape__alloc_array(host, capacity, sizeof(double));
            failed = !s->values[c];
        }
    if (failed) {
        ape__series_free(s);
        return ape__fail_no_memory(err);
    }
    *out = s;
    return APE_OK;
}

static ape_status read_row(ape__csv *csv, int date_field, const int fields[], ape__series *s,
                           ape_error *err)
{
    ape__date previous = s->rows ? s->dates[s->rows - 1] : INT32_MIN;
    ape_status st = ape__csv_date(csv, date_field, previous, &s->dates[s->rows], err);

    for (int c = 0; c < APE__COLUMN_COUNT && st == APE_OK; c++) {
        bool is_close = c == APE__CLOSE || c == APE__ADJ_CLOSE;

        if (fields[c] >= 0)
            st = ape__csv_number(csv, fields[c], titles[c], c == APE__VOLUME ? 0 : DBL_MIN,
                                 !is_close, &s->values[c][s->rows], err);
    }
    if (st == APE_OK)
        s->rows++;
    return st;
}

static ape_status read_rows(ape__csv *csv, int date_field, const int fields[], ape__series *s,
                            ape_error *err)
{
    for (;;) {
        bool more;
        ape_status st = ape__csv_next(csv, &more, err);

        if (st == APE_OK && !more)
            return s->rows ? APE_OK : ape__csv_fail(csv, err, "no prices after the header");
        if (st == APE_OK)
            st = read_row(csv, date_field, fields, s, err);
        if (st != APE_OK)
            return st;
    }
}

ape_status ape__series_parse(ape_host *host, const char *name, const char *text, size_t size,
                             ape__series **out, ape_error *err)
{
    int date_field, fields[APE__COLUMN_COUNT];
    ape__series *series = NULL;
    ape__csv csv;
    ape_status st = ape__csv_begin(&csv, name, text, size, err);

    if (st != APE_OK)
        return st;
    date_field = ape__csv_find(&csv, "Date");
    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        fields[c] = ape__csv_find(&csv, titles[c]);
    if (date_field < 0 || (fields[APE__CLOSE] < 0 && fields[APE__ADJ_CLOSE] < 0))
        return ape__csv_fail(&csv, err,
                             "the header needs Date and at least one of Close and Adj Close");
    st = make(host, ape__csv_lines_left(&csv), fields, &series, err);
    if (st != APE_OK)
        return st;
    st = read_rows(&csv, date_field, fields, series, err);
    if (st != APE_OK) {
        ape__series_free(series);
        return st;
    }
    *out = series;
    return APE_OK;
}

size_t ape__series_upper_bound(const ape__series *series, ape__date date)
{
    size_t low = 0, high = series->rows;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (series->dates[middle] <= date)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
