/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "market/market.h"
#include "store/fields.h"
#include "store/store.h"

/*
 * Predictions that wait for their outcome are read in pages by target date, looked up in the
 * market, and written back in batches. Whoever repeats this, or does it twice at once, changes
 * nothing: an outcome is only given to a prediction that has none.
 */
enum { PAGE = 256, DAYS_TO_LOOK_ON = 14 };

static const double near_share = 0.25; /* of the corridor's width */

typedef struct pending {
    char id[65];
    char ticker[32];
    char as_of[11];
    char target_date[11];
    double low, base, high;
} pending;

typedef struct outcome {
    ape__operation operation;
    const char *name; /* NULL: no price yet */
    double actual;
} outcome;

typedef struct check {
    ape_store *store;
    ape_market *market;
    char today[11];
    size_t count;
    pending page[PAGE];
    outcome outcomes[PAGE];
    int64_t hits, nears, misses, waiting, unknown;
} check;

static void copy(char *out, size_t size, const ape__sql_value *column)
{
    snprintf(out, size, "%s", column->type == APE__SQL_TEXT ? column->text : "");
}

static ape_status take_pending(void *user, const ape__sql_value *columns, size_t count,
                               ape_error *err)
{
    check *c = user;
    pending *p = &c->page[c->count++];

    (void)count, (void)err;
    copy(p->id, sizeof(p->id), &columns[0]);
    copy(p->ticker, sizeof(p->ticker), &columns[1]);
    copy(p->as_of, sizeof(p->as_of), &columns[2]);
    copy(p->target_date, sizeof(p->target_date), &columns[3]);
    p->low = columns[4].real;
    p->base = columns[5].real;
    p->high = columns[6].real;
    return APE_OK;
}

static ape_status read_page(check *c, const char *after_date, const char *after_id, ape_error *err)
{
    const ape__sql_value values[] = { ape__sql_text(c->today), ape__sql_text(after_date),
                                      ape__sql_text(after_id), ape__sql_integer(PAGE) };

    c->count = 0;
    return ape__store_read(c->store,
                           "SELECT id, ticker, as_of, target_date, low, base, high FROM predictions"
                           " WHERE outcome IS NULL AND target_date <= $1"
                           " AND (target_date, id) > ($2, $3)"
                           " ORDER BY target_date, id LIMIT $4",
                           values, 4, take_pending, c, err);
}

/* Close of the last row that has one; NaN for none. */
static double last_close(const ape__prices *prices, ape__date *date)
{
    const double *close =
        prices->values[APE__CLOSE] ? prices->values[APE__CLOSE] : prices->values[APE__ADJ_CLOSE];

    for (size_t row = prices->rows; close && row > 0; row--) {
        if (isnan(close[row - 1]))
            continue;
        *date = prices->dates[row - 1];
        return close[row - 1];
    }
    return NAN;
}

/* New shares for one share of the as-of date. */
static double splits_since(const ape__prices *prices, ape__date as_of)
{
    double shares = 1;

    for (size_t i = 0; i < prices->action_count; i++)
        if (prices->actions[i].date > as_of && prices->actions[i].split > 0)
            shares *= prices->actions[i].split;
    return shares;
}

/* On a day without trade the price is that of the day before, once a later one is known. */
static ape_status is_settled(check *c, const pending *p, ape__date target, bool *settled,
                             ape_error *err)
{
    ape__prices later;
    ape__date today = target;
    ape_status st;

    (void)ape__date_parse(c->today, strlen(c->today), &today);
    if (today > target + DAYS_TO_LOOK_ON)
        today = target + DAYS_TO_LOOK_ON;
    st = ape__market_prices(c->market, p->ticker, today, target, today, &later, err);
    if (st != APE_OK)
        return st;
    *settled = later.rows > 0;
    ape__prices_clear(&later);
    return APE_OK;
}

/* The price on the target date as seen from the as-of date; NaN while unknown. */
static ape_status find_actual(check *c, const pending *p, double *actual, ape_error *err)
{
    ape__date as_of = 0, target = 0, found = 0;
    ape__prices prices;
    bool settled = true;
    ape_status st;

    *actual = NAN;
    (void)ape__date_parse(p->as_of, strlen(p->as_of), &as_of);
    (void)ape__date_parse(p->target_date, strlen(p->target_date), &target);
    st = ape__market_prices(c->market, p->ticker, target, as_of - DAYS_TO_LOOK_ON, target, &prices,
                            err);
    if (st != APE_OK)
        return st;
    *actual = last_close(&prices, &found) * splits_since(&prices, as_of);
    ape__prices_clear(&prices);
    if (isnan(*actual) || found == target)
        return APE_OK;
    st = is_settled(c, p, target, &settled, err);
    if (st == APE_OK && !settled)
        *actual = NAN;
    return st;
}

