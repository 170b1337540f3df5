/* SPDX-License-Identifier: MIT */
#include "market/market.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "core/json.h"
#include "counting_host.h"
#include "market/folder.h"

static counting_host counting;
static char folder[32];
static ape_error err;

static void setup(void)
{
    counting_host_init(&counting);
    snprintf(folder, sizeof(folder), "/tmp/ape-market-XXXXXX");
    cr_assert(mkdtemp(folder));
}

static void teardown(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
    counting_host_end_test(&counting);
}

TestSuite(market, .init = setup, .fini = teardown);

static void put(const char *name, const char *text)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

static ape_market *open_market(void)
{
    ape_market_options opts;
    ape_market *market;

    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = folder;
    cr_assert_eq(ape_market_new(counting.host, &opts, &market, &err), APE_OK, "%s", err.message);
    return market;
}

static ape__date day(const char *text)
{
    ape__date date;

    cr_assert(ape__date_parse(text, 10, &date));
    return date;
}

static ape_status prices(ape_market *market, const char *ticker, const char *as_of,
                         ape__prices *out)
{
    return ape__market_prices(market, ticker, day(as_of), day("1900-01-01"), day("2100-01-01"), out,
                              &err);
}

Test(market, lists_sorted_and_finds_the_newest_date)
{
    ape_market *market;
    ape_text *list;
    char date[11];

    put("KO.csv", "Date,Close\n2021-01-04,50\n2021-01-05,51\n");
    put("^GSPC.csv", "Adj Close,Date\r\n3700.5,2021-01-07\r\n");
    put("BRK-B.csv", "Date,Open,High,Low,Close,Adj Close,Volume\n2021-01-04,1,2,0.5,1.5,1.5,0\n\n");
    put("KO.actions.csv", "Date,Dividends\n2021-01-05,0.42\n");
    put("notes.txt", "not a ticker");
    market = open_market();
    cr_assert_eq(ape_market_list(market, &list, &err), APE_OK, "%s", err.message);
    cr_assert_str_eq(ape_text_data(list), "[{\"ticker\":\"BRK-B\",\"first\":\"2021-01-04\","
                                          "\"last\":\"2021-01-04\",\"rows\":1},"
                                          "{\"ticker\":\"KO\",\"first\":\"2021-01-04\","
                                          "\"last\":\"2021-01-05\",\"rows\":2},"
                                          "{\"ticker\":\"^GSPC\",\"first\":\"2021-01-07\","
                                          "\"last\":\"2021-01-07\",\"rows\":1}]");
    ape_text_free(list);
    cr_assert_eq(ape_market_newest_date(market, date, &err), APE_OK);
    cr_assert_str_eq(date, "2021-01-07");
    ape_market_free(market);
}

Test(market, missing_and_empty_folders_are_named)
{
    ape_market_options opts;
    ape_market *market;

    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = folder;
    cr_assert_eq(ape_market_new(counting.host, &opts, &market, &err), APE_ERR_NOT_FOUND);
    cr_assert(strstr(err.message, folder) && strstr(err.message, "no <TICKER>.csv"));
    opts.data_dir = "/nonexistent/prices";
    cr_assert_eq(ape_market_new(counting.host, &opts, &market, &err), APE_ERR_NOT_FOUND);
    cr_assert(strstr(err.message, "/nonexistent/prices"));
}

typedef struct broken {
    char text[72];
    char says[72];
} broken;

