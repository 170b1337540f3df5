/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "json.h"
#include "session.h"

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

typedef struct data_arguments {
    const char *data_dir;
    bool json;
} data_arguments;

static const command_option options[] = {
    DATA_OPTION(data_arguments, data_dir),
    JSON_OPTION(data_arguments, json),
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    data_arguments args = { .data_dir = NULL };
    int word = parse_options(&command_data, argc, argv, &args);

    if (word < 0)
        return EXIT_USAGE;
    if (word + 1 != argc || strcmp(argv[word], "list") != 0)
        return usage_error(&command_data, "say what to do with the data: list");
    return list(args.data_dir, args.json);
}

const command command_data = {
    .name = "data",
    .arguments = "list [OPTION]...",
    .summary = "List the tickers that there are prices of",
    .options = options,
    .help = "\nExit status: 0 done, 1 the data cannot be read, 2 usage.\n",
    .run = run,
};
