/* SPDX-License-Identifier: MIT */
#include "data.h"
#include "json.h"

static void print_entry(const cJSON *entry)
{
    const char *ticker = json_text(entry, "ticker");

    if (cJSON_IsString(json_member(entry, "error")))
        fprintf(stderr, "ape: %s: %s\n", ticker, json_text(entry, "error"));
    else
        printf("%-8s %-8s %-12s %s to %s, %.0f rows, %.0f actions\n", ticker,
               json_text(entry, "status"), json_text(entry, "source"), json_text(entry, "first"),
               json_text(entry, "last"), json_number(entry, "rows"), json_number(entry, "actions"));
}

void print_outcome(const char *json)
{
    cJSON *entry = cJSON_Parse(json);

    print_entry(entry);
    cJSON_Delete(entry);
}

/* Prints; the exit status. */
static int show(const char *json, bool as_json)
{
    cJSON *report = cJSON_Parse(json);
    const cJSON *entry;
    double failed = json_number(report, "failed");

    if (as_json) {
        puts(json);
    } else {
        cJSON_ArrayForEach(entry, json_member(report, "tickers")) print_entry(entry);
    }
    cJSON_Delete(report);
    return failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

int data_fetch(data_arguments *args)
{
    ape_price_feed *feed;
    ape_text *report;
    ape_error err;
    int status;

    if (args->word_count < 1)
        return usage_error(&command_data, "name the tickers to fetch");
    feed = open_feed(args->data_dir, args->sources, &status);
    if (!feed)
        return status;
    args->request.tickers = (const char *const *)args->words;
    args->request.ticker_count = (uint32_t)args->word_count;
    if (ape_price_feed_fetch(feed, &args->request, &report, &err) == APE_OK) {
        status = show(ape_text_data(report), args->json);
        ape_text_free(report);
    } else {
        status = complain(&err);
    }
    ape_price_feed_free(feed);
    return status;
}
