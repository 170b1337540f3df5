/* SPDX-License-Identifier: MIT */
#include <ape/market.h>
#include <ape/price_feed.h>

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "core/json.h"
#include "counting_host.h"
#include "market/market.h"
#include "price_feed/source.h"

static const char canary[] = "make-believe-key-of-the-price-tests";

/* A service: answers the requests in turn, the last answer again and again. */
typedef struct answer {
    int status;
    const char *head; /* more header lines, or "" */
    const char *body;
} answer;

static struct service {
    int fd;
    char url[48];
    const answer *answers;
    int answer_count;
    atomic_int asked;
    char asked_for[16][400]; /* request lines */
    pthread_t thread;
} service;

static void serve_one(int fd)
{
    int turn = atomic_load(&service.asked);
    const answer *a =
        &service.answers[turn < service.answer_count ? turn : service.answer_count - 1];
    char request[2048] = "", head[400];
    size_t got = 0;

    while (got < sizeof(request) - 1 && !strstr(request, "\r\n\r\n")) {
        ssize_t more = read(fd, request + got, sizeof(request) - 1 - got);

        if (more <= 0)
            break;
        got += (size_t)more;
    }
    if (turn < 16)
        snprintf(service.asked_for[turn], sizeof(service.asked_for[0]), "%.*s",
                 (int)strcspn(request, "\r"), request);
    atomic_fetch_add(&service.asked, 1);
    snprintf(head, sizeof(head),
             "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n", a->status,
             strlen(a->body), a->head);
    if (write(fd, head, strlen(head)) > 0 && write(fd, a->body, strlen(a->body)) >= 0)
        shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof(request)) > 0)
        continue;
    close(fd);
}

static void *serve(void *unused)
{
    int fd;

    while ((fd = accept(service.fd, NULL, NULL)) >= 0)
        serve_one(fd);
    return unused;
}

static void service_start(const answer *answers, int count)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(at);

    service.answers = answers;
    service.answer_count = count;
    atomic_store(&service.asked, 0);
    service.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(service.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    cr_assert_eq(listen(service.fd, 16), 0);
    cr_assert_eq(getsockname(service.fd, (struct sockaddr *)&at, &size), 0);
    snprintf(service.url, sizeof(service.url), "http://127.0.0.1:%d", ntohs(at.sin_port));
    cr_assert_eq(pthread_create(&service.thread, NULL, serve, NULL), 0);
}

static void service_stop(void)
{
    shutdown(service.fd, SHUT_RDWR);
    pthread_join(service.thread, NULL);
    close(service.fd);
}

#define SERVE(...)                                                                                 \
    do {                                                                                           \
        static const answer told[] = { __VA_ARGS__ };                                              \
        service_start(told, (int)(sizeof(told) / sizeof(told[0])));                                \
    } while (0)

/* 2022-08-24 to -26 at 13:30 UTC, with a 3:1 split on the 25th and a dividend on the 26th. */
static const char chart[] =
    "{\"chart\":{\"result\":[{\"meta\":{\"symbol\":\"T\",\"gmtoffset\":-14400,"
    "\"currentTradingPeriod\":{\"regular\":{\"start\":1661520600,\"end\":1661544000}}},"
    "\"timestamp\":[1661347800,1661434200,1661520600],"
    "\"events\":{\"dividends\":{\"1661520600\":{\"amount\":0.5,\"date\":1661520600}},"
    "\"splits\":{\"1661434200\":{\"date\":1661434200,\"numerator\":3,\"denominator\":1}}},"
    "\"indicators\":{\"quote\":[{\"open\":[10,11,12],\"high\":[13,14,15],\"low\":[9,null,8],"
    "\"close\":[10.5,11.5,12.25],\"volume\":[100,200,300]}],"
    "\"adjclose\":[{\"adjclose\":[10,11,12.25]}]}}],\"error\":null}}";

static const char unknown[] = "{\"chart\":{\"result\":null,\"error\":{\"code\":\"Not Found\","
                              "\"description\":\"No data found\"}}}";

