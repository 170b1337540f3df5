/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "core/id.h"
#include "core/options.h"
#include "store/page.h"

static const ape_prediction default_prediction = { .size = sizeof(ape_prediction) };
static const ape_prediction_filter default_filter = { .size = sizeof(ape_prediction_filter) };

void ape_prediction_init(ape_prediction *prediction, size_t size)
{
    ape__options_init(prediction, size, &default_prediction, sizeof(default_prediction));
}

void ape_prediction_filter_init(ape_prediction_filter *filter, size_t size)
{
    ape__options_init(filter, size, &default_filter, sizeof(default_filter));
}

/* Keeping. */

static ape_status check_corridor(const ape_prediction *p, ape_error *err)
{
    if (!(p->low > 0 && p->low <= p->base && p->base <= p->high && isfinite(p->high)))
        return ape__fail(err, APE_ERR_INVALID,
                         "the corridor must be 0 < low <= base <= high, and finite");
    if (!(p->confidence > 0 && p->confidence < 1))
        return ape__fail(err, APE_ERR_INVALID, "confidence must be between 0 and 1");
    return APE_OK;
}

static ape_status check_prediction(const ape_prediction *p, ape_error *err)
{
    ape_status st = p->id ? ape__check_id("id", p->id, err) : APE_OK;

    if (st == APE_OK && p->query_id)
        st = ape__check_id("query_id", p->query_id, err);
    if (st == APE_OK)
        st = ape__check_ticker(p->ticker, err);
    if (st == APE_OK)
        st = ape__check_date("as_of", p->as_of, err);
    if (st == APE_OK)
        st = ape__check_date("target_date", p->target_date, err);
    if (st == APE_OK && strcmp(p->target_date, p->as_of) < 0)
        st = ape__fail(err, APE_ERR_INVALID, "target_date must not be before as_of");
    /* Far enough for anybody, and a year of four digits. */
    if (st == APE_OK && (p->created_ms < 0 || p->created_ms > INT64_C(253402300799999)))
        st = ape__fail(err, APE_ERR_INVALID, "created_ms must be from 0 to the year 9999");
    return st == APE_OK ? check_corridor(p, err) : st;
}

ape_status ape_store_put_prediction(ape_store *store, const ape_prediction *prediction, char id[65],
                                    ape_store_place *place, ape_error *err)
{
    ape_prediction p = default_prediction;
    ape__operation operation = { .kind = APE__PUT_PREDICTION, .count = 10 };
    ape__write write = { .operation = &operation };
    char fresh[37];
    ape_status st;

    if (!store || !prediction)
        return ape__fail(err, APE_ERR_INVALID, "store or prediction is NULL");
    st = ape__options_load(&p, sizeof(p), sizeof(p), prediction, err);
    if (st == APE_OK)
        st = check_prediction(&p, err);
    if (st != APE_OK)
        return st;
    ape__id_new(store->host, fresh);
    if (!p.id)
        p.id = fresh;
    if (p.created_ms == 0)
        p.created_ms = ape__wall_ms(store->host);
    memcpy(operation.values,
           ((const ape__sql_value[]){ ape__sql_text(p.id), ape__sql_text(p.query_id),
                                      ape__sql_text(p.ticker), ape__sql_integer(p.created_ms),
                                      ape__sql_text(p.as_of), ape__sql_text(p.target_date),
                                      ape__sql_real(p.low), ape__sql_real(p.base),
                                      ape__sql_real(p.high), ape__sql_real(p.confidence) }),
           10 * sizeof(ape__sql_value));
    st = ape__store_write(store, &write, 1, err);
    if (st != APE_OK)
        return st;
    if (id)
        snprintf(id, 65, "%s", p.id);
    if (place)
        *place = write.place;
    return APE_OK;
}

/* Listing. */

#define COLUMNS                                                                                    \
    "id, query_id, ticker, created_ms, as_of, target_date, low, base, high, confidence, actual,"   \
    " outcome"

