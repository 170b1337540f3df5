/* SPDX-License-Identifier: MIT */
#include "price_feed/feed.h"

#include <string.h>

#include "core/host.h"
#include "core/options.h"
#include "core/url.h"

static const ape_price_feed_options defaults = {
    .size = sizeof(ape_price_feed_options),
    .timeout_ms = 15000,
    .retries = 2,
    .retry_wait_ms = 500,
    .max_age_s = 43200,
    .breaker_failures = 3,
    .breaker_open_ms = 60000,
};

void ape_price_feed_options_init(ape_price_feed_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status check_options(const ape_price_feed_options *o, ape_error *err)
{
    const struct {
        const char *name;
        uint32_t value, min, max;
    } ranges[] = {
        { "timeout_ms", o->timeout_ms, 1, 600000 },
        { "retries", o->retries, 0, 10 },
        { "retry_wait_ms", o->retry_wait_ms, 0, 60000 },
        { "max_age_s", o->max_age_s, 0, 31 * 86400 },
        { "breaker_failures", o->breaker_failures, 1, 1000000 },
        { "breaker_open_ms", o->breaker_open_ms, 0, 86400000 },
        { "reserved", o->reserved, 0, 0 },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return ape__fail(err, APE_ERR_INVALID, "%s must be %u to %u", ranges[i].name,
                             ranges[i].min, ranges[i].max);
    if (!o->data_dir || !*o->data_dir)
        return ape__fail(err, APE_ERR_INVALID,
                         "no data folder: set APE_DATA_DIR, or name one (--data DIR)");
    return APE_OK;
}

static const char *setting(const ape_price_feed_options *o, const char *name)
{
    return ape_settings_get_or_default(o->settings, name);
}

static ape_status make_breaker(ape_price_feed *feed, ape__outlet *outlet, ape_error *err)
{
    ape_circuit_breaker_options opts;

    ape_circuit_breaker_options_init(&opts, sizeof(opts));
    opts.failure_threshold = feed->opts.breaker_failures;
    opts.open_ms = feed->opts.breaker_open_ms;
    return ape_circuit_breaker_new(feed->host, &opts, &outlet->breaker, err);
}

static ape_status add_outlet(ape_price_feed *feed, const ape_price_feed_options *o,
                             const ape__source *source, ape_error *err)
{
    ape__outlet *outlet = &feed->outlets[feed->outlet_count];
    const char *base = setting(o, source->url_setting);
    const char *key = source->key_setting ? setting(o, source->key_setting) : NULL;
    size_t size = strlen(base);
    ape__url url;

    if (ape__url_parse(base, &url) || url.host.size == 0 ||
        !(ape__slice_is(url.scheme, "http") || ape__slice_is(url.scheme, "https")))
        return ape__fail(err, APE_ERR_INVALID, "%s must be an http:// or https:// URL",
                         source->url_setting);
    while (size > 0 && base[size - 1] == '/')
        size--;
    feed->outlet_count++;
    outlet->source = source;
    outlet->base = ape__strndup(feed->host, base, size);
    outlet->key = ape__strdup(feed->host, key);
    outlet->key_size = outlet->key ? strlen(key) : 0;
    if (!outlet->base || (key && !outlet->key))
        return ape__fail_no_memory(err);
    return make_breaker(feed, outlet, err);
}

/* A source that is named must be there, with its key; one that is not may lack it. */
static ape_status add_named(ape_price_feed *feed, const ape_price_feed_options *o, ape__slice name,
                            ape_error *err)
{
    int at = ape__source_find(name.at, name.size);
    const ape__source *source = at >= 0 ? ape__sources[at] : NULL;

    if (!source)
        return ape__fail(err, APE_ERR_INVALID,
                         "APE_DATA_SOURCES: '%.*s' is none of yahoo, stooq, alphavantage",
                         name.size < 40 ? (int)name.size : 40, name.at);
    for (size_t i = 0; i < feed->outlet_count; i++)
        if (feed->outlets[i].source == source)
            return ape__fail(err, APE_ERR_INVALID, "APE_DATA_SOURCES: %s stands there twice",
                             source->name);
    if (source->key_setting && !setting(o, source->key_setting))
        return ape__fail(err, APE_ERR_INVALID, "the source %s wants %s", source->name,
                         source->key_setting);
    return add_outlet(feed, o, source, err);
}

static ape_status add_list(ape_price_feed *feed, const ape_price_feed_options *o, const char *list,
                           ape_error *err)
{
    ape_status st = APE_OK;

    while (*list && st == APE_OK) {
        size_t size = strcspn(list, ", ");

        if (size > 0)
            st = add_named(feed, o, (ape__slice){ list, size }, err);
        list += size + (list[size] != '\0');
    }
    if (st == APE_OK && feed->outlet_count == 0)
        return ape__fail(err, APE_ERR_INVALID, "APE_DATA_SOURCES names no source");
    return st;
}

static ape_status add_default(ape_price_feed *feed, const ape_price_feed_options *o, ape_error *err)
{
    ape_status st = APE_OK;

    for (int i = 0; i < APE__SOURCE_COUNT && st == APE_OK; i++)
        if (!ape__sources[i]->key_setting || setting(o, ape__sources[i]->key_setting))
            st = add_outlet(feed, o, ape__sources[i], err);
    return st;
}

static ape_status set_up(ape_price_feed *feed, const ape_price_feed_options *o, ape_error *err)
{
    const char *list = setting(o, "APE_DATA_SOURCES");
    ape_status st;

    feed->data_dir = ape__strdup(feed->host, o->data_dir);
    if (!feed->data_dir)
        return ape__fail_no_memory(err);
    feed->shelf = (ape__shelf){ .host = feed->host, .path = feed->data_dir };
    st = list ? add_list(feed, o, list, err) : add_default(feed, o, err);
    return st == APE_OK ? ape__shelf_prepare(&feed->shelf, err) : st;
}

ape_status ape_price_feed_new(ape_host *host, const ape_price_feed_options *opts,
                              ape_price_feed **out, ape_error *err)
{
    ape_price_feed_options o = defaults;
    ape_price_feed *feed;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st == APE_OK)
        st = check_options(&o, err);
    if (st != APE_OK)
        return st;
    feed = ape__alloc(host, sizeof(*feed));
    if (!feed)
        return ape__fail_no_memory(err);
    feed->host = ape__host_ref(host);
    feed->opts = o;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    st = set_up(feed, &o, err);
    if (st != APE_OK) {
        ape_price_feed_free(feed);
        return st;
    }
    *out = feed;
    return APE_OK;
}

void ape_price_feed_free(ape_price_feed *feed)
{
    ape_host *host;

    if (!feed)
        return;
    host = feed->host;
    for (size_t i = 0; i < feed->outlet_count; i++) {
        ape__outlet *outlet = &feed->outlets[i];

        if (outlet->key)
            ape__wipe(outlet->key, outlet->key_size);
        ape__free(host, outlet->key, outlet->key_size + 1);
        ape__strfree(host, outlet->base);
        ape_circuit_breaker_free(outlet->breaker);
    }
    ape__strfree(host, feed->data_dir);
    ape__free(host, feed, sizeof(*feed));
    curl_global_cleanup();
    ape_host_free(host);
}