static const char *judge(const pending *p, double actual)
{
    double margin = (p->high - p->low) * near_share;

    if (actual >= p->low && actual <= p->high)
        return "HIT";
    return actual >= p->low - margin && actual <= p->high + margin ? "NEAR" : "MISS";
}

static void fill_outcome(check *c, size_t at, double actual)
{
    const pending *p = &c->page[at];
    outcome *o = &c->outcomes[at];
    const char *name = judge(p, actual);
    const ape__sql_value values[] = { ape__sql_text(p->id),
                                      ape__sql_real(actual),
                                      ape__sql_text(name),
                                      ape__sql_integer(ape__wall_ms(c->store->host)),
                                      ape__sql_integer(name[0] == 'H'),
                                      ape__sql_integer(name[0] == 'N'),
                                      ape__sql_integer(name[0] == 'M') };

    o->name = name;
    o->actual = actual;
    o->operation = (ape__operation){ .kind = APE__PUT_OUTCOME, .count = 7 };
    memcpy(o->operation.values, values, sizeof(values));
}

static ape_status look_up_page(check *c, ape_error *err)
{
    for (size_t i = 0; i < c->count; i++) {
        double actual = NAN;
        ape_status st = find_actual(c, &c->page[i], &actual, err);

        c->outcomes[i].name = NULL;
        if (st == APE_ERR_NOT_FOUND)
            c->unknown++;
        else if (st != APE_OK)
            return st;
        else if (isnan(actual))
            c->waiting++;
        else
            fill_outcome(c, i, actual);
    }
    return APE_OK;
}

static ape_status write_page(check *c, ape_error *err)
{
    ape__write writes[PAGE];
    size_t count = 0;
    ape_status st;

    for (size_t i = 0; i < c->count; i++)
        if (c->outcomes[i].name)
            writes[count++] = (ape__write){ .operation = &c->outcomes[i].operation };
    st = ape__store_write(c->store, writes, count, err);
    if (st != APE_OK)
        return st;
    for (size_t i = 0; i < c->count; i++) {
        const char *name = c->outcomes[i].name;

        c->hits += name && name[0] == 'H';
        c->nears += name && name[0] == 'N';
        c->misses += name && name[0] == 'M';
    }
    return APE_OK;
}

static ape_status check_all(check *c, ape_error *err)
{
    char date[11] = "", id[65] = "";
    ape_status st;

    do {
        st = read_page(c, date, id, err);
        if (st == APE_OK)
            st = look_up_page(c, err);
        if (st == APE_OK)
            st = write_page(c, err);
        if (c->count > 0) {
            memcpy(date, c->page[c->count - 1].target_date, sizeof(date));
            memcpy(id, c->page[c->count - 1].id, sizeof(id));
        }
    } while (st == APE_OK && c->count == PAGE);
    return st;
}

static ape_status report(const check *c, ape_text **out, ape_error *err)
{
    ape__buffer buffer;
    ape__json_writer w;

    ape__buffer_init(&buffer, c->store->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "today", c->today);
    ape__json_integer(&w, "checked", c->hits + c->nears + c->misses);
    ape__json_integer(&w, "hits", c->hits);
    ape__json_integer(&w, "nears", c->nears);
    ape__json_integer(&w, "misses", c->misses);
    ape__json_integer(&w, "pending", c->waiting);
    ape__json_integer(&w, "unknown_tickers", c->unknown);
    ape__json_end_object(&w);
    return ape__buffer_take(&buffer, out, err);
}

ape_status ape_store_check_actuals(ape_store *store, ape_market *market, const char *today,
                                   ape_text **out, ape_error *err)
{
    check *c;
    ape_status st;

    if (!store || !market || !out)
        return ape__fail(err, APE_ERR_INVALID, "store, market or out is NULL");
    st = today ? ape__check_date("today", today, err) : APE_OK;
    if (st != APE_OK)
        return st;
    c = ape__alloc(store->host, sizeof(*c));
    if (!c)
        return ape__fail_no_memory(err);
    c->store = store;
    c->market = market;
    if (today)
        memcpy(c->today, today, sizeof(c->today));
    else
        st = ape_market_newest_date(market, c->today, err);
    if (st == APE_OK)
        st = check_all(c, err);
    if (st == APE_OK)
        st = report(c, out, err);
    ape__free(store->host, c, sizeof(*c));
    return st;
}