static counting_host counting;
static ape_settings *settings;
static char folder[32];
static ape_error err;

static void setup(void)
{
    ape_settings_options opts;

    counting_host_init(&counting);
    atomic_store(&counting.wall_ms, 1700000000000); /* 2023-11-14 */
    snprintf(folder, sizeof(folder), "/tmp/ape-feed-XXXXXX");
    cr_assert(mkdtemp(folder));
    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    cr_assert_eq(ape_settings_new(NULL, &opts, &settings, &err), APE_OK);
}

static void teardown(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
    ape_settings_free(settings);
    counting_host_end_test(&counting);
}

TestSuite(price_feed, .init = setup, .fini = teardown);

static void set(const char *name, const char *value)
{
    cr_assert_eq(ape_settings_set(settings, name, value, &err), APE_OK, "%s", err.message);
}

static void use(const char *source, const char *url_setting)
{
    set("APE_DATA_SOURCES", source);
    set(url_setting, service.url);
}

static ape_price_feed_options feed_options(void)
{
    ape_price_feed_options opts;

    ape_price_feed_options_init(&opts, sizeof(opts));
    opts.data_dir = folder;
    opts.settings = settings;
    opts.retry_wait_ms = 0;
    return opts;
}

static ape_price_feed *open_feed(void)
{
    ape_price_feed_options opts = feed_options();
    ape_price_feed *feed;

    cr_assert_eq(ape_price_feed_new(counting.host, &opts, &feed, &err), APE_OK, "%s", err.message);
    return feed;
}

/* The report of one ticker, to be freed with cJSON_Delete(). */
static cJSON *fetch(ape_price_feed *feed, const char *ticker, const char *start, const char *end)
{
    ape_price_feed_request request;
    ape_text *text;
    cJSON *report;

    ape_price_feed_request_init(&request, sizeof(request));
    request.tickers = &ticker;
    request.ticker_count = 1;
    request.start = start;
    request.end = end;
    cr_assert_eq(ape_price_feed_fetch(feed, &request, &text, &err), APE_OK, "%s", err.message);
    report = cJSON_Parse(ape_text_data(text));
    ape_text_free(text);
    return report;
}

static const char *told(const cJSON *report, const char *name)
{
    const char *value =
        ape__json_get_string(cJSON_GetArrayItem(ape__json_get_array(report, "tickers"), 0), name);

    return value ? value : "";
}

static void expect(ape_price_feed *feed, const char *ticker, const char *status, const char *reason,
                   const char *says)
{
    cJSON *report = fetch(feed, ticker, NULL, NULL);

    cr_expect_str_eq(told(report, "status"), status);
    cr_expect_str_eq(told(report, "reason"), reason);
    cr_expect(strstr(told(report, "error"), says), "'%s' does not say '%s'", told(report, "error"),
              says);
    cr_expect(!strstr(told(report, "error"), canary), "a key got out");
    cJSON_Delete(report);
}

static void read_back(const char *name, char *out, size_t size)
{
    char path[96];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "r");
    cr_assert(f, "%s is not there", path);
    out[fread(out, 1, size - 1, f)] = '\0';
    fclose(f);
}

