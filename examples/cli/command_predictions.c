/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "backtest.h"
#include "json.h"
#include "print_predictions.h"
#include "session.h"

typedef struct predictions_arguments {
    ape_prediction_filter filter; /* its ticker is the word after what to do */
    const char *today;
    const char *data_dir;
    uint32_t count;
    uint32_t days;
    double within;
    bool json;
} predictions_arguments;

static const command_option options[] = {
    TEXT_OPTION(predictions_arguments, filter.outcome, "outcome", "WORD",
                "list: those that are a HIT, NEAR, MISS or PENDING"),
    TEXT_OPTION(predictions_arguments, filter.target_from, "from", "DATE", "first target date"),
    TEXT_OPTION(predictions_arguments, filter.target_to, "to", "DATE", "last target date"),
    NUMBER_OPTION(predictions_arguments, filter.limit, "limit", 1, 1000,
                  "list: so many of them (default 50)"),
    TEXT_OPTION(predictions_arguments, filter.cursor, "cursor", "NEXT",
                "list: go on after an earlier page"),
    TEXT_OPTION(predictions_arguments, today, "today", "DATE",
                "check-actuals: leave later targets alone (default: the newest date)"),
    NUMBER_OPTION(predictions_arguments, count, "count", 1, 100000,
                  "backtest: so many forecasts (default 260)"),
    NUMBER_OPTION(predictions_arguments, days, "days", 1, 366,
                  "backtest: days from a forecast to its target (default 30)"),
    SHARE_OPTION(predictions_arguments, within, "within",
                 "backtest: how far the share held may be from the nominal (default 0.05)"),
    DATA_OPTION(predictions_arguments, data_dir),
    JSON_OPTION(predictions_arguments, json),
    OPTIONS_END,
};

static ape_status list(ape_store *store, const predictions_arguments *args, ape_text **out,
                       ape_error *err)
{
    return ape_store_list_predictions(store, &args->filter, out, err);
}

static ape_status latest(ape_store *store, const predictions_arguments *args, ape_text **out,
                         ape_error *err)
{
    return ape_store_latest_prediction(store, args->filter.ticker, out, err);
}

static ape_status corridor(ape_store *store, const predictions_arguments *args, ape_text **out,
                           ape_error *err)
{
    return ape_store_corridor(store, args->filter.ticker, args->filter.target_from,
                              args->filter.target_to, out, err);
}

static ape_status track_record(ape_store *store, const predictions_arguments *args, ape_text **out,
                               ape_error *err)
{
    return ape_store_track_record(store, args->filter.ticker, args->filter.target_from,
                                  args->filter.target_to, out, err);
}

typedef struct action {
    const char *name;
    enum { TICKER_NONE, TICKER_MAY, TICKER_MUST } ticker;
    ape_status (*ask)(ape_store *store, const predictions_arguments *args, ape_text **out,
                      ape_error *err);
    void (*print)(const cJSON *json);
} action;

static const action actions[] = {
    { "list", TICKER_MAY, list, print_prediction_list },
    { "history", TICKER_MUST, list, print_prediction_list },
    { "latest", TICKER_MUST, latest, print_prediction },
    { "corridor", TICKER_MUST, corridor, print_corridor },
    { "track-record", TICKER_MAY, track_record, print_track_record },
    { "check-actuals", TICKER_NONE, NULL, print_check },
    { "backtest", TICKER_MAY, NULL, NULL },
};

static int print(const action *chosen, const predictions_arguments *args, ape_text *text)
{
    cJSON *json;

    if (args->json) {
        print_text(text);
        return EXIT_DONE;
    }
    json = cJSON_Parse(ape_text_data(text));
    chosen->print(json);
    cJSON_Delete(json);
    ape_text_free(text);
    return EXIT_DONE;
}

static int ask(ape_store *store, const action *chosen, const predictions_arguments *args)
{
    ape_text *text;
    ape_error err;
    ape_status st = chosen->ask(store, args, &text, &err);

    if (st == APE_OK)
        return print(chosen, args, text);
    complain(&err);
    return st == APE_ERR_NOT_FOUND ? EXIT_NO_VALUE
           : st == APE_ERR_INVALID ? EXIT_USAGE
                                   : EXIT_FAILED;
}

static int check_actuals(ape_store *store, const action *chosen, const predictions_arguments *args)
{
    ape_market *market;
    ape_text *text;
    ape_error err;
    int status;

    market = open_market(args->data_dir, &status);
    if (!market)
        return status;
    if (ape_store_check_actuals(store, market, args->today, &text, &err) == APE_OK)
        status = print(chosen, args, text);
    else
        status = complain(&err);
    ape_market_free(market);
    return status;
}

static int act(const action *chosen, const predictions_arguments *args)
{
    ape_store *store;
    int status;

    if (strcmp(chosen->name, "backtest") == 0)
        return backtest(&(backtest_options){ args->filter.ticker, args->data_dir, args->count,
                                             args->days, args->within, args->json });
    store = open_store(&status);
    if (!store)
        return status;
    status = chosen->ask ? ask(store, chosen, args) : check_actuals(store, chosen, args);
    ape_store_free(store);
    return status;
}

static const action *find(const char *name)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int run(int argc, char **argv)
{
    predictions_arguments args = { .count = 260, .days = 30, .within = 0.05 };
    const action *chosen;
    int word, words;

    ape_prediction_filter_init(&args.filter, sizeof(args.filter));
    word = parse_options(&command_predictions, argc, argv, &args);
    if (word < 0)
        return EXIT_USAGE;
    words = argc - word;
    chosen = words > 0 ? find(argv[word]) : NULL;
    if (!chosen)
        return usage_error(&command_predictions,
                           "say what to do with the predictions: list, history, latest, corridor, "
                           "track-record, check-actuals or backtest");
    if (words > (chosen->ticker == TICKER_NONE ? 1 : 2))
        return usage_error(&command_predictions, "too many words: '%s'", argv[argc - 1]);
    if (words == 1 && chosen->ticker == TICKER_MUST)
        return usage_error(&command_predictions, "%s of which ticker?", chosen->name);
    args.filter.ticker = words > 1 ? argv[word + 1] : NULL;
    return act(chosen, &args);
}

const command command_predictions = {
    .name = "predictions",
    .arguments = "ACTION [TICKER] [OPTION]...",
    .summary = "Show the price corridors that were forecast, and how good they were",
    .options = options,
    .help = "\n"
            "  list [TICKER]          predictions, newest first\n"
            "  history TICKER         those of a ticker\n"
            "  latest TICKER          the newest of a ticker\n"
            "  corridor TICKER        for each target date the newest\n"
            "  track-record [TICKER]  how often the price was in the corridor\n"
            "  check-actuals          look up what became of predictions, and keep it\n"
            "  backtest [TICKER]      forecast from days long past, and check; keeps nothing\n\n"
            "'ape query --keep' keeps what it forecasts. The store is that of the settings:\n"
            "predictions.db in APE_STATE_DIR, or DATABASE_URL.\n"
            "Exit status: 0 done, 3 there is none, 1 failed or not as good as said, 2 usage.\n",
    .run = run,
};
