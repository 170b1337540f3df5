/* SPDX-License-Identifier: MIT */
#include "market/market.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "core/host.h"
#include "core/json.h"
#include "core/locate.h"
#include "core/options.h"
#include "market/folder.h"

/* The folder as it was listed once. Whoever looks into it holds a share. */
typedef struct listing {
    atomic_size_t shares;
    ape__folder folder;
    atomic_int newest; /* a date, or NOT_YET */
} listing;

struct ape_market {
    ape_host *host;
    atomic_size_t shares;
    char *path;         /* of the folder; NULL: none */
    ape__folder memory; /* tickers that were added */
    pthread_mutex_t lock;
    listing *files; /* under the lock; NULL: no folder */
};

enum { NOT_YET = INT32_MIN };

static const ape_market_options defaults = { .size = sizeof(ape_market_options) };

void ape_market_options_init(ape_market_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static void drop(ape_host *host, listing *files)
{
    if (!files || atomic_fetch_sub_explicit(&files->shares, 1, memory_order_acq_rel) != 1)
        return;
    ape__folder_clear(&files->folder);
    ape__free(host, files, sizeof(*files));
}

/* A share of the listing, to be dropped; NULL: no folder. */
static listing *borrow(ape_market *m)
{
    listing *files;

    pthread_mutex_lock(&m->lock);
    files = m->files;
    if (files)
        atomic_fetch_add_explicit(&files->shares, 1, memory_order_relaxed);
    pthread_mutex_unlock(&m->lock);
    return files;
}

ape_status ape_market_reload(ape_market *market, ape_error *err)
{
    listing *fresh, *old;
    ape_status st;

    if (!market)
        return ape__fail(err, APE_ERR_INVALID, "market is NULL");
    if (!market->path)
        return APE_OK;
    fresh = ape__alloc(market->host, sizeof(*fresh));
    if (!fresh)
        return ape__fail_no_memory(err);
    atomic_init(&fresh->shares, 1);
    atomic_init(&fresh->newest, NOT_YET);
    st = ape__folder_open(market->host, market->path, &fresh->folder, err);
    if (st != APE_OK) {
        drop(market->host, fresh);
        return st;
    }
    pthread_mutex_lock(&market->lock);
    old = market->files;
    market->files = fresh;
    pthread_mutex_unlock(&market->lock);
    drop(market->host, old);
    return APE_OK;
}

static ape_status open_folder(ape_market *m, const char *data_dir, ape_error *err)
{
    m->path = data_dir ? ape__strdup(m->host, data_dir)
                       : ape__locate(m->host, "../data/market", APE_DATADIR "/market");
    return m->path ? ape_market_reload(m, err) : ape__fail_no_memory(err);
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
    m->memory.host = host;
    atomic_init(&m->shares, 1);
    pthread_mutex_init(&m->lock, NULL);
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
    return market ? market->path : NULL;
}

void ape_market_free(ape_market *market)
{
    ape_host *host;

    if (!market || atomic_fetch_sub_explicit(&market->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = market->host;
    ape__folder_clear(&market->memory);
    drop(host, market->files);
    pthread_mutex_destroy(&market->lock);
    ape__strfree(host, market->path);
    ape__free(host, market, sizeof(*market));
    ape_host_free(host);
}

static ape_status check_new_ticker(ape_market *market, const char *ticker, ape_error *err)
{
    listing *files;
    bool known;

    if (!ape__ticker_valid(ticker, strlen(ticker)))
        return ape__fail(err, APE_ERR_INVALID, "that is no ticker");
    files = borrow(market);
    known = ape__folder_find(&market->memory, ticker) ||
            (files && ape__folder_find(&files->folder, ticker));
    drop(market->host, files);
    if (known)
        return ape__fail(err, APE_ERR_INVALID, "%s is in the market already", ticker);
    return APE_OK;
}

ape_status ape_market_add(ape_market *market, const char *ticker, const char *prices,
                          size_t prices_size, const char *actions, size_t actions_size,
                          ape_error *err)
{
    ape__ticker_data data = { NULL, NULL };
    ape_status st;

    if (!market || !ticker || !prices)
        return ape__fail(err, APE_ERR_INVALID, "market, ticker and prices must not be NULL");
    st = check_new_ticker(market, ticker, err);
    if (st == APE_OK)
        st = ape__series_parse(market->host, ticker, prices, prices_size, &data.series, err);
    if (st == APE_OK && actions)
        st = ape__actions_parse(market->host, ticker, actions, actions_size, &data.actions, err);
    if (st == APE_OK && !ape__folder_insert(&market->memory, ticker, &data))
        st = ape__fail_no_memory(err);
    if (st != APE_OK) {
        ape__series_free(data.series);
        ape__actions_free(data.actions);
    }
    return st;
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

static ape_status list_entry(const ape__folder *folder, size_t at, ape__json_writer *json,
                             ape_error *err)
{
    ape__folder_entry *entry = &folder->entries[at];
    const ape__ticker_data *data;
    ape_status st = ape__folder_load(folder, entry, &data, err);

    if (st == APE_OK)
        write_entry(json, entry->ticker, data->series);
    return st;
}

/* Both are sorted; a ticker from memory hides a file that came later. */
static ape_status list_all(const ape__folder *memory, const ape__folder *files,
                           ape__json_writer *json, ape_error *err)
{
    size_t m = 0, f = 0;
    ape_status st = APE_OK;

    while (st == APE_OK && (m < memory->count || f < files->count)) {
        int order = m == memory->count ? 1
                    : f == files->count
                        ? -1
                        : strcmp(memory->entries[m].ticker, files->entries[f].ticker);

        st = order <= 0 ? list_entry(memory, m, json, err) : list_entry(files, f, json, err);
        m += order <= 0;
        f += order >= 0;
    }
    return st;
}

ape_status ape_market_list(ape_market *market, ape_text **out, ape_error *err)
{
    static const ape__folder nothing;
    ape__json_writer json;
    ape__buffer buffer;
    listing *files;
    ape_status st;

    if (!market || !out)
        return ape__fail(err, APE_ERR_INVALID, "market and out must not be NULL");
    ape__buffer_init(&buffer, market->host);
    ape__json_writer_init(&json, &buffer);
    ape__json_begin_array(&json, NULL);
    files = borrow(market);
    st = list_all(&market->memory, files ? &files->folder : &nothing, &json, err);
    drop(market->host, files);
    ape__json_end_array(&json);
    if (st == APE_OK)
        return ape__buffer_take(&buffer, out, err);
    ape__buffer_clear(&buffer);
    return st;
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

static int newest_of_files(listing *files)
{
    int newest = atomic_load(&files->newest);

    if (newest == NOT_YET) {
        newest = find_newest(&files->folder);
        atomic_store(&files->newest, newest);
    }
    return newest;
}

ape_status ape_market_newest_date(ape_market *market, char date[11], ape_error *err)
{
    listing *files;
    int newest, in_files;

    if (!market || !date)
        return ape__fail(err, APE_ERR_INVALID, "market and date must not be NULL");
    newest = find_newest(&market->memory);
    files = borrow(market);
    in_files = files ? newest_of_files(files) : NOT_YET;
    drop(market->host, files);
    if (in_files > newest)
        newest = in_files;
    if (newest == NOT_YET)
        return ape__fail(err, APE_ERR_FORMAT, "data folder %s: no file ends with a dated line",
                         market->path ? market->path : "(none)");
    ape__date_format(newest, date);
    return APE_OK;
}

static ape_status cut(const ape__folder *folder, ape__folder_entry *entry, ape__date as_of,
                      ape__date start, ape__date end, ape__prices *out, ape_error *err)
{
    const ape__ticker_data *data;
    ape_status st = ape__folder_load(folder, entry, &data, err);

    if (st != APE_OK)
        return st;
    return ape__prices_cut(folder->host, data->series, data->actions, as_of, start, end, out, err);
}

ape_status ape__market_prices(ape_market *market, const char *ticker, ape__date as_of,
                              ape__date start, ape__date end, ape__prices *out, ape_error *err)
{
    ape__folder_entry *entry = ape__folder_find(&market->memory, ticker);
    listing *files;
    ape_status st;

    if (entry)
        return cut(&market->memory, entry, as_of, start, end, out, err);
    files = borrow(market);
    entry = files ? ape__folder_find(&files->folder, ticker) : NULL;
    st = entry ? cut(&files->folder, entry, as_of, start, end, out, err)
               : ape__fail(err, APE_ERR_NOT_FOUND, "%s: no such ticker in the market data", ticker);
    drop(market->host, files);
    return st;
}