ParameterizedTestParameters(market, refuses_broken_files)
{
    static broken files[] = {
        { "", "X.csv: empty file" },
        { "Date,Price\n2021-01-04,1\n", "X.csv: line 1: the header needs Date" },
        { "Date,Close\n", "X.csv: line 1: no prices" },
        { "Date,Close\n2021-01-04,1\n2021-01-05\n", "X.csv: line 3: 1 fields where" },
        { "Date,Close\n2021-01-04,1,2\n", "X.csv: line 2: 3 fields where" },
        { "Date,Close\n2021-02-30,1\n", "X.csv: line 2: expected a date" },
        { "Date,Close\n2021-01-05,1\n2021-01-04,1\n", "X.csv: line 3: the date is not later" },
        { "Date,Close\n2021-01-05,1\n2021-01-05,1\n", "X.csv: line 3: the date is not later" },
        { "Date,Close\n2021-01-05,abc\n", "X.csv: line 2: Close is not a number" },
        { "Date,Close\n2021-01-05,1e999\n", "X.csv: line 2: Close is not a number" },
        { "Date,Close\n2021-01-05,nan\n", "X.csv: line 2: Close is not a number" },
        { "Date,Close\n2021-01-05,0x10\n", "X.csv: line 2: Close is not a number" },
        { "Date,Close\n2021-01-05,\n", "X.csv: line 2: Close is not a number" },
        { "Date,Close\n2021-01-05,0\n", "X.csv: line 2: Close must be positive" },
        { "Date,Close\n2021-01-05,-1\n", "X.csv: line 2: Close must be positive" },
        { "Date,Close,Volume\n2021-01-05,1,-1\n", "X.csv: line 2: Volume must be zero or" },
        { "Date,Close\n2021-01-05,1\n\n2021-01-06,1\n", "X.csv: line 3: empty line" },
        { "\n\n", "X.csv: line 1: empty line" },
    };

    return cr_make_param_array(broken, files, sizeof(files) / sizeof(files[0]));
}

ParameterizedTest(broken *file, market, refuses_broken_files)
{
    ape_market *market;
    ape__prices out;
    ape_text *list;

    put("X.csv", file->text);
    market = open_market();
    cr_assert_eq(prices(market, "X", "2022-01-01", &out), APE_ERR_FORMAT);
    cr_assert(strstr(err.message, file->says), "'%s' for '%s'", err.message, file->text);
    cr_assert_eq(ape_market_list(market, &list, &err), APE_ERR_FORMAT);
    ape_market_free(market);
}

Test(market, a_broken_file_does_not_spoil_the_others)
{
    ape_market *market;
    ape__prices out;
    char date[11];

    put("BAD.csv", "Date,Close\n2021-01-04,oops\n");
    put("GOOD.csv", "Date,Close\n2021-01-05,2\n");
    market = open_market();
    cr_assert_eq(ape_market_newest_date(market, date, &err), APE_OK);
    cr_assert_str_eq(date, "2021-01-05");
    cr_assert_eq(prices(market, "GOOD", "2022-01-01", &out), APE_OK);
    ape__prices_clear(&out);
    ape_market_free(market);
}