static void write_prediction(ape__json_writer *w, const ape__sql_value *columns, size_t count)
{
    static const char *const names[] = { "id",    "query_id",    "ticker", "created",
                                         "as_of", "target_date", "low",    "base",
                                         "high",  "confidence",  "actual", "outcome" };

    ape__json_begin_object(w, NULL);
    for (size_t i = 0; i < count && i < sizeof(names) / sizeof(names[0]); i++) {
        if (i == 3)
            ape__json_time(w, names[i], columns[i].integer);
        else
            ape__json_column(w, names[i], &columns[i]);
    }
    ape__json_end_object(w);
}

/* A statement with only the conditions that are asked for, so that indexes serve it. */
typedef struct selection {
    ape__buffer text;
    ape__sql_value values[8];
    size_t count;
    const char *joint; /* " WHERE " or " AND " */
} selection;

static void add_condition(selection *s, const char *condition)
{
    ape__buffer_puts(&s->text, s->joint);
    ape__buffer_puts(&s->text, condition);
    s->joint = " AND ";
}

static void add_comparison(selection *s, const char *condition, const char *value)
{
    if (!value)
        return;
    s->values[s->count++] = ape__sql_text(value);
    add_condition(s, condition);
    ape__buffer_printf(&s->text, "$%zu", s->count);
}

static void add_outcome(selection *s, const char *outcome)
{
    if (outcome && strcmp(outcome, "PENDING") == 0)
        add_condition(s, "outcome IS NULL");
    else
        add_comparison(s, "outcome = ", outcome);
}

static void add_cursor(selection *s, const ape__cursor *at)
{
    s->values[s->count++] = ape__sql_integer(at->created_ms);
    s->values[s->count++] = ape__sql_text(at->id);
    add_condition(s, "(created_ms, id) < ");
    ape__buffer_printf(&s->text, "($%zu, $%zu)", s->count - 1, s->count);
}

static void select_page(selection *s, const ape_prediction_filter *f, const ape__cursor *at,
                        uint32_t limit)
{
    s->joint = " WHERE ";
    ape__buffer_puts(&s->text, "SELECT " COLUMNS " FROM predictions");
    add_comparison(s, "ticker = ", f->ticker);
    add_outcome(s, f->outcome);
    add_comparison(s, "target_date >= ", f->target_from);
    add_comparison(s, "target_date <= ", f->target_to);
    if (f->cursor)
        add_cursor(s, at);
    s->values[s->count++] = ape__sql_integer((int64_t)limit + 1);
    ape__buffer_printf(&s->text, " ORDER BY created_ms DESC, id DESC LIMIT $%zu", s->count);
}

static ape_status check_filter(ape_prediction_filter *f, ape__cursor *at, ape_error *err)
{
    ape_status st = ape__check_limit(&f->limit, err);

    if (st == APE_OK && f->ticker)
        st = ape__check_ticker(f->ticker, err);
    if (st == APE_OK && f->target_from)
        st = ape__check_date("target_from", f->target_from, err);
    if (st == APE_OK && f->target_to)
        st = ape__check_date("target_to", f->target_to, err);
    if (st == APE_OK && f->outcome && strcmp(f->outcome, "HIT") != 0 &&
        strcmp(f->outcome, "NEAR") != 0 && strcmp(f->outcome, "MISS") != 0 &&
        strcmp(f->outcome, "PENDING") != 0)
        st = ape__fail(err, APE_ERR_INVALID, "outcome must be HIT, NEAR, MISS or PENDING");
    return st == APE_OK && f->cursor ? ape__cursor_read(f->cursor, at, err) : st;
}

/* Fill a page; the caller frames it. */
static ape_status read_page(ape_store *store, const ape_prediction_filter *f, const ape__cursor *at,
                            ape__page *p, ape_error *err)
{
    selection s = { .count = 0 };
    ape_status st;

    ape__buffer_init(&s.text, store->host);
    select_page(&s, f, at, f->limit);
    st = s.text.failed
             ? ape__fail_no_memory(err)
             : ape__store_read(store, s.text.data, s.values, s.count, ape__page_take, p, err);
    ape__buffer_clear(&s.text);
    return st;
}

