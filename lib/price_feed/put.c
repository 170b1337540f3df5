/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/host.h"
#include "core/options.h"
#include "price_feed/feed.h"

static const ape_price_feed_import defaults = { .size = sizeof(ape_price_feed_import),
                                                .format = "csv" };

void ape_price_feed_import_init(ape_price_feed_import *import, size_t size)
{
    ape__options_init(import, size, &defaults, sizeof(defaults));
}

/* What is to be written; the second is empty where there is no file of actions. */
typedef struct texts {
    ape__buffer prices;
    ape__buffer actions;
    bool has_actions;
} texts;

static ape_status check_import(const ape_price_feed_import *i, ape_error *err)
{
    size_t size = i->format ? strlen(i->format) : 0;

    if (!i->ticker || !ape__ticker_valid(i->ticker, strlen(i->ticker)))
        return ape__fail(err, APE_ERR_INVALID, "ticker: that is none");
    if (!i->format || (strcmp(i->format, "csv") != 0 && ape__source_find(i->format, size) < 0))
        return ape__fail(err, APE_ERR_INVALID, "format must be csv, yahoo, stooq or alphavantage");
    if (!i->prices)
        return ape__fail(err, APE_ERR_INVALID, "prices must not be NULL");
    if (i->actions && strcmp(i->format, "csv") != 0)
        return ape__fail(err, APE_ERR_INVALID, "actions go with the format csv only");
    if (i->replace > 1)
        return ape__fail(err, APE_ERR_INVALID, "replace must be 0 or 1");
    return APE_OK;
}

static void copy_texts(const ape_price_feed_import *i, texts *out)
{
    ape__buffer_append(&out->prices, i->prices, i->prices_size);
    out->has_actions = i->actions;
    if (i->actions)
        ape__buffer_append(&out->actions, i->actions, i->actions_size);
}

static ape_status read_service(ape_price_feed *feed, const ape_price_feed_import *i, texts *out,
                               ape_error *err)
{
    const ape__source *source = ape__sources[ape__source_find(i->format, strlen(i->format))];
    const ape__question question = { .ticker = i->ticker,
                                     .base = "",
                                     .key = "",
                                     .start = INT32_MIN,
                                     .now_ms = ape__wall_ms(feed->host) };
    ape__quotes quotes;
    ape_status st;

    ape__quotes_init(&quotes, feed->host);
    st = source->read(&question, i->prices, i->prices_size, &quotes, err);
    if (st == APE_OK)
        st = ape__quotes_settle(&quotes, err);
    if (st == APE_OK) {
        ape__quotes_write(&quotes, &out->prices, &out->actions);
        out->has_actions = quotes.knows_actions;
    }
    ape__quotes_clear(&quotes);
    return st == APE_OK || st == APE_ERR_NO_MEMORY ? st : APE_ERR_FORMAT;
}

static ape_status put_texts(ape_price_feed *feed, const ape_price_feed_import *i, const texts *t,
                            ape__outcome *outcome, ape_error *err)
{
    const ape__buffer *actions = t->has_actions ? &t->actions : NULL;
    ape__holding holding;
    ape_status st = ape__outcome_check(feed->host, i->ticker, &t->prices, actions, outcome, err);

    if (st == APE_OK)
        st = ape__shelf_look(&feed->shelf, i->ticker, &holding, err);
    if (st == APE_OK && holding.exists && !i->replace)
        return ape__fail(err, APE_ERR_STATE,
                         "there are prices of %s already; say that they may be replaced "
                         "(--replace)",
                         i->ticker);
    return st == APE_OK ? ape__shelf_put(&feed->shelf, i->ticker, &t->prices, actions, NULL, err)
                        : st;
}

static ape_status report(ape_price_feed *feed, const char *ticker, const ape__outcome *outcome,
                         ape_text **out, ape_error *err)
{
    ape__json_writer json;
    ape__buffer buffer;

    ape__buffer_init(&buffer, feed->host);
    ape__json_writer_init(&json, &buffer);
    ape__outcome_write(outcome, ticker, &json);
    return ape__buffer_take(&buffer, out, err);
}

ape_status ape_price_feed_put(ape_price_feed *feed, const ape_price_feed_import *import,
                              ape_text **out, ape_error *err)
{
    ape__outcome outcome = { .status = "imported" };
    ape_price_feed_import i = defaults;
    texts t = { .has_actions = false };
    ape_status st;

    if (!feed || !import || !out)
        return ape__fail(err, APE_ERR_INVALID, "feed, import and out must not be NULL");
    st = ape__options_load(&i, sizeof(i), sizeof(i), import, err);
    if (st == APE_OK)
        st = check_import(&i, err);
    if (st != APE_OK)
        return st;
    ape__buffer_init(&t.prices, feed->host);
    ape__buffer_init(&t.actions, feed->host);
    if (strcmp(i.format, "csv") == 0)
        copy_texts(&i, &t);
    else
        st = read_service(feed, &i, &t, err);
    if (st == APE_OK && (t.prices.failed || t.actions.failed))
        st = ape__fail_no_memory(err);
    if (st == APE_OK)
        st = put_texts(feed, &i, &t, &outcome, err);
    ape__buffer_clear(&t.prices);
    ape__buffer_clear(&t.actions);
    return st == APE_OK ? report(feed, i.ticker, &outcome, out, err) : st;
}
