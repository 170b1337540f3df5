/* SPDX-License-Identifier: MIT */
/* test_store sqlite|postgres|postgres_tls: what every store must do, on a real database. */
#include <ape/store.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/json.h"

#include "counting_host.h"
#include "metrics_text.h"
#include "servers.h"

static counting_host counting;
static test_server postgres;
static bool use_postgres;
static char folder[64];
static ape_store *store;

static ape_store *open_store(void)
{
    ape_settings_options settings_options;
    ape_store_options opts;
    ape_settings *settings;
    ape_store *s = NULL;
    ape_error err = { .message = "" };

    ape_settings_options_init(&settings_options, sizeof(settings_options));
    settings_options.ignore_environment = 1;
    test_expect(ape_settings_new(counting.host, &settings_options, &settings, NULL) == APE_OK, "-");
    if (use_postgres)
        test_expect(ape_settings_set(settings, "DATABASE_URL", postgres.url, NULL) == APE_OK, "-");
    ape_store_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.state_dir = folder;
    test_expect(ape_store_new(counting.host, &opts, &s, &err) == APE_OK, "%s", err.message);
    ape_settings_free(settings);
    return s;
}

static cJSON *parse(ape_text *text)
{
    cJSON *json;
    ape_error err;

    test_expect(ape__json_parse(ape_text_data(text), ape_text_size(text), &json, &err) == APE_OK,
                "%s: %s", err.message, ape_text_data(text));
    ape_text_free(text);
    return json;
}

static ape_prediction some_prediction(const char *ticker, const char *target)
{
    ape_prediction p;

    ape_prediction_init(&p, sizeof(p));
    p.ticker = ticker;
    p.as_of = "2022-01-03";
    p.target_date = target;
    p.low = 90.125;
    p.base = 100.1;
    p.high = 110.0 / 3 * 3.1;
    p.confidence = 0.8;
    return p;
}

static void put(const ape_prediction *p, char id[65])
{
    ape_store_place place = -1;
    ape_error err = { .message = "" };

    test_expect(ape_store_put_prediction(store, p, id, &place, &err) == APE_OK, "%s", err.message);
    test_expect(place == APE_STORE_STORED, "%s", ape_store_place_name(place));
}

/* Queries. */

static void queries_are_kept_and_replaced(void)
{
    static const char running[] = "{\"query_id\": \"q-1\", \"question\": \"Sharpe of AAPL'; DROP "
                                  "TABLE predictions; --?\", \"status\": \"running\"}";
    static const char done[] = "{\"query_id\": \"q-1\", \"question\": \"caf\xc3\xa9 \\u20ac\", "
                               "\"status\": \"verified\", \"result\": {\"value\": 1.36}}";
    ape_store_place place = -1;
    ape_text *text;
    cJSON *json;

    test_expect(ape_store_put_query(store, running, strlen(running), &place, NULL) == APE_OK, "-");
    test_expect(place == APE_STORE_STORED, "-");
    test_expect(ape_store_get_query(store, "q-1", &text, NULL) == APE_OK, "-");
    json = parse(text);
    test_expect(strstr(ape__json_get_string(json, "question"), "'; DROP TABLE predictions; --?"),
                "-");
    cJSON_Delete(json);
    counting.wall_ms += 1500;
    test_expect(ape_store_put_query(store, done, strlen(done), NULL, NULL) == APE_OK, "-");
    test_expect(ape_store_get_query(store, "q-1", &text, NULL) == APE_OK, "-");
    json = parse(text);
    test_expect(strcmp(ape__json_get_string(json, "status"), "verified") == 0, "-");
    test_expect(strcmp(ape__json_get_string(json, "question"), "caf\xc3\xa9 \xe2\x82\xac") == 0,
                "-");
    test_expect(strcmp(ape__json_get_string(json, "created"), "2022-12-28T00:00:00.000Z") == 0,
                "-");
    test_expect(strcmp(ape__json_get_string(json, "updated"), "2022-12-28T00:00:01.500Z") == 0,
                "-");
    test_expect(ape__json_get_object(ape__json_get_object(json, "answer"), "result"), "-");
    cJSON_Delete(json);
    test_expect(ape_store_get_query(store, "q-2", &text, NULL) == APE_ERR_NOT_FOUND, "-");
}