Test(market, tickers_are_names_never_paths)
{
    static const char *const bad[] = { "",     ".",   "..",
                                       "../X", "a/b", "X\\Y",
                                       ".X",   "X Y", "0123456789012345678901234567890123456789" };
    static const char *const good[] = { "^GSPC", "BRK-B", "0700.HK", "EURUSD=X", "a_b" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect(!ape__ticker_valid(bad[i], strlen(bad[i])), "%s", bad[i]);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        cr_expect(ape__ticker_valid(good[i], strlen(good[i])), "%s", good[i]);
}

Test(market, nothing_after_the_as_of_date)
{
    ape_market *market;
    ape__prices out;

    put("X.csv", "Date,Close\n2021-01-04,1\n2021-01-05,2\n2021-01-06,3\n");
    market = open_market();
    cr_assert_eq(prices(market, "X", "2021-01-05", &out), APE_OK);
    cr_assert_eq(out.rows, 2);
    cr_assert_eq(out.dates[1], day("2021-01-05"));
    ape__prices_clear(&out);
    cr_assert_eq(prices(market, "X", "2021-01-03", &out), APE_OK);
    cr_assert_eq(out.rows, 0);
    cr_assert_eq(prices(market, "Y", "2021-01-03", &out), APE_ERR_NOT_FOUND);
    ape_market_free(market);
}

/* Dividend of 1 on a price of 100 in row 3 of 4; seen before it, Adj Close equals Close. */
Test(market, later_dividends_are_not_in_adj_close)
{
    ape_market *market;
    ape__prices out;

    put("X.csv", "Date,Close,Adj Close\n2021-01-04,100,99\n2021-01-05,100,99\n"
                 "2021-01-06,99,99\n2021-01-07,99,99\n");
    market = open_market();
    cr_assert_eq(prices(market, "X", "2021-01-05", &out), APE_OK);
    cr_assert_float_eq(out.values[APE__ADJ_CLOSE][0], 100, 1e-12);
    ape__prices_clear(&out);
    cr_assert_eq(prices(market, "X", "2021-01-07", &out), APE_OK);
    cr_assert_float_eq(out.values[APE__ADJ_CLOSE][0], 99, 1e-12);
    ape__prices_clear(&out);
    ape_market_free(market);
}

/* The file is in Yahoo's form: a 2:1 split on the 6th has halved the earlier rows. */
Test(market, later_splits_are_taken_out)
{
    ape_market *market;
    ape__prices out;

    put("X.csv", "Date,Close,Volume\n2021-01-04,50,200\n2021-01-05,50,200\n2021-01-06,51,300\n");
    put("X.actions.csv", "Date,Dividends,Stock Splits\n2021-01-05,0.5,0\n2021-01-06,0,2\n");
    market = open_market();
    cr_assert_eq(prices(market, "X", "2021-01-05", &out), APE_OK);
    cr_assert_float_eq(out.values[APE__CLOSE][0], 100, 1e-12);
    cr_assert_float_eq(out.values[APE__VOLUME][0], 100, 1e-12);
    cr_assert_float_eq(out.values[APE__ADJ_CLOSE][0], 99, 1e-12);
    cr_assert_float_eq(out.values[APE__ADJ_CLOSE][1], 100, 1e-12);
    cr_assert_eq(out.action_count, 1);
    cr_assert_float_eq(out.actions[0].dividend, 1, 1e-12);
    ape__prices_clear(&out);
    cr_assert_eq(prices(market, "X", "2021-01-06", &out), APE_OK);
    cr_assert_float_eq(out.values[APE__CLOSE][0], 50, 1e-12);
    cr_assert_float_eq(out.values[APE__ADJ_CLOSE][0], 49.5, 1e-12);
    cr_assert_eq(out.action_count, 2);
    ape__prices_clear(&out);
    ape_market_free(market);
}

Test(market, tickers_from_memory)
{
    static const char rows[] = "Date,Close\n2021-01-04,50\n2021-01-06,51\n";
    static const char splits[] = "Date,Stock Splits\n2021-01-06,2\n";
    ape_market_options opts;
    ape_market *market;
    ape__prices out;
    char date[11];

    ape_market_options_init(&opts, sizeof(opts));
    opts.is_empty = 1;
    cr_assert_eq(ape_market_new(counting.host, &opts, &market, &err), APE_OK);
    cr_assert_eq(ape_market_newest_date(market, date, &err), APE_ERR_FORMAT);
    cr_assert_eq(ape_market_add(market, "Y", rows, strlen(rows), NULL, 0, &err), APE_OK);
    cr_assert_eq(ape_market_add(market, "X", rows, strlen(rows), splits, strlen(splits), &err),
                 APE_OK);
    cr_assert_eq(ape_market_add(market, "X", rows, strlen(rows), NULL, 0, &err), APE_ERR_INVALID);
    cr_assert_eq(ape_market_add(market, "../X", rows, strlen(rows), NULL, 0, &err),
                 APE_ERR_INVALID);
    cr_assert_eq(ape_market_add(market, "Z", "Date,Close\n?,1\n", 15, NULL, 0, &err),
                 APE_ERR_FORMAT);
    cr_assert(strstr(err.message, "Z: line 2"));
    cr_assert_eq(ape_market_newest_date(market, date, &err), APE_OK);
    cr_assert_str_eq(date, "2021-01-06");
    cr_assert_eq(prices(market, "X", "2021-01-05", &out), APE_OK);
    cr_assert_eq(out.rows, 1);
    cr_assert_float_eq(out.values[APE__CLOSE][0], 100, 1e-12);
    ape__prices_clear(&out);
    ape_market_free(market);
}

static ape_status whole_life(ape_host *host, void *user)
{
    ape_market_options opts;
    ape_market *market;
    ape__prices out;
    ape_text *list;
    ape_status st;

    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = user;
    st = ape_market_new(host, &opts, &market, &err);
    if (st != APE_OK)
        return st;
    st = ape__market_prices(market, "X", day("2021-01-05"), day("2021-01-01"), day("2021-02-01"),
                            &out, &err);
    if (st == APE_OK)
        ape__prices_clear(&out);
    if (st == APE_OK)
        st = ape_market_list(market, &list, &err);
    if (st == APE_OK)
        ape_text_free(list);
    ape_market_free(market);
    return st;
}

Test(market, every_allocation_may_fail)
{
    const char *complaint;

    put("X.csv", "Date,Close\n2021-01-04,50\n2021-01-05,50\n2021-01-06,51\n");
    put("X.actions.csv", "Date,Dividends,Stock Splits\n2021-01-05,0.5,0\n2021-01-06,0,2\n");
    complaint = each_allocation_fails(whole_life, folder);
    cr_assert_null(complaint, "%s", complaint);
}

static cJSON *series(ape_market *market, const char *as_of, const char *start, const char *end)
{
    ape_text *text;
    cJSON *parsed;

    cr_assert_eq(ape_market_series(market, "X", as_of, start, end, &text, &err), APE_OK, "%s",
                 err.message);
    parsed = cJSON_Parse(ape_text_data(text));
    ape_text_free(text);
    cr_assert(parsed);
    return parsed;
}

static const cJSON *value_at(const cJSON *object, const char *name, int at)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(object, name), at);
}

