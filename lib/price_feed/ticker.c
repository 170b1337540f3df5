/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/host.h"
#include "price_feed/feed.h"

enum { FILE_LIMIT = 256 << 20 };

/* Which trouble is told where the sources had several: the one most worth knowing. */
static const struct trouble {
    ape_status status;
    const char *reason;
} troubles[] = {
    { APE_ERR_IO, "io" },
    { APE_ERR_UNAVAILABLE, "unavailable" },
    { APE_ERR_TIMEOUT, "unavailable" },
    { APE_ERR_STATE, "unavailable" },
    { APE_ERR_REFUSED, "refused" },
    { APE_ERR_LIMIT, "format" },
    { APE_ERR_FORMAT, "format" },
    { APE_ERR_NOT_FOUND, "not_found" },
};

enum { TROUBLES = sizeof(troubles) / sizeof(troubles[0]) };

static int rank_of(ape_status status)
{
    int rank = 0;

    while (rank < TROUBLES - 1 && troubles[rank].status != status)
        rank++;
    return rank;
}

/* What is there of a ticker is good enough: young, and as long as it is wanted. */
static bool is_enough(const ape__fetching *f, const ape__origin *origin)
{
    int64_t now = ape__wall_ms(f->feed->host), fetched = origin->fetched_ms;

    if (f->request.refresh || fetched == 0 || fetched > now || origin->start > f->start)
        return false;
    return now - fetched < (int64_t)f->feed->opts.max_age_s * 1000 ||
           ape__date_from_wall_ms(fetched) > f->end + 1;
}

static ape_status read_file(const ape__fetching *f, const char *ticker, const char *suffix,
                            ape__buffer *out)
{
    ape__buffer path;
    ape_status st = APE_ERR_NO_MEMORY;

    ape__buffer_init(&path, f->feed->host);
    ape__buffer_init(out, f->feed->host);
    ape__buffer_printf(&path, "%s/%s%s", f->feed->data_dir, ticker, suffix);
    if (!path.failed)
        st = ape__file_read(out, path.data, FILE_LIMIT, NULL);
    ape__buffer_clear(&path);
    return st;
}

/* Keep what is there. Anything wrong with it is a reason to ask anew. */
static ape_status keep(ape__fetching *f, const char *ticker, const ape__origin *origin,
                       ape__outcome *o)
{
    ape__buffer prices, actions;
    ape_status st = read_file(f, ticker, ".csv", &prices);
    ape_status listed = read_file(f, ticker, ".actions.csv", &actions);

    if (st == APE_OK && listed != APE_ERR_NOT_FOUND)
        st = listed;
    if (st == APE_OK)
        st = ape__outcome_check(f->feed->host, ticker, &prices, listed == APE_OK ? &actions : NULL,
                                o, NULL);
    ape__buffer_clear(&prices);
    ape__buffer_clear(&actions);
    if (st != APE_OK)
        return st;
    o->status = "kept";
    memcpy(o->source, origin->source, sizeof(o->source));
    return APE_OK;
}

static ape_status put_texts(const ape__fetching *f, const char *ticker, const char *source,
                            ape__date start, const ape__buffer *prices, const ape__buffer *actions,
                            ape__outcome *o, ape_error *err)
{
    ape__origin origin = { .fetched_ms = ape__wall_ms(f->feed->host), .start = start };
    ape_status st = ape__outcome_check(f->feed->host, ticker, prices, actions, o, err);

    snprintf(origin.source, sizeof(origin.source), "%s", source);
    if (st == APE_OK)
        st = ape__shelf_put(&f->feed->shelf, ticker, prices, actions, &origin, err);
    if (st != APE_OK)
        return st;
    o->status = "fetched";
    memcpy(o->source, origin.source, sizeof(o->source));
    return APE_OK;
}

/* What a source told into the folder, once the market's rules found it good. */
static ape_status shelve(const ape__fetching *f, const char *ticker, const char *source,
                         ape__date start, ape__quotes *quotes, ape__outcome *o, ape_error *err)
{
    ape__buffer prices, actions;
    ape_status st = ape__quotes_settle(quotes, err);

    if (st != APE_OK)
        return st;
    ape__buffer_init(&prices, f->feed->host);
    ape__buffer_init(&actions, f->feed->host);
    ape__quotes_write(quotes, &prices, &actions);
    if (prices.failed || actions.failed)
        st = ape__fail_no_memory(err);
    else
        st = put_texts(f, ticker, source, start, &prices, quotes->knows_actions ? &actions : NULL,
                       o, err);
    ape__buffer_clear(&prices);
    ape__buffer_clear(&actions);
    return st;
}

static ape_status try_outlet(ape__fetching *f, ape__outlet *outlet, const char *ticker,
                             ape__date start, ape__outcome *o, ape_error *err)
{
    ape__quotes quotes;
    ape_status st;

    ape__quotes_init(&quotes, f->feed->host);
    st = ape__outlet_ask(f->feed, outlet, f->curl, ticker, start, &quotes, err);
    if (st == APE_OK)
        st = shelve(f, ticker, outlet->source->name, start, &quotes, o, err);
    ape__quotes_clear(&quotes);
    return st;
}

/* One source after another; the sentence of a failure names them all. */
static ape_status try_outlets(ape__fetching *f, const char *ticker, ape__date start,
                              ape__outcome *o, ape_error *err)
{
    int worst = TROUBLES - 1;

    for (size_t i = 0; i < f->feed->outlet_count; i++) {
        ape__outlet *outlet = &f->feed->outlets[i];
        ape_error why;
        ape_status st = try_outlet(f, outlet, ticker, start, o, &why);

        if (st == APE_OK || st == APE_ERR_NO_MEMORY) {
            ape__buffer_rewind(&o->error);
            return st == APE_OK ? st : ape__fail_no_memory(err);
        }
        ape__buffer_printf(&o->error, "%s%s: %s", i > 0 ? "; " : "", outlet->source->name,
                           why.message);
        if (rank_of(st) < worst)
            worst = rank_of(st);
        if (st == APE_ERR_IO)
            break; /* the folder: no other source will help */
    }
    o->status = "failed";
    o->reason = troubles[worst].reason;
    o->rows = o->actions = 0;
    return o->error.failed ? ape__fail_no_memory(err) : APE_OK;
}

ape_status ape__fetch_ticker(ape__fetching *f, const char *ticker, ape__outcome *o, ape_error *err)
{
    ape__date start = f->start;
    ape__holding holding;
    ape_status st = ape__shelf_look(&f->feed->shelf, ticker, &holding, err);

    if (st != APE_OK)
        return st;
    if (holding.exists && is_enough(f, &holding.origin)) {
        st = keep(f, ticker, &holding.origin, o);
        if (st == APE_OK || st == APE_ERR_NO_MEMORY)
            return st == APE_OK ? st : ape__fail_no_memory(err);
    }
    if (holding.exists && holding.origin.fetched_ms == 0 && !f->request.replace) {
        ape__outcome_fail(o, "exists",
                          "there is a file of it that was not fetched; say that it may be "
                          "replaced (--replace)");
        return o->error.failed ? ape__fail_no_memory(err) : APE_OK;
    }
    if (holding.origin.fetched_ms != 0 && holding.origin.start < start)
        start = holding.origin.start; /* what is there does not get shorter */
    return try_outlets(f, ticker, start, o, err);
}