static void bad_queries_are_refused(void)
{
    static const struct {
        const char *answer, *says;
    } rows[] = {
        { "", "not one JSON object" },
        { "[]", "query_id" },
        { "{\"question\": \"x\", \"status\": \"y\"}", "query_id" },
        { "{\"query_id\": \"a b\", \"question\": \"x\", \"status\": \"y\"}", "query_id" },
        { "{\"query_id\": \"x'; --\", \"question\": \"x\", \"status\": \"y\"}", "query_id" },
        { "{\"query_id\": 7, \"question\": \"x\", \"status\": \"y\"}", "query_id" },
        { "{\"query_id\": \"a\", \"status\": \"y\"}", "question" },
        { "{\"query_id\": \"a\", \"question\": \"x\"}", "status" },
        { "{\"query_id\": \"a\", \"question\": \"\xff\", \"status\": \"y\"}", "UTF-8" },
        { "{\"query_id\": \"a\"", "not one JSON object" },
    };
    ape_text *text;
    ape_error err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        test_expect(ape_store_put_query(store, rows[i].answer, strlen(rows[i].answer), NULL,
                                        &err) == APE_ERR_INVALID,
                    "%s", rows[i].answer);
        test_expect(strstr(err.message, rows[i].says), "%s: %s", rows[i].answer, err.message);
    }
    test_expect(ape_store_put_query(store, NULL, 0, NULL, NULL) == APE_ERR_INVALID, "-");
    test_expect(ape_store_get_query(store, "' OR 1=1", &text, NULL) == APE_ERR_INVALID, "-");
    test_expect(ape_store_get_query(store, NULL, &text, NULL) == APE_ERR_INVALID, "-");
}

static void queries_come_in_pages(void)
{
    char answer[120], *cursor = NULL;
    int seen = 0;

    for (int i = 0; i < 25; i++) {
        snprintf(answer, sizeof(answer),
                 "{\"query_id\": \"page-%02d\", \"question\": \"?\", \"status\": \"failed\"}", i);
        counting.wall_ms += i % 3; /* some at the same time */
        test_expect(ape_store_put_query(store, answer, strlen(answer), NULL, NULL) == APE_OK, "-");
    }
    do {
        ape_text *text;
        cJSON *json;
        const cJSON *item;

        test_expect(ape_store_list_queries(store, 4, cursor, &text, NULL) == APE_OK, "-");
        free(cursor);
        json = parse(text);
        cJSON_ArrayForEach(item, ape__json_get_array(json, "queries"))
        {
            seen += strncmp(ape__json_get_string(item, "query_id"), "page-", 5) == 0;
        }
        cursor =
            ape__json_get_string(json, "next") ? strdup(ape__json_get_string(json, "next")) : NULL;
        cJSON_Delete(json);
    } while (cursor);
    test_expect(seen == 25, "%d", seen);
}

/* Predictions. */

static void predictions_read_back_exactly(void)
{
    ape_prediction p = some_prediction("EXACT", "2022-02-03");
    ape_text *text;
    char id[65];
    double high;
    cJSON *json;

    p.query_id = "q-1";
    put(&p, id);
    test_expect(strlen(id) == 36, "%s", id);
    test_expect(ape_store_latest_prediction(store, "EXACT", &text, NULL) == APE_OK, "-");
    json = parse(text);
    test_expect(strcmp(ape__json_get_string(json, "id"), id) == 0, "-");
    test_expect(strcmp(ape__json_get_string(json, "query_id"), "q-1") == 0, "-");
    test_expect(strcmp(ape__json_get_string(json, "as_of"), "2022-01-03") == 0, "-");
    test_expect(strcmp(ape__json_get_string(json, "target_date"), "2022-02-03") == 0, "-");
    test_expect(ape__json_get_number(json, "high", &high) && high == p.high, "-");
    test_expect(cJSON_IsNull(ape__json_get(json, "outcome")), "-");
    cJSON_Delete(json);
    test_expect(ape_store_latest_prediction(store, "NOBODY", &text, NULL) == APE_ERR_NOT_FOUND,
                "-");
}

static void a_repeated_write_changes_nothing(void)
{
    ape_prediction p = some_prediction("TWICE", "2022-02-03");
    ape_prediction_filter filter;
    ape_text *text;
    cJSON *json;
    double base;

    p.id = "the-same";
    put(&p, NULL);
    p.base = 101;
    put(&p, NULL);
    ape_prediction_filter_init(&filter, sizeof(filter));
    filter.ticker = "TWICE";
    test_expect(ape_store_list_predictions(store, &filter, &text, NULL) == APE_OK, "-");
    json = parse(text);
    test_expect(cJSON_GetArraySize(ape__json_get_array(json, "predictions")) == 1, "-");
    test_expect(
        ape__json_get_number(ape__json_get_array(json, "predictions")->child, "base", &base) &&
            base == 100.1,
        "-");
    cJSON_Delete(json);
}

