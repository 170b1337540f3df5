/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "store/fields.h"
#include "store/store.h"

typedef struct sums {
    int64_t hits, nears, misses;
    double error, absolute_error;
} sums;

typedef struct record {
    ape__json_writer calibration; /* within its list */
    sums all;
} record;

static int64_t checked(const sums *s)
{
    return s->hits + s->nears + s->misses;
}

/* A rate of nothing is not 0. */
static void write_rate(ape__json_writer *w, const char *name, double part, int64_t whole)
{
    if (whole > 0)
        ape__json_number(w, name, part / (double)whole);
    else
        ape__json_null(w, name);
}

/* One confidence: columns confidence, hits, nears, misses, errors, absolute errors. */
static ape_status take_sums(void *user, const ape__sql_value *columns, size_t count, ape_error *err)
{
    record *r = user;
    const sums s = { columns[1].integer, columns[2].integer, columns[3].integer, columns[4].real,
                     columns[5].real };

    (void)count, (void)err;
    ape__json_begin_object(&r->calibration, NULL);
    ape__json_column(&r->calibration, "confidence", &columns[0]);
    ape__json_integer(&r->calibration, "checked", checked(&s));
    ape__json_integer(&r->calibration, "covered", s.hits);
    write_rate(&r->calibration, "coverage", (double)s.hits, checked(&s));
    ape__json_end_object(&r->calibration);
    r->all.hits += s.hits;
    r->all.nears += s.nears;
    r->all.misses += s.misses;
    r->all.error += s.error;
    r->all.absolute_error += s.absolute_error;
    return APE_OK;
}

static ape_status read_sums(ape_store *s, const char *ticker, const char *from, const char *to,
                            record *r, ape_error *err)
{
    const ape__sql_value values[] = { ape__sql_text(ticker ? ticker : "*"),
                                      ape__sql_text(from ? from : "0000-00-00"),
                                      ape__sql_text(to ? to : "9999-99-99") };

    return ape__store_read(s,
                           "SELECT confidence, CAST(SUM(hits) AS bigint),"
                           " CAST(SUM(nears) AS bigint), CAST(SUM(misses) AS bigint),"
                           " SUM(error_sum), SUM(absolute_error_sum) FROM track_record"
                           " WHERE ticker = $1 AND target_date >= $2 AND target_date <= $3"
                           " GROUP BY confidence ORDER BY confidence",
                           values, 3, take_sums, r, err);
}

static void write_record(ape__json_writer *w, const sums *s)
{
    int64_t count = checked(s);

    ape__json_integer(w, "checked", count);
    ape__json_integer(w, "hits", s->hits);
    ape__json_integer(w, "nears", s->nears);
    ape__json_integer(w, "misses", s->misses);
    write_rate(w, "hit_rate", (double)s->hits, count);
    write_rate(w, "near_rate", (double)s->nears, count);
    write_rate(w, "mean_error", s->error, count);
    write_rate(w, "mean_absolute_error", s->absolute_error, count);
}

static ape_status check_arguments(const char *ticker, const char *from, const char *to,
                                  ape_error *err)
{
    ape_status st = ticker ? ape__check_ticker(ticker, err) : APE_OK;

    if (st == APE_OK && from)
        st = ape__check_date("from", from, err);
    return st == APE_OK && to ? ape__check_date("to", to, err) : st;
}

ape_status ape_store_track_record(ape_store *store, const char *ticker, const char *from,
                                  const char *to, ape_text **out, ape_error *err)
{
    ape__buffer list, buffer;
    record r = { .all = { 0 } };
    ape__json_writer w;
    ape_status st;

    if (!store || !out)
        return ape__fail(err, APE_ERR_INVALID, "store or out is NULL");
    st = check_arguments(ticker, from, to, err);
    if (st != APE_OK)
        return st;
    ape__buffer_init(&list, store->host);
    ape__buffer_init(&buffer, store->host);
    ape__json_writer_init(&r.calibration, &list);
    ape__json_begin_array(&r.calibration, NULL);
    st = read_sums(store, ticker, from, to, &r, err);
    ape__json_end_array(&r.calibration);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "ticker", ticker);
    ape__json_string(&w, "from", from);
    ape__json_string(&w, "to", to);
    write_record(&w, &r.all);
    if (!list.failed)
        ape__json_raw(&w, "calibration", list.data, list.size);
    ape__json_end_object(&w);
    buffer.failed |= list.failed;
    ape__buffer_clear(&list);
    if (st == APE_OK)
        return ape__buffer_take(&buffer, out, err);
    ape__buffer_clear(&buffer);
    return st;
}
