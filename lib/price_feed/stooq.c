/* SPDX-License-Identifier: MIT */
/* Stooq's CSV. Its closes are adjusted for splits and dividends, and it tells of neither: what
   it calls Close is the market's Adj Close. */
#include <string.h>

#include "market/csv.h"
#include "price_feed/source.h"

static bool put_index(ape__buffer *url, const char *ticker)
{
    static const char *const names[][2] = { { "^GSPC", "^spx" },
                                            { "^IXIC", "^ndq" },
                                            { "^FTSE", "^ukx" },
                                            { "^GDAXI", "^dax" },
                                            { "^N225", "^nkx" } };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(ticker, names[i][0]) == 0) {
            ape__url_append_encoded(url, names[i][1]);
            return true;
        }
    return false;
}

/* AAPL is aapl.us there, EURUSD=X is eurusd, ^DJI and 0700.HK are the same in small letters. */
static void put_symbol(ape__buffer *url, const char *ticker)
{
    const char *currency = strstr(ticker, "=X");
    size_t size = currency ? (size_t)(currency - ticker) : strlen(ticker);
    char small[64] = "";

    if (put_index(url, ticker))
        return;
    for (size_t i = 0; i < size && i < sizeof(small) - 4; i++)
        small[i] = (char)(ticker[i] >= 'A' && ticker[i] <= 'Z' ? ticker[i] + 32 : ticker[i]);
    if (!currency && !strpbrk(ticker, ".^="))
        memcpy(small + strlen(small), ".us", 4);
    ape__url_append_encoded(url, small);
}

static void ask(const ape__question *q, ape__buffer *url)
{
    int from[3], to[3];

    ape__date_to_parts(q->start, &from[0], &from[1], &from[2]);
    ape__date_to_parts(ape__date_from_wall_ms(q->now_ms), &to[0], &to[1], &to[2]);
    ape__buffer_printf(url, "%s/q/d/l/?s=", q->base);
    put_symbol(url, q->ticker);
    ape__buffer_printf(url, "&d1=%04d%02d%02d&d2=%04d%02d%02d&i=d", from[0], from[1], from[2],
                       to[0], to[1], to[2]);
}

static bool begins(const char *text, size_t size, const char *with)
{
    return size >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* It answers 200 to everything, and says in words what is the matter. */
static ape_status judge(const char *text, size_t size, ape_error *err)
{
    while (size > 0 && (*text == ' ' || *text == '\r' || *text == '\n'))
        text++, size--;
    if (begins(text, size, "No data") || size == 0)
        return ape__fail(err, APE_ERR_NOT_FOUND, "not known there");
    if (begins(text, size, "Exceeded"))
        return ape__fail(err, APE_ERR_REFUSED, "today's limit of downloads is used up");
    if (*text == '<')
        return ape__fail(err, APE_ERR_REFUSED,
                         "it wants a browser; download the CSV with one and use: ape data import "
                         "--format stooq");
    if (begins(text, size, "Date,"))
        return APE_OK;
    return ape__fail(err, APE_ERR_FORMAT, "the reply is not a CSV of prices");
}

static ape_status read_rows(ape__csv *csv, ape__quotes *out, ape_error *err)
{
    static const char *const titles[] = { "Open", "High", "Low", "", "Close", "Volume" };
    int date = ape__csv_find(csv, "Date"), fields[APE__COLUMN_COUNT];
    ape__date previous = INT32_MIN;

    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        fields[c] = ape__csv_find(csv, titles[c]);
    if (fields[APE__ADJ_CLOSE] < 0)
        return ape__csv_fail(csv, err, "the header needs Date and Close");
    for (;;) {
        ape__quote row = ape__quote_on(0);
        bool more;
        ape_status st = ape__csv_next(csv, &more, err);

        if (st != APE_OK || !more)
            return st;
        st = ape__csv_date(csv, date, previous, &row.date, err);
        for (int c = 0; c < APE__COLUMN_COUNT && st == APE_OK; c++)
            if (fields[c] >= 0)
                st = ape__csv_number(csv, fields[c], titles[c], 0, c != APE__ADJ_CLOSE,
                                     &row.values[c], err);
        if (st != APE_OK)
            return st;
        previous = row.date;
        ape__quotes_add(out, &row);
    }
}

static ape_status read(const ape__question *q, const char *text, size_t size, ape__quotes *out,
                       ape_error *err)
{
    ape_status st = judge(text, size, err);
    ape__csv csv;

    if (st == APE_OK)
        st = ape__csv_begin(&csv, q->ticker, text, size, err);
    return st == APE_OK ? read_rows(&csv, out, err) : st;
}

const ape__source ape__source_stooq = {
    .name = "stooq",
    .url_setting = "STOOQ_URL",
    .ask = ask,
    .read = read,
};
