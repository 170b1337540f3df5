/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "session.h"

static const char *text(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return value ? value : "-";
}

static void print_table(const char *json)
{
    cJSON *list = cJSON_Parse(json);
    const cJSON *entry;

    printf("%-8s %-10s %-10s %6s\n", "ticker", "first", "last", "rows");
    cJSON_ArrayForEach(entry, list) printf(
        "%-8s %-10s %-10s %6.0f\n", text(entry, "ticker"), text(entry, "first"),
        text(entry, "last"), cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(entry, "rows")));
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

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    const char *data_dir = NULL;
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            data_dir = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'h':
            return print_help(&command_data);
        default:
            return usage_error(&command_data, "that option is not understood");
        }
    }
    if (optind + 1 != argc || strcmp(argv[optind], "list") != 0)
        return usage_error(&command_data, "say what to do with the data: list");
    return list(data_dir, json);
}

const command command_data = {
    .name = "data",
    .arguments = "list [OPTION]...",
    .summary = "List the tickers that there are prices of",
    .help = "  --data DIR   folder of prices (default: APE_DATA_DIR, else the sample prices)\n"
            "  -j, --json   print JSON\n"
            "  -h, --help   print this\n\n"
            "Exit status: 0 done, 1 the data cannot be read, 2 usage.\n",
    .run = run,
};