static void bad_predictions_are_refused(void)
{
    const ape_prediction good = some_prediction("AAPL", "2022-02-03");
    ape_prediction bad[16];
    static const char *const says[16] = { "ticker",     "ticker",     "ticker",   "ticker",
                                          "as_of",      "as_of",      "target",   "target",
                                          "corridor",   "corridor",   "corridor", "confidence",
                                          "confidence", "confidence", "id",       "created_ms" };
    ape_error err;

    for (size_t i = 0; i < 16; i++)
        bad[i] = good;
    bad[0].ticker = NULL;
    bad[1].ticker = "AAPL'; DROP TABLE predictions; --";
    bad[2].ticker = "../../etc/passwd";
    bad[3].ticker = "";
    bad[4].as_of = "yesterday";
    bad[5].as_of = NULL;
    bad[6].target_date = "2022-02-30";
    bad[7].target_date = "2021-12-31";
    bad[8].low = 0;
    bad[9].low = 105;
    bad[10].high = 1.0 / 0.0;
    bad[11].confidence = 0;
    bad[12].confidence = 1;
    bad[13].confidence = 0.0 / 0.0;
    bad[14].id = "not an id";
    bad[15].created_ms = -1;
    for (size_t i = 0; i < 16; i++) {
        test_expect(ape_store_put_prediction(store, &bad[i], NULL, NULL, &err) == APE_ERR_INVALID,
                    "row %zu", i);
        test_expect(strstr(err.message, says[i]), "row %zu: %s", i, err.message);
    }
}

static void pages_neither_repeat_nor_skip(void)
{
    char *cursor = NULL, last[128] = "~";
    int seen = 0;

    for (int i = 0; i < 57; i++) {
        ape_prediction p = some_prediction("PAGE", "2022-02-03");

        p.created_ms = 1000000 + i / 5; /* five at a time */
        put(&p, NULL);
    }
    do {
        ape_prediction newer = some_prediction("PAGE", "2022-03-03");
        ape_prediction_filter filter;
        ape_text *text;
        cJSON *json;
        const cJSON *item;

        ape_prediction_filter_init(&filter, sizeof(filter));
        filter.ticker = "PAGE";
        filter.target_to = "2022-02-28";
        filter.limit = 7;
        filter.cursor = cursor;
        test_expect(ape_store_list_predictions(store, &filter, &text, NULL) == APE_OK, "-");
        free(cursor);
        json = parse(text);
        cJSON_ArrayForEach(item, ape__json_get_array(json, "predictions"))
        {
            char key[128];

            snprintf(key, sizeof(key), "%s %s", ape__json_get_string(item, "created"),
                     ape__json_get_string(item, "id"));
            test_expect(strcmp(key, last) < 0, "%s after %s", key, last);
            memcpy(last, key, sizeof(last));
            seen++;
        }
        cursor =
            ape__json_get_string(json, "next") ? strdup(ape__json_get_string(json, "next")) : NULL;
        cJSON_Delete(json);
        put(&newer, NULL);
    } while (cursor);
    test_expect(seen == 57, "%d", seen);
}

static void bad_filters_are_refused(void)
{
    static const struct {
        const char *ticker, *outcome, *from, *to, *cursor, *says;
        uint32_t limit;
    } rows[] = {
        { .ticker = "A'B", .says = "ticker" },     { .outcome = "hit", .says = "outcome" },
        { .from = "2022", .says = "target_from" }, { .to = "x", .says = "target_to" },
        { .cursor = "abc", .says = "cursor" },     { .cursor = "12.a' OR 1", .says = "cursor" },
        { .limit = 1001, .says = "limit" },
    };
    ape_text *text;
    ape_error err;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ape_prediction_filter f;

        ape_prediction_filter_init(&f, sizeof(f));
        f.ticker = rows[i].ticker;
        f.outcome = rows[i].outcome;
        f.target_from = rows[i].from;
        f.target_to = rows[i].to;
        f.cursor = rows[i].cursor;
        f.limit = rows[i].limit;
        test_expect(ape_store_list_predictions(store, &f, &text, &err) == APE_ERR_INVALID, "%zu",
                    i);
        test_expect(strstr(err.message, rows[i].says), "%zu: %s", i, err.message);
    }
    test_expect(ape_store_corridor(store, "X", "x", NULL, &text, NULL) == APE_ERR_INVALID, "-");
    test_expect(ape_store_track_record(store, "'", NULL, NULL, &text, NULL) == APE_ERR_INVALID,
                "-");
}