static void put(const char *name, const char *text)
{
    char path[96];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

Test(price_feed, yahoo_becomes_files_of_the_market)
{
    char text[512];
    ape_price_feed *feed;
    cJSON *report;

    SERVE({ 200, "", chart });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    report = fetch(feed, "BRK-B^=", "2022-01-03", NULL);
    cr_assert_str_eq(told(report, "status"), "fetched");
    cr_assert_str_eq(told(report, "source"), "yahoo");
    cr_assert_str_eq(told(report, "last"), "2022-08-26");
    cJSON_Delete(report);
    read_back("BRK-B^=.csv", text, sizeof(text));
    cr_assert_str_eq(text, "Date,Open,High,Low,Close,Adj Close,Volume\n"
                           "2022-08-24,10,13,9,10.5,10,100\n"
                           "2022-08-25,11,14,,11.5,11,200\n"
                           "2022-08-26,12,15,8,12.25,12.25,300\n");
    read_back("BRK-B^=.actions.csv", text, sizeof(text));
    cr_assert_str_eq(text, "Date,Dividends,Stock Splits\n2022-08-25,0,3\n2022-08-26,0.5,0\n");
    cr_assert(strstr(service.asked_for[0], "GET /v8/finance/chart/BRK-B%5E%3D?period1=1641081600"),
              "%s", service.asked_for[0]);
    ape_price_feed_free(feed);
    service_stop();
}

/* On the 26th, before its end: that day has no close yet. Its dividend stays known. */
Test(price_feed, a_day_that_has_not_ended_is_left_out)
{
    char text[512];
    ape_price_feed *feed;

    atomic_store(&counting.wall_ms, 1661530000000);
    SERVE({ 200, "", chart });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    expect(feed, "T", "fetched", "", "");
    read_back("T.csv", text, sizeof(text));
    cr_assert(strstr(text, "2022-08-25") && !strstr(text, "2022-08-26"));
    read_back("T.actions.csv", text, sizeof(text));
    cr_assert(strstr(text, "2022-08-26,0.5"));
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, a_market_sees_it_after_a_reload)
{
    ape_price_feed *feed;
    ape_market_options opts;
    ape_market *market;
    ape__date day;
    ape__prices prices;
    char date[11];

    put("OLD.csv", "Date,Close\n2020-01-02,1\n");
    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = folder;
    cr_assert_eq(ape_market_new(counting.host, &opts, &market, &err), APE_OK);
    SERVE({ 200, "", chart });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    expect(feed, "T", "fetched", "", "");
    cr_assert_eq(ape_market_newest_date(market, date, &err), APE_OK);
    cr_assert_str_eq(date, "2020-01-02");
    cr_assert_eq(ape_market_reload(market, &err), APE_OK);
    cr_assert_eq(ape_market_newest_date(market, date, &err), APE_OK);
    cr_assert_str_eq(date, "2022-08-26");
    cr_assert(ape__date_parse("2022-08-24", 10, &day));
    cr_assert_eq(ape__market_prices(market, "T", day, day, day, &prices, &err), APE_OK);
    cr_assert_float_eq(prices.values[APE__CLOSE][0], 31.5, 1e-12, "the split was not known yet");
    ape__prices_clear(&prices);
    ape_market_free(market);
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, the_folder_is_the_cache)
{
    ape_price_feed *feed;
    cJSON *report;

    SERVE({ 200, "", chart });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    expect(feed, "T", "fetched", "", "");
    expect(feed, "T", "kept", "", "");
    cr_expect_eq(atomic_load(&service.asked), 1);
    atomic_fetch_add(&counting.wall_ms, 12 * 3600 * 1000 + 1);
    report = fetch(feed, "T", NULL, "2022-08-26");
    cr_expect_str_eq(told(report, "status"), "kept", "old, but all that is asked for");
    cJSON_Delete(report);
    expect(feed, "T", "fetched", "", "");
    cr_expect_eq(atomic_load(&service.asked), 2);
    put("T.csv", "broken");
    expect(feed, "T", "fetched", "", "");
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, what_somebody_put_there_is_not_overwritten)
{
    ape_price_feed_request request;
    const char *ticker = "T";
    ape_price_feed *feed;
    ape_text *report;
    char text[64];

    put("T.csv", "Date,Close\n2020-01-02,1\n");
    SERVE({ 200, "", chart });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    expect(feed, "T", "failed", "exists", "not fetched");
    read_back("T.csv", text, sizeof(text));
    cr_assert_str_eq(text, "Date,Close\n2020-01-02,1\n");
    ape_price_feed_request_init(&request, sizeof(request));
    request.tickers = &ticker;
    request.ticker_count = request.replace = 1;
    cr_assert_eq(ape_price_feed_fetch(feed, &request, &report, &err), APE_OK);
    cr_assert(strstr(ape_text_data(report), "\"fetched\":1"));
    ape_text_free(report);
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, a_failure_in_passing_is_tried_again)
{
    ape_price_feed *feed;

    SERVE({ 502, "", "" }, { 500, "", "sorry" }, { 200, "", chart });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    expect(feed, "T", "fetched", "", "");
    cr_expect_eq(atomic_load(&service.asked), 3);
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, a_source_that_keeps_failing_rests)
{
    ape_price_feed_options opts = feed_options();
    ape_price_feed *feed;

    SERVE({ 500, "", "" }, { 500, "", "" }, { 500, "", "" }, { 200, "", chart });
    use("yahoo", "YAHOO_URL");
    opts = feed_options();
    cr_assert_eq(ape_price_feed_new(counting.host, &opts, &feed, &err), APE_OK);
    expect(feed, "T", "failed", "unavailable", "yahoo: out of order (HTTP 500)");
    expect(feed, "T", "failed", "unavailable", "left alone for");
    cr_expect_eq(atomic_load(&service.asked), 3);
    atomic_fetch_add(&counting.now_ms, 60000);
    expect(feed, "T", "fetched", "", "");
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, a_wish_to_be_left_alone_is_granted)
{
    ape_price_feed *feed;

    SERVE({ 429, "Retry-After: 300\r\n", "Too Many Requests" }, { 200, "", chart });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    expect(feed, "T", "failed", "refused", "HTTP 429");
    expect(feed, "T", "failed", "unavailable", "left alone for 301 s");
    cr_expect_eq(atomic_load(&service.asked), 1);
    atomic_fetch_add(&counting.now_ms, 300000);
    expect(feed, "T", "fetched", "", "");
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, the_next_source_is_asked)
{
    char text[256];
    ape_price_feed *feed;

    SERVE({ 404, "", unknown },
          { 200, "", "Date,Open,High,Low,Close,Volume\n2021-01-04,1,2,0.5,1.5,100\n" });
    set("YAHOO_URL", service.url);
    set("STOOQ_URL", service.url);
    feed = open_feed();
    expect(feed, "AAPL", "fetched", "", "");
    cr_expect(strstr(service.asked_for[1], "/q/d/l/?s=aapl.us&d1=19000101&d2=20231114&i=d"), "%s",
              service.asked_for[1]);
    read_back("AAPL.csv", text, sizeof(text));
    cr_expect_str_eq(text, "Date,Open,High,Low,Adj Close,Volume\n2021-01-04,1,2,0.5,1.5,100\n");
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, nobody_there_is_said_clearly)
{
    ape_price_feed *feed;

    SERVE({ 200, "", chart });
    service_stop(); /* its port is free now */
    use("yahoo,stooq", "YAHOO_URL");
    set("STOOQ_URL", service.url);
    feed = open_feed();
    expect(feed, "T", "failed", "unavailable", "yahoo: cannot be reached");
    expect(feed, "T", "failed", "unavailable", "stooq: ");
    ape_price_feed_free(feed);
}

static void expect_answer(int status, const char *body, const char *reason, const char *says)
{
    const answer one = { status, "", body };
    ape_price_feed *feed;

    service_start(&one, 1);
    set("YAHOO_URL", service.url);
    set("STOOQ_URL", service.url);
    set("ALPHAVANTAGE_URL", service.url);
    feed = open_feed();
    expect(feed, "T", "failed", reason, says);
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, answers_that_are_no_prices)
{
    set("APE_DATA_SOURCES", "yahoo");
    expect_answer(404, unknown, "not_found", "not known there");
    expect_answer(200, "", "format", "not JSON");
    expect_answer(200, "{\"chart\":{}}", "format", "not a chart");
    expect_answer(200, "[[[[", "format", "not JSON");
    expect_answer(403, "<html>", "refused", "HTTP 403");
    expect_answer(404, "<html>", "not_found", "not known there");
    expect_answer(200, "{\"chart\":{\"result\":[{\"timestamp\":[1,2],\"indicators\":{}}]}}",
                  "format", "not a close for each");
    expect_answer(200,
                  "{\"chart\":{\"result\":[{\"timestamp\":[1661347800],\"indicators\":{\"quote\":"
                  "[{\"close\":[-37.63]}]}}]}}",
                  "format", "T.csv: line 2: Close must be positive");
    expect_answer(200,
                  "{\"chart\":{\"result\":[{\"timestamp\":[\"x\",1e300],\"indicators\":{\"quote\":"
                  "[{\"close\":[1,2]}]}}]}}",
                  "not_found", "no prices for these days");
}

Test(price_feed, stooq_says_it_in_words)
{
    set("APE_DATA_SOURCES", "stooq");
    expect_answer(200, "No data", "not_found", "not known there");
    expect_answer(200, "Exceeded the daily hits limit", "refused", "limit of downloads");
    expect_answer(200, "<!DOCTYPE html>", "refused", "ape data import --format stooq");
    expect_answer(200, "hello", "format", "not a CSV");
    expect_answer(200, "Date,Close\n2021-01-04,1\n2021-01-04,1\n", "format", "line 3");
}

Test(price_feed, alpha_vantage_repeats_keys_and_we_do_not)
{
    set("APE_DATA_SOURCES", "alphavantage");
    set("ALPHAVANTAGE_API_KEY", canary);
    expect_answer(200,
                  "{\"Information\": \"We have detected your API key as "
                  "make-believe-key-of-the-price-tests and our limit is 25 requests per day.\"}",
                  "refused", "the key's limit of requests");
    expect_answer(200, "{\"Information\": \"This is a premium endpoint.\"}", "refused", "plan");
    expect_answer(200, "{\"Error Message\": \"Invalid API call.\"}", "not_found", "not known");
    expect_answer(200, "{\"Note\": \"Thank you for using it!\"}", "refused", "limit");
    expect_answer(200, "{}", "format", "not a series");
    expect_answer(200, "{\"Time Series (Daily)\": {\"x\": {}}}", "format", "has no date");
    expect_answer(200, "{\"Time Series (Daily)\": {}}", "format", "no day with a price");
}

/* Prices as they were paid: 300 before a 3:1 split on the 25th, 100 after it. */
Test(price_feed, alpha_vantage_is_cut_at_splits)
{
    static const char body[] =
        "{\"Time Series (Daily)\": {"
        "\"2022-08-25\": {\"1. open\": \"100\", \"4. close\": \"101\", \"5. adjusted close\": "
        "\"101\", \"6. volume\": \"900\", \"7. dividend amount\": \"0.0000\", \"8. split "
        "coefficient\": \"3.0\"},"
        "\"2022-08-24\": {\"1. open\": \"297\", \"4. close\": \"300\", \"5. adjusted close\": "
        "\"99.5\", \"6. volume\": \"200\", \"7. dividend amount\": \"1.5\", \"8. split "
        "coefficient\": \"1.0\"}}}";
    ape_price_feed *feed;
    char text[512];

    SERVE({ 200, "", body });
    use("alphavantage", "ALPHAVANTAGE_URL");
    set("ALPHAVANTAGE_API_KEY", canary);
    feed = open_feed();
    expect(feed, "T", "fetched", "", "");
    cr_expect(strstr(service.asked_for[0], "TIME_SERIES_DAILY_ADJUSTED&outputsize=full&symbol=T"));
    read_back("T.csv", text, sizeof(text));
    cr_expect_str_eq(text, "Date,Open,Close,Adj Close,Volume\n2022-08-24,99,100,99.5,600\n"
                           "2022-08-25,100,101,101,900\n");
    read_back("T.actions.csv", text, sizeof(text));
    cr_expect_str_eq(text, "Date,Dividends,Stock Splits\n2022-08-24,0.5,0\n2022-08-25,0,3\n");
    read_back(".T.fetched.json", text, sizeof(text));
    cr_expect(strstr(text, "alphavantage") && !strstr(text, canary));
    ape_price_feed_free(feed);
    service_stop();
}

Test(price_feed, stooq_knows_tickers_by_other_names)
{
    static const char *const names[][2] = { { "AAPL", "aapl.us" },    { "BRK-B", "brk-b.us" },
                                            { "^GSPC", "%5Espx" },    { "^DJI", "%5Edji" },
                                            { "0700.HK", "0700.hk" }, { "EURUSD=X", "eurusd" } };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const ape__question question = { .ticker = names[i][0], .base = "http://x" };
        char wanted[64];
        ape__buffer url;

        ape__buffer_init(&url, NULL);
        ape__source_stooq.ask(&question, &url);
        snprintf(wanted, sizeof(wanted), "?s=%s&", names[i][1]);
        cr_expect(strstr(url.data, wanted), "%s", url.data);
        ape__buffer_clear(&url);
    }
}

