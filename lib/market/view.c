/* SPDX-License-Identifier: MIT */
#include "market/market.h"

#include <math.h>
#include <string.h>

#include "core/buffer.h"
#include "core/date.h"
#include "core/error.h"
#include "core/json.h"

enum {
    TRADING_DAYS = 252,
    ROLLING_RETURNS = 63,
    FIRST_DAY = -719162, /* 0001-01-01 */
    LAST_DAY = 2932896,  /* 9999-12-31 */
};

static ape_status read_date(const char *name, const char *text, ape__date *out, ape_error *err)
{
    if (!text || ape__date_parse(text, strlen(text), out))
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID, "%s must be a date like 2022-12-28", name);
}

static const double *closes(const ape__prices *prices)
{
    return prices->values[APE__ADJ_CLOSE] ? prices->values[APE__ADJ_CLOSE]
                                          : prices->values[APE__CLOSE];
}

static void put_dates(ape__json_writer *w, const ape__prices *prices)
{
    char date[11];

    ape__json_begin_array(w, "dates");
    for (size_t i = 0; i < prices->rows; i++) {
        ape__date_format(prices->dates[i], date);
        ape__json_string(w, NULL, date);
    }
    ape__json_end_array(w);
}

static void put_closes(ape__json_writer *w, const double *close, size_t rows)
{
    ape__json_begin_array(w, "close");
    for (size_t i = 0; i < rows; i++)
        ape__json_number(w, NULL, close[i]);
    ape__json_end_array(w);
}

static void put_drawdown(ape__json_writer *w, const double *close, size_t rows)
{
    double highest = 0;

    ape__json_begin_array(w, "drawdown");
    for (size_t i = 0; i < rows; i++) {
        if (close[i] > highest)
            highest = close[i];
        ape__json_number(w, NULL, close[i] / highest - 1);
    }
    ape__json_end_array(w);
}

/* Sample standard deviation of the returns that end at a row, a year's; NaN where a
   return is missing. */
static double volatility_at(const double *close, size_t row)
{
    double sum = 0, squares = 0;

    for (size_t i = row - ROLLING_RETURNS + 1; i <= row; i++)
        sum += close[i] / close[i - 1] - 1;
    for (size_t i = row - ROLLING_RETURNS + 1; i <= row; i++) {
        double distance = close[i] / close[i - 1] - 1 - sum / ROLLING_RETURNS;

        squares += distance * distance;
    }
    return sqrt(squares / (ROLLING_RETURNS - 1) * TRADING_DAYS);
}

static void put_volatility(ape__json_writer *w, const double *close, size_t rows)
{
    ape__json_begin_array(w, "rolling_volatility");
    for (size_t i = 0; i < rows; i++)
        ape__json_number(w, NULL, i < ROLLING_RETURNS ? NAN : volatility_at(close, i));
    ape__json_end_array(w);
}

static ape_status write_view(const char *ticker, const char *as_of, const ape__prices *prices,
                             ape_text **out, ape_error *err)
{
    ape__buffer buffer;
    ape__json_writer w;
    const double *close = closes(prices);

    ape__buffer_init(&buffer, prices->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "ticker", ticker);
    ape__json_string(&w, "as_of", as_of);
    put_dates(&w, prices);
    put_closes(&w, close, prices->rows);
    put_drawdown(&w, close, prices->rows);
    put_volatility(&w, close, prices->rows);
    ape__json_end_object(&w);
    return ape__buffer_take(&buffer, out, err);
}

ape_status ape_market_series(ape_market *market, const char *ticker, const char *as_of,
                             const char *start, const char *end, ape_text **out, ape_error *err)
{
    ape__date from = FIRST_DAY, to = LAST_DAY, known = 0;
    ape__prices prices;
    char newest[11];
    ape_status st;

    if (!market || !ticker || !out)
        return ape__fail(err, APE_ERR_INVALID, "market, ticker and out must not be NULL");
    if (!as_of) {
        st = ape_market_newest_date(market, newest, err);
        if (st != APE_OK)
            return st;
        as_of = newest;
    }
    st = read_date("as_of", as_of, &known, err);
    if (st == APE_OK)
        st = read_date("start", start, &from, err);
    if (st == APE_OK)
        st = read_date("end", end, &to, err);
    if (st == APE_OK)
        st = ape__market_prices(market, ticker, known, from, to, &prices, err);
    if (st != APE_OK)
        return st;
    st = write_view(ticker, as_of, &prices, out, err);
    ape__prices_clear(&prices);
    return st;
}
