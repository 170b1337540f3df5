/* SPDX-License-Identifier: MIT */
#include "backtest.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "print_predictions.h"
#include "session.h"

enum {
    DAY_S = 86400,
    DAYS_BEFORE_FIRST = 4 * 365, /* a forecast learns from five years; four are enough to begin */
};

typedef struct run_of_tests {
    const backtest_options *options;
    ape_orchestrator *orchestrator;
    ape_store *store;
    ape_market *market;
    cJSON *tickers; /* those with enough prices */
} run_of_tests;

static time_t read_date(const char *text)
{
    struct tm tm = { .tm_year = 0 };

    return strptime(text, "%Y-%m-%d", &tm) ? timegm(&tm) : 0;
}

static void write_date(time_t time, char out[11])
{
    struct tm tm;

    gmtime_r(&time, &tm);
    strftime(out, 11, "%Y-%m-%d", &tm);
}

/* Forecasts are spread evenly over the years: many made on one day would all stand or fall with
 * that day's market. */
static bool spread(const run_of_tests *t, const cJSON *entry, uint32_t i, char as_of[11])
{
    time_t first = read_date(json_text(entry, "first")) + (time_t)DAYS_BEFORE_FIRST * DAY_S;
    time_t last = read_date(json_text(entry, "last")) - (time_t)t->options->days * DAY_S;
    uint32_t steps = t->options->count > 1 ? t->options->count - 1 : 1;

    if (last < first)
        return false;
    write_date(first + (last - first) / DAY_S * i / steps * DAY_S, as_of);
    return true;
}

static bool read_tickers(run_of_tests *t, ape_error *err)
{
    const char *wanted = t->options->ticker;
    cJSON *all, *entry, *next;
    char as_of[11];
    ape_text *list;

    if (ape_market_list(t->market, &list, err) != APE_OK)
        return false;
    all = cJSON_Parse(ape_text_data(list));
    ape_text_free(list);
    for (entry = all ? all->child : NULL; entry; entry = next) {
        next = entry->next;
        if ((wanted && strcmp(wanted, json_text(entry, "ticker")) != 0) ||
            !spread(t, entry, 0, as_of))
            cJSON_Delete(cJSON_DetachItemViaPointer(all, entry));
    }
    t->tickers = all;
    if (cJSON_GetArraySize(all) > 0)
        return true;
    err->status = APE_ERR_NOT_FOUND;
    snprintf(err->message, sizeof(err->message),
             "no prices of %s over four years and %u days; 'ape data list' tells what there is",
             wanted ? wanted : "any ticker", (unsigned)t->options->days);
    return false;
}

static ape_status forecast(const run_of_tests *t, uint32_t i, ape_error *err)
{
    /* A step that shares no factor with most numbers of tickers visits all of them. */
    const cJSON *entry =
        cJSON_GetArrayItem(t->tickers, (int)(i * 7 % (uint32_t)cJSON_GetArraySize(t->tickers)));
    const char *ticker = json_text(entry, "ticker");
    char as_of[11], question[100];
    ape_query_options opts;
    ape_answer *answer;
    ape_status st;

    spread(t, entry, i, as_of);
    snprintf(question, sizeof(question), "Where will %s%s be in %u days?",
             ticker[0] == '^' ? "" : "$", ticker, (unsigned)t->options->days);
    ape_query_options_init(&opts, sizeof(opts));
    opts.as_of = as_of;
    opts.provider = "builtin";
    st = ape_orchestrator_query(t->orchestrator, question, strlen(question), &opts, &answer, err);
    if (st != APE_OK)
        return st;
    if (ape_answer_get_status(answer) != APE_ANSWER_VERIFIED) {
        st = err->status = APE_ERR_STATE;
        snprintf(err->message, sizeof(err->message), "%s as of %s: %.150s", ticker, as_of,
                 ape_answer_sentence(answer));
    }
    ape_answer_free(answer);
    return st;
}

static ape_status forecast_all(const run_of_tests *t, ape_error *err)
{
    bool live = is_terminal(stderr);
    ape_status st = APE_OK;

    for (uint32_t i = 0; i < t->options->count && st == APE_OK; i++) {
        if (live)
            fprintf(stderr, "\r\033[Kforecast %u of %u ...", (unsigned)i + 1,
                    (unsigned)t->options->count);
        st = forecast(t, i, err);
    }
    if (live)
        fputs("\r\033[K", stderr);
    return st;
}

/* Whether each level of confidence held the share that it says. */
static bool is_calibrated(const cJSON *record, double within)
{
    const cJSON *level;

    cJSON_ArrayForEach(level, json_member(record, "calibration"))
    {
        /* Not !(... > within): a coverage of nothing is no number. */
        if (!(fabs(json_number(level, "coverage") - json_number(level, "confidence")) <= within))
            return false;
    }
    return json_number(record, "checked") > 0;
}

static int report(const run_of_tests *t, ape_text *text)
{
    cJSON *record = cJSON_Parse(ape_text_data(text));
    bool good = is_calibrated(record, t->options->within);

    if (t->options->json)
        puts(ape_text_data(text));
    else
        print_track_record(record);
    if (!good)
        fprintf(stderr, "ape: the corridors are more than %.3g points from what they say\n",
                100 * t->options->within);
    cJSON_Delete(record);
    ape_text_free(text);
    return good ? EXIT_DONE : EXIT_FAILED;
}

static int forecast_and_check(run_of_tests *t)
{
    ape_text *text = NULL;
    ape_error err;
    ape_status st;

    if (!read_tickers(t, &err))
        return complain(&err);
    st = forecast_all(t, &err);
    if (st == APE_OK)
        st = ape_store_check_actuals(t->store, t->market, NULL, &text, &err);
    if (st == APE_OK) {
        ape_text_free(text);
        st = ape_store_track_record(t->store, NULL, NULL, NULL, &text, &err);
    }
    return st == APE_OK ? report(t, text) : complain(&err);
}

static int with_store(const backtest_options *options, const char *folder)
{
    run_of_tests t = { .options = options };
    int status;

    t.store = open_store_in(folder, &status);
    if (t.store)
        t.market = open_market(options->data_dir, &status);
    if (t.market)
        t.orchestrator = open_orchestrator(options->data_dir, t.store, NULL, &status);
    if (t.orchestrator)
        status = forecast_and_check(&t);
    cJSON_Delete(t.tickers);
    ape_orchestrator_free(t.orchestrator);
    ape_market_free(t.market);
    ape_store_free(t.store);
    return status;
}

static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    rmdir(path);
}

int backtest(const backtest_options *options)
{
    const char *temporary = getenv("TMPDIR");
    char folder[256];
    int status;

    snprintf(folder, sizeof(folder), "%s/ape-backtest-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(folder)) {
        fprintf(stderr, "ape: no folder can be made for the forecasts: %s\n", folder);
        return EXIT_FAILED;
    }
    status = with_store(options, folder);
    remove_folder(folder);
    return status;
}