/* London's clock is an hour off in summer for one who knows the winter's only: midnight of
   2021-07-01 is 23:00 UTC of the day before. */
Test(price_feed, midnight_in_summer_is_the_right_day)
{
    static const char body[] =
        "{\"chart\":{\"result\":[{\"meta\":{\"gmtoffset\":0},\"timestamp\":[1625094000,1638316800],"
        "\"indicators\":{\"quote\":[{\"close\":[1.38,1.33]}]}}]}}";
    ape_price_feed *feed;
    char text[128];

    SERVE({ 200, "", body });
    use("yahoo", "YAHOO_URL");
    feed = open_feed();
    expect(feed, "GBPUSD=X", "fetched", "", "");
    read_back("GBPUSD=X.csv", text, sizeof(text));
    cr_expect_str_eq(text, "Date,Close\n2021-07-01,1.38\n2021-12-01,1.33\n");
    ape_price_feed_free(feed);
    service_stop();
}

static void expect_no_feed(const char *says)
{
    ape_price_feed_options opts = feed_options();
    ape_price_feed *feed;

    cr_expect_eq(ape_price_feed_new(counting.host, &opts, &feed, &err), APE_ERR_INVALID);
    cr_expect(strstr(err.message, says), "%s", err.message);
}

Test(price_feed, settings_that_make_no_sense)
{
    set("APE_DATA_SOURCES", "yahoo,bloomberg");
    expect_no_feed("'bloomberg' is none of yahoo, stooq, alphavantage");
    set("APE_DATA_SOURCES", "stooq, stooq");
    expect_no_feed("twice");
    set("APE_DATA_SOURCES", "alphavantage");
    expect_no_feed("wants ALPHAVANTAGE_API_KEY");
    set("APE_DATA_SOURCES", " , ");
    expect_no_feed("names no source");
    set("APE_DATA_SOURCES", "yahoo");
    set("YAHOO_URL", "ftp://x");
    expect_no_feed("YAHOO_URL must be an http");
}