static void corridor_shows_the_newest_of_each_date(void)
{
    ape_text *text;
    cJSON *json;
    const cJSON *list;
    double base;

    for (int i = 0; i < 6; i++) {
        ape_prediction p = some_prediction("CORR", i % 2 ? "2022-02-03" : "2022-02-01");

        p.created_ms = 5000 + i;
        p.base = 100 + i;
        put(&p, NULL);
    }
    test_expect(
        ape_store_corridor(store, "CORR", "2022-01-01", "2022-12-31", &text, NULL) == APE_OK, "-");
    json = parse(text);
    list = ape__json_get_array(json, "corridor");
    test_expect(cJSON_GetArraySize(list) == 2, "-");
    test_expect(strcmp(ape__json_get_string(list->child, "target_date"), "2022-02-01") == 0, "-");
    test_expect(ape__json_get_number(list->child, "base", &base) && base == 104, "%g", base);
    test_expect(ape__json_get_number(list->child->next, "base", &base) && base == 105, "%g", base);
    cJSON_Delete(json);
}

/* What became of them. */

static void write_market_file(const char *dir, const char *name, const char *text)
{
    char path[160];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

/* HITS ends at 100; GAPS has no Saturday; SPLT splits two for one; SHORT ends too early. */
static ape_market *make_market(char dir[64])
{
    ape_market_options opts;
    ape_market *market;
    ape_error err = { .message = "" };

    test_folder_new(dir);
    write_market_file(dir, "HITS.csv",
                      "Date,Close\n2022-01-03,100\n2022-02-03,100\n2022-02-04,100\n");
    write_market_file(dir, "GAPS.csv",
                      "Date,Close\n2022-01-03,100\n2022-02-04,118\n2022-02-07,500\n");
    write_market_file(dir, "SPLT.csv", "Date,Close\n2022-01-03,50\n2022-01-20,50\n2022-02-03,65\n");
    write_market_file(dir, "SPLT.actions.csv", "Date,Dividends,Stock Splits\n2022-01-20,0,2\n");
    write_market_file(dir, "SHORT.csv", "Date,Close\n2022-01-03,100\n2022-02-02,100\n");
    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = dir;
    test_expect(ape_market_new(counting.host, &opts, &market, &err) == APE_OK, "%s", err.message);
    return market;
}

static int64_t number_of(const cJSON *json, const char *name)
{
    double value = -1;

    ape__json_get_number(json, name, &value);
    return (int64_t)value;
}

static cJSON *check_actuals(ape_market *market, const char *today)
{
    ape_text *text;
    ape_error err = { .message = "" };

    test_expect(ape_store_check_actuals(store, market, today, &text, &err) == APE_OK, "%s",
                err.message);
    return parse(text);
}

static void expect_outcome(const char *ticker, const char *outcome, double actual)
{
    ape_text *text;
    cJSON *json;
    double found = 0;

    test_expect(ape_store_latest_prediction(store, ticker, &text, NULL) == APE_OK, "-");
    json = parse(text);
    test_expect(strcmp(ape__json_get_string(json, "outcome"), outcome) == 0, "%s: %s", ticker,
                ape__json_get_string(json, "outcome"));
    test_expect(ape__json_get_number(json, "actual", &found) && found == actual, "%s: %g", ticker,
                found);
    cJSON_Delete(json);
}

static void outcomes_come_from_the_market(void)
{
    static const struct {
        const char *ticker, *target;
    } rows[] = { { "HITS", "2022-02-03" },
                 { "GAPS", "2022-02-05" },
                 { "SPLT", "2022-02-03" },
                 { "SHORT", "2022-02-03" } };
    char dir[64];
    ape_market *market = make_market(dir);
    cJSON *json;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ape_prediction p = some_prediction(rows[i].ticker, rows[i].target);

        p.low = 90;
        p.base = 100;
        p.high = 110;
        put(&p, NULL);
    }
    json = check_actuals(market, "2022-02-02");
    test_expect(number_of(json, "checked") == 0, "-");
    cJSON_Delete(json);
    json = check_actuals(market, NULL);
    test_expect(number_of(json, "hits") == 1, "%lld", (long long)number_of(json, "hits"));
    test_expect(number_of(json, "nears") == 0, "-");
    test_expect(number_of(json, "misses") == 2, "%lld", (long long)number_of(json, "misses"));
    test_expect(number_of(json, "pending") == 1, "%lld", (long long)number_of(json, "pending"));
    cJSON_Delete(json);
    expect_outcome("HITS", "HIT", 100);
    expect_outcome("GAPS", "MISS", 118);
    expect_outcome("SPLT", "MISS", 130);
    json = check_actuals(market, NULL);
    test_expect(number_of(json, "checked") == 0, "a second check finds nothing new");
    cJSON_Delete(json);
    ape_market_free(market);
    test_folder_remove(dir);
}

