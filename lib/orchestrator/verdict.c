/* SPDX-License-Identifier: MIT */
#include "orchestrator/answer.h"

#include <string.h>

#include "orchestrator/orchestrator.h"

/* A view of the library's own making, parsed; NULL if memory is out. */
static cJSON *parse_own(ape_status st, ape_text *text)
{
    cJSON *json = NULL;

    if (st != APE_OK || ape__json_parse(ape_text_data(text), ape_text_size(text), &json, NULL))
        json = NULL;
    if (st == APE_OK)
        ape_text_free(text);
    return json;
}

static cJSON *view_run(const ape__query *q)
{
    ape_text *text = NULL;
    ape_status st = ape_sandbox_result_to_json(q->run, &text, NULL);

    return parse_own(st, text);
}

static cJSON *view_market(const ape__query *q)
{
    ape_text *text = NULL;
    ape_status st = ape_market_list(q->orchestrator->market, &text, NULL);

    return parse_own(st, text);
}

/* The first symbol that the run asked for and got no rows of; NULL if there is none. */
static const char *find_missing_symbol(const cJSON *run)
{
    const cJSON *entry;
    double rows;

    cJSON_ArrayForEach(
        entry, ape__json_get_array(
                   run, "data")) if (ape__json_get_number(entry, "rows", &rows) &&
                                     rows == 0) return ape__json_get_string(entry, "symbol");
    return NULL;
}

static const cJSON *find_ticker(const cJSON *market, const char *symbol)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, market)
    {
        const char *ticker = ape__json_get_string(entry, "ticker");

        if (ticker && strcmp(ticker, symbol) == 0)
            return entry;
    }
    return NULL;
}

static void put_missing_symbol(ape__buffer *sentence, const ape__query *q, const char *symbol)
{
    cJSON *market = view_market(q);
    const cJSON *entry = find_ticker(market, symbol);

    if (entry)
        ape__buffer_printf(sentence,
                           "There are no prices for %s in that window: the market data has it from "
                           "%s to %s, and the as-of date is %s",
                           symbol, ape__json_get_string(entry, "first"),
                           ape__json_get_string(entry, "last"), q->as_of_text);
    else
        ape__buffer_printf(sentence,
                           "There are no prices for %s in the market data; 'ape data list' shows "
                           "what there is",
                           symbol);
    cJSON_Delete(market);
}

/* The program failed: for want of prices, or by itself. */
static ape_answer_status run_failed(ape__buffer *sentence, const ape__query *q)
{
    cJSON *run = view_run(q);
    const char *broken = ape__json_get_string(run, "data_error");
    const char *missing = broken ? NULL : find_missing_symbol(run);
    ape_answer_status status = missing ? APE_ANSWER_REFUSED : APE_ANSWER_FAILED;

    if (broken)
        ape__buffer_printf(sentence, "The market data cannot be read: %s", broken);
    else if (missing)
        put_missing_symbol(sentence, q, missing);
    else
        ape__buffer_printf(sentence, "The program failed: %s", q->failure.message);
    cJSON_Delete(run);
    return status;
}

ape_answer_status ape__verdict_write(ape__buffer *sentence, const ape__query *query,
                                     ape_status outcome, const ape_error *why)
{
    const ape_error *failure = &query->failure;

    if (failure->status == APE_OK) {
        ape__buffer_puts(sentence, why->message);
        return outcome == APE_ERR_REFUSED ? APE_ANSWER_REFUSED : APE_ANSWER_FAILED;
    }
    if (query->stage == APE_STAGE_EXECUTE && query->run)
        return run_failed(sentence, query);
    if (query->stage == APE_STAGE_SANITIZE && failure->status == APE_ERR_REFUSED) {
        ape__buffer_printf(sentence, "The program was not run: %s", failure->message);
        return APE_ANSWER_REFUSED;
    }
    if (query->stage == APE_STAGE_GATE && failure->status == APE_ERR_REFUSED) {
        ape__buffer_printf(sentence, "The computed value was refused: %s", failure->message);
        return APE_ANSWER_REFUSED;
    }
    ape__buffer_puts(sentence, failure->message);
    return APE_ANSWER_FAILED;
}
