/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "body.h"
#include "problem.h"
#include "routes.h"

enum { MAX_TICKERS = 100 };

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

void route_fetch(request *r)
{
    static const char *const members[] = { "tickers", "start", "end", NULL };
    cJSON *body = body_object(r, members);
    const char *start = NULL, *end = NULL;

    if (!body)
        return;
    if (tickers_good(r, cJSON_GetObjectItemCaseSensitive(body, "tickers")) &&
        body_date(r, body, "start", &start) && body_date(r, body, "end", &end))
        problem(r, 501,
                "this server has no price service to fetch from; put files into "
                "APE_DATA_DIR and send SIGHUP");
    cJSON_Delete(body);
}