static void track_record_counts(void)
{
    static const double bases[] = { 95, 100, 105, 92, 108, 80, 60, 100 };
    char dir[64];
    ape_market *market = make_market(dir);
    ape_text *text;
    cJSON *json;
    const cJSON *first;
    double rate = 0, error = 0;

    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        ape_prediction p = some_prediction("HITS", "2022-02-04");

        p.low = bases[i] - 10;
        p.base = bases[i];
        p.high = bases[i] + 10;
        p.confidence = i < 4 ? 0.5 : 0.9;
        put(&p, NULL);
    }
    cJSON_Delete(check_actuals(market, NULL));
    test_expect(ape_store_track_record(store, "HITS", "2022-02-04", NULL, &text, NULL) == APE_OK,
                "-");
    json = parse(text);
    test_expect(number_of(json, "checked") == 8, "-");
    test_expect(number_of(json, "hits") == 6, "%lld", (long long)number_of(json, "hits"));
    test_expect(number_of(json, "misses") == 2, "-");
    test_expect(ape__json_get_number(json, "hit_rate", &rate) && rate == 0.75, "%g", rate);
    test_expect(ape__json_get_number(json, "mean_error", &error) && error > 0.1 && error < 0.13,
                "%g", error);
    test_expect(cJSON_GetArraySize(ape__json_get_array(json, "calibration")) == 2, "-");
    first = ape__json_get_array(json, "calibration")->child;
    test_expect(ape__json_get_number(first, "coverage", &rate) && rate == 1, "%g", rate);
    cJSON_Delete(json);
    test_expect(ape_store_track_record(store, "NOBODY", NULL, NULL, &text, NULL) == APE_OK, "-");
    json = parse(text);
    test_expect(number_of(json, "checked") == 0 && cJSON_IsNull(ape__json_get(json, "hit_rate")),
                "-");
    cJSON_Delete(json);
    ape_market_free(market);
    test_folder_remove(dir);
}

static void near_is_a_quarter_of_the_width(void)
{
    static const struct {
        double low, high;
        const char *outcome;
    } rows[] = { { 100, 120, "HIT" }, { 80, 100, "HIT" },     { 104, 120, "NEAR" },
                 { 80, 96, "NEAR" },  { 104.1, 120, "MISS" }, { 80, 95.9, "MISS" } };
    char dir[64];
    ape_market *market = make_market(dir);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ape_prediction p = some_prediction("HITS", "2022-02-03");

        p.created_ms = INT64_C(4000000000000) + (int64_t)i;
        p.low = rows[i].low;
        p.base = (rows[i].low + rows[i].high) / 2;
        p.high = rows[i].high;
        put(&p, NULL);
        cJSON_Delete(check_actuals(market, NULL));
        expect_outcome("HITS", rows[i].outcome, 100);
    }
    ape_market_free(market);
    test_folder_remove(dir);
}

/* Many at once, and again after closing. */

enum { THREADS = 8, EACH = 40 };

static void *put_many(void *user)
{
    (void)user;
    for (int i = 0; i < EACH; i++) {
        ape_prediction p = some_prediction("MANY", "2022-02-03");
        ape_text *text;

        put(&p, NULL);
        if (i % 8 == 0 && ape_store_latest_prediction(store, "MANY", &text, NULL) == APE_OK)
            ape_text_free(text);
    }
    return NULL;
}

static int count_of(const char *ticker)
{
    ape_prediction_filter filter;
    ape_text *text;
    cJSON *json;
    int count;

    ape_prediction_filter_init(&filter, sizeof(filter));
    filter.ticker = ticker;
    filter.limit = 1000;
    test_expect(ape_store_list_predictions(store, &filter, &text, NULL) == APE_OK, "-");
    json = parse(text);
    count = cJSON_GetArraySize(ape__json_get_array(json, "predictions"));
    cJSON_Delete(json);
    return count;
}

