/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "data.h"
#include "json.h"

static void print_table(const char *json)
{
    cJSON *list = cJSON_Parse(json);
    const cJSON *entry;

    printf("%-8s %-10s %-10s %6s\n", "ticker", "first", "last", "rows");
    cJSON_ArrayForEach(entry, list)
        printf("%-8s %-10s %-10s %6.0f\n", json_text(entry, "ticker"), json_text(entry, "first"),
               json_text(entry, "last"), json_number(entry, "rows"));
    cJSON_Delete(list);
}

static int list(const char *data_dir, bool json)
{
    ape_market *market;
    ape_text *table;
    ape_error err;
    int status;

    market = open_market(data_dir, &status);
    if (!market)
        return status;
    if (ape_market_list(market, &table, &err) == APE_OK) {
        if (json)
            puts(ape_text_data(table));
        else
            print_table(ape_text_data(table));
        ape_text_free(table);
        status = EXIT_DONE;
    } else {
        status = complain(&err);
    }
    ape_market_free(market);
    return status;
}

static const command_option options[] = {
    TEXT_OPTION(data_arguments, data_dir, "data", "DIR",
                "folder of prices (default: APE_DATA_DIR; list: else the sample prices)"),
    JSON_OPTION(data_arguments, json),
    TEXT_OPTION(data_arguments, request.start, "start", "DATE",
                "fetch: first day wanted (default: as far back as there is)"),
    TEXT_OPTION(data_arguments, request.end, "end", "DATE",
                "fetch: last day wanted (default: today); what comes may reach further"),
    TEXT_OPTION(data_arguments, sources, "source", "LIST",
                "fetch: of yahoo, stooq, alphavantage, in order (default: APE_DATA_SOURCES)"),
    FLAG_OPTION(data_arguments, refresh, 0, "refresh",
                "fetch: ask also for tickers that were fetched in the last 12 hours"),
    TEXT_OPTION(data_arguments, ticker, "ticker", "NAME",
                "import: of the one file (default: as the file is named)"),
    TEXT_OPTION(data_arguments, format, "format", "NAME",
                "import: csv (default), or a reply of yahoo, stooq, alphavantage"),
    TEXT_OPTION(data_arguments, actions, "actions", "FILE",
                "import: dividends and splits (default: TICKER.actions.csv beside the file)"),
    FLAG_OPTION(data_arguments, replace, 0, "replace",
                "fetch, import: write over files that were not fetched"),
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    data_arguments args = { .json = false };
    const char *what;
    int word;

    ape_price_feed_request_init(&args.request, sizeof(args.request));
    word = parse_options(&command_data, argc, argv, &args);
    if (word < 0)
        return EXIT_USAGE;
    what = word < argc ? argv[word] : "";
    args.request.refresh = args.refresh;
    args.request.replace = args.replace;
    args.words = argv + word + 1;
    args.word_count = argc - word - 1;
    if (strcmp(what, "fetch") == 0)
        return data_fetch(&args);
    if (strcmp(what, "import") == 0)
        return data_import(&args);
    if (strcmp(what, "list") == 0 && args.word_count <= 0)
        return list(args.data_dir, args.json);
    return usage_error(&command_data, "say what to do with the data: list, fetch or import");
}

const command command_data = {
    .name = "data",
    .arguments = "list | fetch TICKER... | import FILE... [OPTION]...",
    .summary = "List the tickers that there are prices of, fetch or import more",
    .options = options,
    .help = "\nExit status: 0 done, 1 the data cannot be read, fetched or imported, 2 usage.\n",
    .run = run,
};
