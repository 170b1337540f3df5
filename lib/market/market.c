/* SPDX-License-Identifier: MIT */
#include "market/market.h"

#include <stdint.h>
#include <string.h>

#include "core/host.h"
#include "core/json.h"
#include "core/locate.h"
#include "core/options.h"
#include "market/folder.h"

struct ape_market {
    ape_host *host;
    atomic_size_t shares;
    ape__folder folder;
    atomic_int newest; /* a date, or NOT_YET */
};

enum { NOT_YET = INT32_MIN };

static const ape_market_options defaults = { .size = sizeof(ape_market_options) };

void ape_market_options_init(ape_market_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status open_folder(ape_market *m, const char *data_dir, ape_error *err)
{
    char *sample;
    ape_status st;

    if (data_dir)
        return ape__folder_open(m->host, data_dir, &m->folder, err);
    sample = ape__locate(m->host, "../data/market", APE_DATADIR "/market");
    st = sample ? ape__folder_open(m->host, sample, &m->folder, err) : ape__fail_no_memory(err);
    ape__strfree(m->host, sample);
    return st;
}

ape_status ape_market_new(ape_host *host, const ape_market_options *opts, ape_market **out,
                          ape_error *err)
{
    ape_market_options o = defaults;
    ape_market *m;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st != APE_OK)
        return st;
    if (o.reserved != 0 || o.reserved2 != 0)
        return ape__fail(err, APE_ERR_UNSUPPORTED, "reserved must be 0");
    if (o.is_empty > 1 || (o.is_empty && o.data_dir))
        return ape__fail(err, APE_ERR_INVALID, "is_empty must be 0, or 1 without data_dir");
    m = ape__alloc(host, sizeof(*m));
    if (!m)
        return ape__fail_no_memory(err);
    m->host = ape__host_ref(host);
    m->folder.host = host;
    atomic_init(&m->shares, 1);
    atomic_init(&m->newest, NOT_YET);
    if (!o.is_empty)
        st = open_folder(m, o.data_dir, err);
    if (st != APE_OK) {
        ape_market_free(m);
        return st;
    }
    *out = m;
    return APE_OK;
}

ape_market *ape__market_ref(ape_market *market)
{
    if (market)
        atomic_fetch_add_explicit(&market->shares, 1, memory_order_relaxed);
    return market;
}

const char *ape__market_folder(const ape_market *market)
{
    return market ? market->folder.path : NULL;
}

void ape_market_free(ape_market *market)
{
    ape_host *host;

    if (!market || atomic_fetch_sub_explicit(&market->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = market->host;
    ape__folder_clear(&market->folder);
    ape__free(host, market, sizeof(*market));
    ape_host_free(host);
}

static ape_status check_new_ticker(const ape_market *market, const char *ticker, ape_error *err)
{
    if (!ape__ticker_valid(ticker, strlen(ticker)))
        return ape__fail(err, APE_ERR_INVALID, "that is no ticker");
    if (ape__folder_find(&market->folder, ticker))
        return ape__fail(err, APE_ERR_INVALID, "%s is in the market already", ticker);
    return APE_OK;
}

ape_status ape_market_add(ape_market *market, const char *ticker, const char *prices,
                          size_t prices_size, const char *actions, size_t actions_size,
                          ape_error *err)
{
    ape__series *series = NULL;
    ape__actions *events = NULL;
    ape_status st;

    if (!market || !ticker || !prices)
        return ape__fail(err, APE_ERR_INVALID, "market, ticker and prices must not be NULL");
    st = check_new_ticker(market, ticker, err);
    if (st == APE_OK)
        st = ape__series_parse(market->host, ticker, prices, prices_size, &series, err);
    if (st == APE_OK && actions)
        st = ape__actions_parse(market->host, ticker, actions, actions_size, &events, err);
    if (st == APE_OK && !ape__folder_insert(&market->folder, ticker, series, events))
        st = ape__fail_no_memory(err);
    if (st != APE_OK) {
        ape__series_free(series);
        ape__actions_free(events);
        return st;
    }
    atomic_store(&market->newest, NOT_YET);
    return APE_OK;
}

static void write_entry(ape__json_writer *json, const char *ticker, const ape__series *series)
{
    char date[11];

    ape__json_begin_object(json, NULL);
    ape__json_string(json, "ticker", ticker);
    ape__date_format(series->dates[0], date);
    ape__json_string(json, "first", date);
    ape__date_format(series->dates[series->rows - 1], date);
    ape__json_string(json, "last", date);
    ape__json_integer(json, "rows", (int64_t)series->rows);
    ape__json_end_object(json);
}

ape_status ape_market_list(ape_market *market, ape_text **out, ape_error *err)
{
    ape__json_writer json;
    ape__buffer buffer;

    if (!market || !out)
        return ape__fail(err, APE_ERR_INVALID, "market and out must not be NULL");
    ape__buffer_init(&buffer, market->host);
    ape__json_writer_init(&json, &buffer);
    ape__json_begin_array(&json, NULL);
    for (size_t i = 0; i < market->folder.count; i++) {
        ape__folder_entry *entry = &market->folder.entries[i];
        const ape__series *series;
        const ape__actions *actions;
        ape_status st = ape__folder_load(&market->folder, entry, &series, &actions, err);

        if (st != APE_OK) {
            ape__buffer_clear(&buffer);
            return st;
        }
        write_entry(&json, entry->ticker, series);
    }
    ape__json_end_array(&json);
    return ape__buffer_take(&buffer, out, err);
}

static int find_newest(const ape__folder *folder)
{
    int newest = NOT_YET;

    for (size_t i = 0; i < folder->count; i++) {
        ape__date last;

        if (ape__folder_last_date(folder, &folder->entries[i], &last) && last > newest)
            newest = last;
    }
    return newest;
}

ape_status ape_market_newest_date(ape_market *market, char date[11], ape_error *err)
{
    int newest;

    if (!market || !date)
        return ape__fail(err, APE_ERR_INVALID, "market and date must not be NULL");
    newest = atomic_load(&market->newest);
    if (newest == NOT_YET)
        newest = find_newest(&market->folder);
    if (newest == NOT_YET)
        return ape__fail(err, APE_ERR_FORMAT, "data folder %s: no file ends with a dated line",
                         market->folder.path ? market->folder.path : "(none)");
    atomic_store(&market->newest, newest);
    ape__date_format(newest, date);
    return APE_OK;
}

ape_status ape__market_prices(ape_market *market, const char *ticker, ape__date as_of,
                              ape__date start, ape__date end, ape__prices *out, ape_error *err)
{
    ape__folder_entry *entry = ape__folder_find(&market->folder, ticker);
    const ape__series *series;
    const ape__actions *actions;
    ape_status st;

    if (!entry)
        return ape__fail(err, APE_ERR_NOT_FOUND, "%s: no such ticker in the market data", ticker);
    st = ape__folder_load(&market->folder, entry, &series, &actions, err);
    if (st != APE_OK)
        return st;
    return ape__prices_cut(market->host, series, actions, as_of, start, end, out, err);
}
