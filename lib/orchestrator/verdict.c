/* SPDX-License-Identifier: MIT */
#include "orchestrator/answer.h"

#include <string.h>

#include "orchestrator/orchestrator.h"

/* True with the first symbol that the run asked for and got no rows of. */
static bool find_missing_symbol(const ape__query *q, ape__buffer *symbol)
{
    const cJSON *entry;
    ape_text *text;
    cJSON *run;
    double rows;

    if (!q->run || ape_sandbox_result_to_json(q->run, &text, NULL) != APE_OK)
        return false;
    if (ape__json_parse(ape_text_data(text), ape_text_size(text), &run, NULL) == APE_OK) {
        cJSON_ArrayForEach(entry, ape__json_get_array(run, "data"))
        {
            const char *name = ape__json_get_string(entry, "symbol");

            if (name && symbol->size == 0 && ape__json_get_number(entry, "rows", &rows) &&
                rows == 0)
                ape__buffer_puts(symbol, name);
        }
        cJSON_Delete(run);
    }
    ape_text_free(text);
    return symbol->size > 0;
}

/* What the market has of a symbol: "the data has it from ... to ...". */
static void put_what_there_is(ape__buffer *sentence, const ape__query *q, const char *symbol)
{
    const cJSON *entry;
    ape_text *text;
    cJSON *list;

    if (ape_market_list(q->orchestrator->market, &text, NULL) != APE_OK)
        return;
    if (ape__json_parse(ape_text_data(text), ape_text_size(text), &list, NULL) == APE_OK) {
        cJSON_ArrayForEach(entry, list)
        {
            const char *ticker = ape__json_get_string(entry, "ticker");
            const char *first = ape__json_get_string(entry, "first");
            const char *last = ape__json_get_string(entry, "last");

            if (ticker && first && last && strcmp(ticker, symbol) == 0)
                ape__buffer_printf(sentence,
                                   " in that window: the market data has it from %s to %s, and the "
                                   "as-of date is %s",
                                   first, last, q->as_of_text);
        }
        cJSON_Delete(list);
    }
    ape_text_free(text);
}

static ape_answer_status run_failed(ape__buffer *sentence, const ape__query *q)
{
    ape_sandbox_reason reason = ape_sandbox_result_reason(q->run);
    ape__buffer symbol;
    ape_answer_status status = APE_ANSWER_FAILED;

    ape__buffer_init(&symbol, q->orchestrator->host);
    if (reason == APE_SANDBOX_ERROR && find_missing_symbol(q, &symbol)) {
        size_t before;

        ape__buffer_printf(sentence, "There are no prices for %s", symbol.data);
        before = sentence->size;
        put_what_there_is(sentence, q, symbol.data);
        if (sentence->size == before)
            ape__buffer_puts(sentence, " in the market data; 'ape data list' shows what there is");
        status = APE_ANSWER_REFUSED;
    } else {
        ape__buffer_printf(sentence, "The program did not come to its end: %s", q->failure.message);
    }
    ape__buffer_clear(&symbol);
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