Test(price_feed, folders_that_cannot_be_had)
{
    ape_price_feed_options opts = feed_options();
    ape_price_feed *feed;

    opts.data_dir = NULL;
    cr_assert_eq(ape_price_feed_new(NULL, &opts, &feed, &err), APE_ERR_INVALID);
    cr_assert(strstr(err.message, "APE_DATA_DIR"));
    opts.data_dir = "/proc/no/such";
    cr_assert_eq(ape_price_feed_new(NULL, &opts, &feed, &err), APE_ERR_IO);
    cr_assert(strstr(err.message, "/proc/no/such: cannot be made"));
    opts.data_dir = "/proc";
    cr_assert_eq(ape_price_feed_new(NULL, &opts, &feed, &err), APE_ERR_IO);
    cr_assert(strstr(err.message, "/proc: cannot be written to"));
}

Test(price_feed, requests_that_make_no_sense)
{
    const char *good = "T", *bad = "../T";
    ape_price_feed_request r;
    ape_price_feed *feed;
    ape_text *out;

    set("APE_DATA_SOURCES", "yahoo");
    feed = open_feed();
    ape_price_feed_request_init(&r, sizeof(r));
    cr_expect_eq(ape_price_feed_fetch(feed, &r, &out, &err), APE_ERR_INVALID);
    r.ticker_count = 1;
    r.tickers = &bad;
    cr_expect_eq(ape_price_feed_fetch(feed, &r, &out, &err), APE_ERR_INVALID);
    cr_expect(strstr(err.message, "number 1 is no ticker"));
    r.tickers = &good;
    r.start = "2021-02-30";
    cr_expect_eq(ape_price_feed_fetch(feed, &r, &out, &err), APE_ERR_INVALID);
    cr_expect(strstr(err.message, "start must be a date"));
    r.start = "2021-02-03";
    r.end = "2021-02-02";
    cr_expect_eq(ape_price_feed_fetch(feed, &r, &out, &err), APE_ERR_INVALID);
    cr_expect(strstr(err.message, "not be later than end"));
    ape_price_feed_free(feed);
}

