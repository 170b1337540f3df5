/* SPDX-License-Identifier: MIT */
#include "price_feed/quotes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

void ape__quotes_init(ape__quotes *quotes, ape_host *host)
{
    *quotes = (ape__quotes){ .host = host };
}

void ape__quotes_clear(ape__quotes *q)
{
    ape__free(q->host, q->rows, q->row_capacity * sizeof(*q->rows));
    ape__free(q->host, q->actions, q->action_capacity * sizeof(*q->actions));
    ape__quotes_init(q, q->host);
}

ape__quote ape__quote_on(ape__date date)
{
    ape__quote row = { .date = date };

    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        row.values[c] = NAN;
    return row;
}

/* Room for one more item; false, and remembered, where there is none. */
static bool make_room(ape__quotes *q, void **items, size_t count, size_t *capacity, size_t size)
{
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *larger;

    if (q->failed || count < *capacity)
        return !q->failed;
    larger = ape__resize(q->host, *items, *capacity * size, wanted * size);
    q->failed = !larger;
    if (q->failed)
        return false;
    *items = larger;
    *capacity = wanted;
    return true;
}

void ape__quotes_add(ape__quotes *q, const ape__quote *row)
{
    void *rows = q->rows;
    bool room = make_room(q, &rows, q->row_count, &q->row_capacity, sizeof(*row));

    q->rows = rows;
    if (!room)
        return;
    q->rows[q->row_count] = *row;
    q->rows[q->row_count].told = (uint32_t)q->row_count;
    q->row_count++;
}

void ape__quotes_add_action(ape__quotes *q, ape__date date, double dividend, double split)
{
    void *actions = q->actions;
    bool room = make_room(q, &actions, q->action_count, &q->action_capacity, sizeof(*q->actions));

    q->actions = actions;
    if (room)
        q->actions[q->action_count++] = (ape__action){ date, dividend, split };
}

static int by_date(const void *a, const void *b)
{
    ape__date left = *(const ape__date *)a, right = *(const ape__date *)b; /* first members */

    return (left > right) - (left < right);
}

static int by_date_and_telling(const void *a, const void *b)
{
    const ape__quote *left = a, *right = b;
    int order = by_date(&left->date, &right->date);

    return order != 0 ? order : (left->told > right->told) - (left->told < right->told);
}

static bool has_close(const ape__quote *row)
{
    return !isnan(row->values[APE__CLOSE]) || !isnan(row->values[APE__ADJ_CLOSE]);
}

static void drop_useless_rows(ape__quotes *q)
{
    size_t kept = 0;

    for (size_t i = 0; i < q->row_count; i++) {
        if (!has_close(&q->rows[i]))
            continue;
        if (kept > 0 && q->rows[kept - 1].date == q->rows[i].date)
            kept--;
        q->rows[kept++] = q->rows[i];
    }
    q->row_count = kept;
}

static void join_actions(ape__quotes *q)
{
    size_t kept = 0;

    if (q->action_count > 0)
        qsort(q->actions, q->action_count, sizeof(*q->actions), by_date);
    for (size_t i = 0; i < q->action_count; i++) {
        ape__action *last = kept > 0 ? &q->actions[kept - 1] : NULL;

        if (!last || last->date != q->actions[i].date) {
            q->actions[kept++] = q->actions[i];
            continue;
        }
        last->dividend += q->actions[i].dividend;
        if (q->actions[i].split > 0)
            last->split = (last->split > 0 ? last->split : 1) * q->actions[i].split;
    }
    q->action_count = kept;
}

ape_status ape__quotes_settle(ape__quotes *q, ape_error *err)
{
    if (q->failed)
        return ape__fail_no_memory(err);
    if (q->row_count > 0)
        qsort(q->rows, q->row_count, sizeof(*q->rows), by_date_and_telling);
    drop_useless_rows(q);
    join_actions(q);
    return q->row_count > 0 ? APE_OK : ape__fail(err, APE_ERR_FORMAT, "no day with a price");
}

/* A column is there where some day has it; a close only where every day does. */
static bool is_written(const ape__quotes *q, int column)
{
    bool is_close = column == APE__CLOSE || column == APE__ADJ_CLOSE;
    size_t present = 0;

    for (size_t i = 0; i < q->row_count; i++)
        present += !isnan(q->rows[i].values[column]);
    return is_close ? present == q->row_count : present > 0;
}

static void put_number(ape__buffer *out, double value)
{
    char text[32];

    ape__buffer_puts(out, ",");
    if (isnan(value))
        return;
    ape__format_double(text, value);
    ape__buffer_puts(out, text);
}

static void put_date(ape__buffer *out, ape__date date)
{
    char text[11];

    ape__date_format(date, text);
    ape__buffer_puts(out, text);
}

static void write_actions(const ape__quotes *q, ape__buffer *out)
{
    ape__buffer_puts(out, "Date,Dividends,Stock Splits\n");
    for (size_t i = 0; i < q->action_count; i++) {
        put_date(out, q->actions[i].date);
        put_number(out, q->actions[i].dividend);
        put_number(out, q->actions[i].split);
        ape__buffer_puts(out, "\n");
    }
}

void ape__quotes_write(const ape__quotes *q, ape__buffer *prices, ape__buffer *actions)
{
    static const char *const titles[] = { ",Open",  ",High",      ",Low",
                                          ",Close", ",Adj Close", ",Volume" };
    bool written[APE__COLUMN_COUNT];

    ape__buffer_puts(prices, "Date");
    for (int c = 0; c < APE__COLUMN_COUNT; c++) {
        written[c] = is_written(q, c);
        ape__buffer_puts(prices, written[c] ? titles[c] : "");
    }
    ape__buffer_puts(prices, "\n");
    for (size_t i = 0; i < q->row_count; i++) {
        put_date(prices, q->rows[i].date);
        for (int c = 0; c < APE__COLUMN_COUNT; c++)
            if (written[c])
                put_number(prices, q->rows[i].values[c]);
        ape__buffer_puts(prices, "\n");
    }
    if (q->knows_actions)
        write_actions(q, actions);
}