Test(market, a_series_has_closes_and_the_fall_from_the_highest_so_far)
{
    ape_market *market;
    cJSON *all;

    put("X.csv", "Date,Close\n2022-01-03,100\n2022-01-04,110\n2022-01-05,99\n2022-01-06,121\n");
    market = open_market();
    all = series(market, "2022-01-05", "2022-01-04", NULL);
    cr_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(all, "as_of")), "2022-01-05");
    cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(all, "dates")), 2);
    cr_assert_str_eq(value_at(all, "dates", 0)->valuestring, "2022-01-04");
    cr_assert_eq(value_at(all, "close", 1)->valuedouble, 99);
    cr_assert_eq(value_at(all, "drawdown", 0)->valuedouble, 0);
    cr_assert_float_eq(value_at(all, "drawdown", 1)->valuedouble, -0.1, 1e-12);
    cr_assert(cJSON_IsNull(value_at(all, "rolling_volatility", 1)));
    cJSON_Delete(all);
    ape_market_free(market);
}

Test(market, a_series_has_the_volatility_of_63_returns)
{
    char text[4096] = "Date,Close\n";
    size_t used = strlen(text);
    ape_market *market;
    cJSON *all;

    /* Returns of +1 % and -1 % by turns: 31 or 32 of each. */
    for (int i = 0; i < 64; i++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "2022-%02d-%02d,%.17g\n", 1 + i / 28,
                             1 + i % 28, 100 * pow(1.01, (i + 1) / 2) * pow(0.99, i / 2));
    put("X.csv", text);
    market = open_market();
    all = series(market, NULL, NULL, NULL);
    cr_assert(cJSON_IsNull(value_at(all, "rolling_volatility", 62)));
    /* Variance of 32 times a and 31 times -a: a^2 * (63 - 1/63) / 62. */
    cr_assert_float_eq(value_at(all, "rolling_volatility", 63)->valuedouble,
                       0.01 * sqrt((63 - 1.0 / 63) / 62 * 252), 1e-12);
    cJSON_Delete(all);
    ape_market_free(market);
}

Test(market, a_series_says_what_is_wrong)
{
    ape_market *market;
    ape_text *text = NULL;

    put("X.csv", "Date,Close\n2022-01-03,100\n");
    market = open_market();
    cr_assert_eq(ape_market_series(market, "Y", NULL, NULL, NULL, &text, &err), APE_ERR_NOT_FOUND);
    cr_assert_eq(ape_market_series(market, "X", NULL, "2022-02-30", NULL, &text, &err),
                 APE_ERR_INVALID);
    cr_assert(strstr(err.message, "start"));
    cr_assert_eq(ape_market_series(NULL, "X", NULL, NULL, NULL, &text, &err), APE_ERR_INVALID);
    cr_assert_null(text);
    ape_market_free(market);
}