ape_status ape_store_list_predictions(ape_store *store, const ape_prediction_filter *filter,
                                      ape_text **out, ape_error *err)
{
    ape_prediction_filter f = default_filter;
    ape__page p = { .write_row = write_prediction, .created_column = 3 };
    ape__cursor at = { .created_ms = 0 };
    ape_status st;

    if (!store || !out)
        return ape__fail(err, APE_ERR_INVALID, "store or out is NULL");
    st = ape__options_load(&f, sizeof(f), sizeof(f), filter, err);
    if (st == APE_OK)
        st = check_filter(&f, &at, err);
    if (st != APE_OK)
        return st;
    p.limit = f.limit;
    ape__page_begin(&p, store->host, "predictions");
    st = read_page(store, &f, &at, &p, err);
    ape__page_end_list(&p);
    return ape__page_give(&p, st, out, err);
}

ape_status ape_store_latest_prediction(ape_store *store, const char *ticker, ape_text **out,
                                       ape_error *err)
{
    const ape__sql_value value = ape__sql_text(ticker);
    ape__page p = { .write_row = write_prediction, .created_column = 3, .limit = 1 };
    ape_status st;

    if (!store || !out)
        return ape__fail(err, APE_ERR_INVALID, "store or out is NULL");
    st = ape__check_ticker(ticker, err);
    if (st != APE_OK)
        return st;
    ape__page_begin(&p, store->host, NULL);
    st = ape__store_read(store,
                         "SELECT " COLUMNS " FROM predictions WHERE ticker = $1"
                         " ORDER BY created_ms DESC, id DESC LIMIT 1",
                         &value, 1, ape__page_take, &p, err);
    if (st == APE_OK && p.count == 0)
        st = ape__fail(err, APE_ERR_NOT_FOUND, "there is no prediction for %s", ticker);
    return ape__page_give(&p, st, out, err);
}

/* The corridor. */

static ape_status take_corridor(void *user, const ape__sql_value *columns, size_t count,
                                ape_error *err)
{
    static const char *const names[] = { "target_date", "low",    "base",    "high",
                                         "confidence",  "actual", "outcome", "id" };
    ape__json_writer *w = user;

    (void)err;
    ape__json_begin_object(w, NULL);
    for (size_t i = 0; i < count && i < sizeof(names) / sizeof(names[0]); i++)
        ape__json_column(w, names[i], &columns[i]);
    ape__json_end_object(w);
    return APE_OK;
}

/* Of each target date the newest; of the dates the last 1000, then in their order. */
static const char corridor_statement[] =
    "SELECT * FROM ("
    " SELECT target_date, low, base, high, confidence, actual, outcome, id FROM ("
    " SELECT target_date, low, base, high, confidence, actual, outcome, id,"
    " ROW_NUMBER() OVER (PARTITION BY target_date ORDER BY created_ms DESC, id DESC) AS place"
    " FROM predictions WHERE ticker = $1 AND target_date >= $2 AND target_date <= $3) AS ranked"
    " WHERE place = 1 ORDER BY target_date DESC LIMIT 1000) AS newest"
    " ORDER BY target_date";

static ape_status check_range(const char **from, const char **to, ape_error *err)
{
    ape_status st = *from ? ape__check_date("from", *from, err) : APE_OK;

    if (st == APE_OK && *to)
        st = ape__check_date("to", *to, err);
    *from = *from ? *from : "0000-00-00";
    *to = *to ? *to : "9999-99-99";
    return st;
}

ape_status ape_store_corridor(ape_store *store, const char *ticker, const char *from,
                              const char *to, ape_text **out, ape_error *err)
{
    ape__json_writer w;
    ape__buffer buffer;
    ape_status st;

    if (!store || !out)
        return ape__fail(err, APE_ERR_INVALID, "store or out is NULL");
    st = ape__check_ticker(ticker, err);
    if (st == APE_OK)
        st = check_range(&from, &to, err);
    if (st != APE_OK)
        return st;
    ape__buffer_init(&buffer, store->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "ticker", ticker);
    ape__json_begin_array(&w, "corridor");
    st = ape__store_read(
        store, corridor_statement,
        (const ape__sql_value[]){ ape__sql_text(ticker), ape__sql_text(from), ape__sql_text(to) },
        3, take_corridor, &w, err);
    ape__json_end_array(&w);
    ape__json_end_object(&w);
    if (st == APE_OK)
        return ape__buffer_take(&buffer, out, err);
    ape__buffer_clear(&buffer);
    return st;
}
