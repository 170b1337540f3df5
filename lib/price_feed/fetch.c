/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/host.h"
#include "core/options.h"
#include "price_feed/feed.h"

enum {
    MOST_TICKERS = 1000,
    LONGEST_MS = 86400000,
    FIRST_DAY = -25567, /* 1900-01-01: before any price there is */
};

static const ape_price_feed_request defaults = { .size = sizeof(ape_price_feed_request),
                                                 .total_ms = 600000 };

void ape_price_feed_request_init(ape_price_feed_request *request, size_t size)
{
    ape__options_init(request, size, &defaults, sizeof(defaults));
}

static ape_status read_day(const char *name, const char *text, ape__date *out, ape_error *err)
{
    if (!text || ape__date_parse(text, strlen(text), out))
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID, "%s must be a date like 2021-01-04", name);
}

static ape_status check_tickers(const ape_price_feed_request *r, ape_error *err)
{
    if (r->ticker_count < 1 || r->ticker_count > MOST_TICKERS || !r->tickers)
        return ape__fail(err, APE_ERR_INVALID, "tickers: give 1 to %d of them", MOST_TICKERS);
    for (uint32_t i = 0; i < r->ticker_count; i++)
        if (!r->tickers[i] || !ape__ticker_valid(r->tickers[i], strlen(r->tickers[i])))
            return ape__fail(err, APE_ERR_INVALID, "tickers: number %u is no ticker", i + 1);
    return APE_OK;
}

static ape_status read_request(ape__fetching *f, const ape_price_feed_request *request,
                               ape_error *err)
{
    ape_price_feed_request *r = &f->request;
    ape_status st;

    *r = defaults;
    st = ape__options_load(r, sizeof(*r), sizeof(*r), request, err);
    if (st == APE_OK)
        st = check_tickers(r, err);
    if (st != APE_OK)
        return st;
    if (r->refresh > 1 || r->replace > 1 || r->reserved != 0)
        return ape__fail(err, APE_ERR_INVALID, "refresh and replace must be 0 or 1, reserved 0");
    if (r->total_ms < 1 || r->total_ms > LONGEST_MS)
        return ape__fail(err, APE_ERR_INVALID, "total_ms must be 1 to %d", LONGEST_MS);
    f->start = FIRST_DAY;
    f->end = ape__date_from_wall_ms(ape__wall_ms(f->feed->host));
    st = read_day("start", r->start, &f->start, err);
    if (st == APE_OK)
        st = read_day("end", r->end, &f->end, err);
    if (st == APE_OK && f->start > f->end)
        return ape__fail(err, APE_ERR_INVALID, "start must not be later than end");
    return st;
}

typedef struct tally {
    uint32_t fetched, kept, failed;
} tally;

static void count(tally *t, const ape__outcome *o)
{
    t->fetched += strcmp(o->status, "fetched") == 0;
    t->kept += strcmp(o->status, "kept") == 0;
    t->failed += strcmp(o->status, "failed") == 0;
}

static ape_status fetch_all(ape__fetching *f, ape__json_writer *json, tally *t, ape_error *err)
{
    uint64_t begun_ms = ape__now_ms(f->feed->host);
    ape_status st = APE_OK;

    ape__json_begin_array(json, "tickers");
    for (uint32_t i = 0; i < f->request.ticker_count && st == APE_OK; i++) {
        ape__outcome o = { .rows = 0 };

        ape__buffer_init(&o.error, f->feed->host);
        if (ape__now_ms(f->feed->host) - begun_ms >= f->request.total_ms)
            ape__outcome_fail(&o, "time", "the time was over before its turn came");
        else
            st = ape__fetch_ticker(f, f->request.tickers[i], &o, err);
        if (st == APE_OK) {
            count(t, &o);
            ape__outcome_write(&o, f->request.tickers[i], json);
        }
        ape__buffer_clear(&o.error);
    }
    ape__json_end_array(json);
    return st;
}

static ape_status report(ape__fetching *f, ape_text **out, ape_error *err)
{
    ape__json_writer json;
    ape__buffer buffer;
    tally t = { 0 };
    ape_status st;

    ape__buffer_init(&buffer, f->feed->host);
    ape__json_writer_init(&json, &buffer);
    ape__json_begin_object(&json, NULL);
    st = fetch_all(f, &json, &t, err);
    ape__json_integer(&json, "fetched", t.fetched);
    ape__json_integer(&json, "kept", t.kept);
    ape__json_integer(&json, "failed", t.failed);
    ape__json_end_object(&json);
    if (st == APE_OK)
        return ape__buffer_take(&buffer, out, err);
    ape__buffer_clear(&buffer);
    return st;
}

ape_status ape_price_feed_fetch(ape_price_feed *feed, const ape_price_feed_request *request,
                                ape_text **out, ape_error *err)
{
    ape__fetching f = { .feed = feed };
    ape_status st;

    if (!feed || !request || !out)
        return ape__fail(err, APE_ERR_INVALID, "feed, request and out must not be NULL");
    st = read_request(&f, request, err);
    if (st != APE_OK)
        return st;
    f.curl = ape__http_new(feed->opts.timeout_ms);
    st = f.curl ? report(&f, out, err) : ape__fail_no_memory(err);
    curl_easy_cleanup(f.curl);
    return st;
}
