/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "body.h"
#include "problem.h"
#include "routes.h"

enum { MAX_TICKERS = 100, FETCH_MS = 60000 };

static void add_newest(ape_market *market, cJSON *answer)
{
    char date[11];

    if (ape_market_newest_date(market, date, NULL) == APE_OK)
        cJSON_AddStringToObject(answer, "newest", date);
    else
        cJSON_AddNullToObject(answer, "newest");
}

void route_tickers(request *r)
{
    ape_text *list;
    ape_error err;
    ape_status st = ape_market_list(r->parts->market, &list, &err);
    cJSON *answer;

    if (st != APE_OK) {
        problem_status(r, st, &err);
        return;
    }
    answer = cJSON_CreateObject();
    cJSON_AddRawToObject(answer, "tickers", ape_text_data(list));
    add_newest(r->parts->market, answer);
    ape_text_free(list);
    reply_json(r, 200, answer);
}

void route_prices(request *r)
{
    const char *start = NULL, *end = NULL, *as_of = NULL;
    ape_text *series;
    ape_error err;
    ape_status st;

    if (!parameter_date(r, "start", &start) || !parameter_date(r, "end", &end) ||
        !parameter_date(r, "as_of", &as_of))
        return;
    st = ape_market_series(r->parts->market, r->argument, as_of, start, end, &series, &err);
    if (st == APE_OK)
        reply_text(r, 200, series);
    else
        problem_status(r, st, &err);
}

static bool tickers_good(request *r, const cJSON *tickers)
{
    const cJSON *ticker;

    if (!cJSON_IsArray(tickers) || cJSON_GetArraySize(tickers) < 1 ||
        cJSON_GetArraySize(tickers) > MAX_TICKERS) {
        problem_field(r, "tickers", "must be a list of 1 to %d tickers", MAX_TICKERS);
        return false;
    }
    cJSON_ArrayForEach(ticker, tickers)
    {
        if (!cJSON_IsString(ticker) || !is_ticker(ticker->valuestring)) {
            problem_field(r, "tickers", "each must be a ticker like AAPL");
            return false;
        }
    }
    return true;
}

/* The names of a list that was found good, and how many. */
static uint32_t read_tickers(const cJSON *list, const char *out[MAX_TICKERS])
{
    uint32_t count = 0;
    const cJSON *ticker;

    cJSON_ArrayForEach(ticker, list) out[count++] = ticker->valuestring;
    return count;
}

static void fetch(request *r, const ape_price_feed_request *wanted)
{
    ape_text *report;
    ape_error err;
    ape_status st = ape_price_feed_fetch(r->parts->feed, wanted, &report, &err);

    if (st != APE_OK) {
        problem_status(r, st, &err);
        return;
    }
    st = ape_market_reload(r->parts->market, &err);
    if (st == APE_OK) {
        reply_text(r, 200, report);
        return;
    }
    ape_text_free(report);
    problem_status(r, st, &err);
}

static void read_and_fetch(request *r, const cJSON *body)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(body, "tickers");
    const char *tickers[MAX_TICKERS];
    ape_price_feed_request wanted;

    ape_price_feed_request_init(&wanted, sizeof(wanted));
    wanted.total_ms = FETCH_MS;
    if (!tickers_good(r, list) || !body_date(r, body, "start", &wanted.start) ||
        !body_date(r, body, "end", &wanted.end))
        return;
    if (!r->parts->feed) {
        problem(r, 501,
                "this server has no folder of its own for prices: set APE_DATA_DIR to one "
                "that it may write to");
        return;
    }
    wanted.tickers = tickers;
    wanted.ticker_count = read_tickers(list, tickers);
    fetch(r, &wanted);
}

void route_fetch(request *r)
{
    static const char *const members[] = { "tickers", "start", "end", NULL };
    cJSON *body = body_object(r, members);

    if (body)
        read_and_fetch(r, body);
    cJSON_Delete(body);
}