static void threads_share_a_store(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, put_many, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    test_expect(count_of("MANY") == THREADS * EACH, "%d", count_of("MANY"));
}

static void *open_another(void *user)
{
    *(ape_store **)user = open_store();
    return NULL;
}

static void stores_may_open_at_once_and_see_each_other(void)
{
    ape_store *others[4];
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, open_another, &others[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) {
        ape_prediction p = some_prediction("OTHER", "2022-02-03");

        test_expect(ape_store_put_prediction(others[i], &p, NULL, NULL, NULL) == APE_OK, "-");
        ape_store_free(others[i]);
    }
    test_expect(count_of("OTHER") == 4, "-");
}

static void everything_is_there_after_reopening(void)
{
    ape_store_free(store);
    store = open_store();
    test_expect(count_of("MANY") == THREADS * EACH, "-");
}

static void health_tells_the_backend(void)
{
    ape_text *text;
    cJSON *json;

    test_expect(ape_store_health(store, &text, NULL) == APE_OK, "-");
    json = parse(text);
    test_expect(
        strcmp(ape__json_get_string(json, "backend"), use_postgres ? "postgres" : "sqlite") == 0,
        "-");
    test_expect(strcmp(ape__json_get_string(json, "state"), "ok") == 0, "-");
    test_expect(number_of(json, "queued") == 0, "-");
    cJSON_Delete(json);
}

/* A fresh process' store: nothing is used before it counts. */
static void reads_and_writes_are_counted(void)
{
    static const char query[] = "{\"query_id\": \"m-1\", \"question\": \"?\", \"status\": \"x\"}";
    static const char *const wanted[] = {
        "ape_store_writes_total{result=\"stored\"} 2\n",
        "ape_store_writes_total{result=\"failed\"} 0\n",
        "ape_store_write_seconds_count 2\n",
        "ape_store_reads_total{result=\"ok\"} 1\n",
        "ape_store_up 1\n",
        "ape_store_queued 0\n",
        "ape_store_set_aside 0\n",
        NULL,
    };
    ape_store *counted = open_store();
    ape_metrics_registry *registry;
    ape_text *text;

    test_expect(ape_metrics_registry_new(counting.host, NULL, &registry, NULL) == APE_OK, "-");
    test_expect(ape_store_set_metrics(counted, registry, NULL) == APE_OK, "-");
    test_expect(ape_store_set_metrics(counted, registry, NULL) == APE_ERR_STATE, "-");
    for (int i = 0; i < 2; i++)
        test_expect(ape_store_put_query(counted, query, strlen(query), NULL, NULL) == APE_OK, "-");
    test_expect(ape_store_get_query(counted, "m-1", &text, NULL) == APE_OK, "-");
    ape_text_free(text);
    expect_metrics(registry, wanted);
    ape_store_free(counted);
    test_expect(!metrics_hold(registry, "ape_store_up 1"), "a store that has gone is shown");
    ape_metrics_registry_free(registry);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
#define TEST(name) { #name, name }
        TEST(queries_are_kept_and_replaced),
        TEST(bad_queries_are_refused),
        TEST(queries_come_in_pages),
        TEST(predictions_read_back_exactly),
        TEST(a_repeated_write_changes_nothing),
        TEST(bad_predictions_are_refused),
        TEST(pages_neither_repeat_nor_skip),
        TEST(bad_filters_are_refused),
        TEST(corridor_shows_the_newest_of_each_date),
        TEST(outcomes_come_from_the_market),
        TEST(track_record_counts),
        TEST(near_is_a_quarter_of_the_width),
        TEST(threads_share_a_store),
        TEST(stores_may_open_at_once_and_see_each_other),
        TEST(everything_is_there_after_reopening),
        TEST(health_tells_the_backend),
        TEST(reads_and_writes_are_counted),
    };

    use_postgres = argc > 1 && strncmp(argv[1], "postgres", 8) == 0;
    postgres.tls = argc > 1 && strcmp(argv[1], "postgres_tls") == 0;
    if (use_postgres && !test_server_new(&postgres, "postgres"))
        return TEST_SKIPPED;
    counting_host_init(&counting);
    test_folder_new(folder);
    store = open_store();
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        printf("%s\n", tests[i].name);
        fflush(stdout);
        tests[i].run();
    }
    ape_store_free(store);
    test_expect(counting_host_done(&counting), "something was not given back");
    test_folder_remove(folder);
    test_server_free(&postgres);
    return 0;
}
