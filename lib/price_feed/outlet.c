/* SPDX-License-Identifier: MIT */
#include <time.h>

#include "core/host.h"
#include "price_feed/feed.h"

/* What a reply without a body of sense means by its status alone. */
static ape_status judge_status(long status, ape_error *err)
{
    if (status == 404)
        return ape__fail(err, APE_ERR_NOT_FOUND, "not known there");
    if (status == 401 || status == 403)
        return ape__fail(err, APE_ERR_REFUSED, "it refuses to answer (HTTP %ld)", status);
    return ape__fail(err, APE_ERR_FORMAT, "an answer that makes no sense (HTTP %ld)", status);
}

static ape_status read_reply(const ape__outlet *outlet, const ape__question *question,
                             const ape__http_reply *reply, ape__quotes *out, ape_error *err)
{
    const char *text = reply->body.size > 0 ? reply->body.data : "";
    ape_status st = outlet->source->read(question, text, reply->body.size, out, err);

    if (st == APE_OK && out->failed)
        return ape__fail_no_memory(err);
    if (st == APE_ERR_FORMAT && reply->status >= 300)
        return judge_status(reply->status, err);
    return st;
}

/* Tell the breaker how a call went that brought a reply; what the caller gets. */
static ape_status take_reply(ape__outlet *outlet, ape_circuit_breaker_ticket *ticket,
                             const ape__question *question, const ape__http_reply *reply,
                             ape__quotes *out, ape_error *err)
{
    ape_circuit_breaker_outcome how = APE_CIRCUIT_BREAKER_SUCCESS;
    ape_status st;

    if (reply->status == 429 || (reply->status == 503 && reply->retry_after_ms > 0)) {
        ape_circuit_breaker_report_rejected(outlet->breaker, ticket, reply->retry_after_ms);
        return ape__fail_detail(err, APE_ERR_REFUSED, (int32_t)reply->status,
                                "it asks to be left alone (HTTP %ld)", reply->status);
    }
    if (reply->status >= 500) {
        ape_circuit_breaker_report(outlet->breaker, ticket, APE_CIRCUIT_BREAKER_FAILURE);
        return ape__fail_detail(err, APE_ERR_UNAVAILABLE, (int32_t)reply->status,
                                "out of order (HTTP %ld)", reply->status);
    }
    st = read_reply(outlet, question, reply, out, err);
    if (st == APE_ERR_FORMAT)
        how = APE_CIRCUIT_BREAKER_FAILURE;
    if (st == APE_ERR_REFUSED || st == APE_ERR_NO_MEMORY)
        how = APE_CIRCUIT_BREAKER_IGNORED;
    ape_circuit_breaker_report(outlet->breaker, ticket, how);
    return st;
}

static ape_status ask_once(ape_price_feed *feed, ape__outlet *outlet, CURL *curl, const char *url,
                           const ape__question *question, ape__quotes *out, ape_error *err)
{
    ape_circuit_breaker_ticket ticket;
    ape__http_reply reply;
    ape_status st;

    if (ape_circuit_breaker_acquire(outlet->breaker, &ticket) != APE_OK)
        return ape__fail(
            err, APE_ERR_STATE, "it failed a short while ago and is left alone for %llu s",
            (unsigned long long)ape_circuit_breaker_retry_after_ms(outlet->breaker) / 1000 + 1);
    st = ape__http_get(curl, feed->host, url, &reply, err);
    if (st == APE_OK)
        st = take_reply(outlet, &ticket, question, &reply, out, err);
    else
        ape_circuit_breaker_report(outlet->breaker, &ticket,
                                   st == APE_ERR_NO_MEMORY ? APE_CIRCUIT_BREAKER_IGNORED
                                                           : APE_CIRCUIT_BREAKER_FAILURE);
    ape__buffer_clear(&reply.body);
    return st;
}

static void wait_ms(uint64_t ms)
{
    struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

    while (ms > 0 && nanosleep(&left, &left) != 0)
        continue;
}

static bool may_pass(ape_status st)
{
    return st == APE_ERR_UNAVAILABLE || st == APE_ERR_TIMEOUT;
}

ape_status ape__outlet_ask(ape_price_feed *feed, ape__outlet *outlet, CURL *curl,
                           const char *ticker, ape__date start, ape__quotes *out, ape_error *err)
{
    const ape__question question = { .ticker = ticker,
                                     .base = outlet->base,
                                     .key = outlet->key ? outlet->key : "",
                                     .start = start,
                                     .now_ms = ape__wall_ms(feed->host) };
    ape__buffer url;
    ape_status st;

    ape__buffer_init(&url, feed->host);
    outlet->source->ask(&question, &url);
    st = url.failed ? ape__fail_no_memory(err)
                    : ask_once(feed, outlet, curl, url.data, &question, out, err);
    for (uint32_t again = 0; again < feed->opts.retries && may_pass(st); again++) {
        wait_ms((uint64_t)feed->opts.retry_wait_ms << again);
        ape__quotes_clear(out);
        st = ask_once(feed, outlet, curl, url.data, &question, out, err);
    }
    if (url.data)
        ape__wipe(url.data, url.size); /* it may hold a key */
    ape__buffer_clear(&url);
    return st;
}