static ape_status import(ape_price_feed *feed, const char *format, const char *prices,
                         const char *actions, uint32_t replace)
{
    ape_price_feed_import i;
    ape_text *out;
    ape_status st;

    ape_price_feed_import_init(&i, sizeof(i));
    i.ticker = "T";
    i.format = format;
    i.prices = prices;
    i.prices_size = strlen(prices);
    i.actions = actions;
    i.actions_size = actions ? strlen(actions) : 0;
    i.replace = replace;
    st = ape_price_feed_put(feed, &i, &out, &err);
    if (st == APE_OK)
        ape_text_free(out);
    return st;
}

Test(price_feed, import_checks_first)
{
    static const char good[] = "Date,Close\n2021-01-04,1\n";
    ape_price_feed *feed = open_feed();
    char text[512];

    cr_expect_eq(import(feed, "csv", "Date,Close\n2021-01-04,x\n", NULL, 0), APE_ERR_FORMAT);
    cr_expect(strstr(err.message, "T.csv: line 2: Close is not a number"), "%s", err.message);
    cr_expect_eq(import(feed, "csv", good, "Date,Dividends\nx,1\n", 0), APE_ERR_FORMAT);
    cr_expect(strstr(err.message, "T.actions.csv: line 2"), "%s", err.message);
    cr_expect_eq(import(feed, "xls", good, NULL, 0), APE_ERR_INVALID);
    cr_expect_eq(import(feed, "stooq", good, "Date,Dividends\n", 0), APE_ERR_INVALID);
    cr_expect_eq(import(feed, "csv", good, "Date,Dividends\n2021-01-05,1\n", 0), APE_OK);
    cr_expect_eq(import(feed, "csv", good, NULL, 0), APE_ERR_STATE);
    cr_expect_eq(import(feed, "yahoo", chart, NULL, 1), APE_OK, "%s", err.message);
    read_back("T.actions.csv", text, sizeof(text));
    cr_expect(strstr(text, "2022-08-25,0,3"));
    cr_expect_eq(import(feed, "csv", good, NULL, 1), APE_OK);
    snprintf(text, sizeof(text), "%s/T.actions.csv", folder);
    cr_expect_neq(access(text, F_OK), 0, "actions of another source were left");
    ape_price_feed_free(feed);
}

/* In a folder of its own each time, so that every round has all the work to do. */
static ape_status fetch_somewhere(ape_host *host, void *user)
{
    ape_price_feed_options opts = feed_options();
    ape_price_feed_request request;
    const char *ticker = "T";
    ape_price_feed *feed;
    ape_text *report;
    ape_status st;
    char name[64];

    snprintf(name, sizeof(name), "%s/%d", folder, (*(int *)user)++);
    opts.data_dir = name;
    st = ape_price_feed_new(host, &opts, &feed, NULL);
    if (st != APE_OK)
        return st;
    ape_price_feed_request_init(&request, sizeof(request));
    request.tickers = &ticker;
    request.ticker_count = 1;
    request.start = "2022-01-01";
    st = ape_price_feed_fetch(feed, &request, &report, NULL);
    if (st == APE_OK)
        ape_text_free(report);
    ape_price_feed_free(feed);
    return st;
}

Test(price_feed, survives_every_failed_allocation)
{
    int round = 0;
    const char *wrong;

    SERVE({ 200, "", chart });
    use("yahoo", "YAHOO_URL");
    wrong = each_allocation_fails(fetch_somewhere, &round);
    cr_assert(!wrong, "%s", wrong);
    cr_assert(round > 10);
    service_stop();
}
