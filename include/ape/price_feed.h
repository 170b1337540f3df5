/* SPDX-License-Identifier: MIT */
#ifndef APE_PRICE_FEED_H
#define APE_PRICE_FEED_H

#include <ape/host.h>
#include <ape/settings.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Brings prices into a folder that a market reads: from services over HTTP, or
 * from files that somebody has.
 *
 * The sources are asked in order until one has the ticker. Each has a circuit
 * breaker of its own, and is asked again after a failure that may pass. What comes
 * is checked by the rules of the market, then put in place whole: a ticker's files
 * are the old ones or the new ones, and wholly from one source. A ticker that was
 * fetched a short while ago is kept as it is: the folder is the cache.
 *
 * Sources: "yahoo" (its chart JSON: prices, dividends, splits), "stooq" (its CSV: one
 * adjusted close, no dividends or splits), "alphavantage" (TIME_SERIES_DAILY_ADJUSTED;
 * wants ALPHAVANTAGE_API_KEY).
 *
 * A market that is open sees new files after ape_market_reload().
 *
 * Ownership: the caller frees it. It keeps its host alive.
 * Threads:   any number of threads may use one feed at the same time.
 * Blocking:  ape_price_feed_fetch() waits for the services.
 */
typedef struct ape_price_feed ape_price_feed;

/** Fill with ape_price_feed_options_init(), then change what you need. */
typedef struct ape_price_feed_options {
    uint32_t size;                /**< set by _init; leave it alone */
    uint32_t timeout_ms;          /**< of one request, 1 to 600000 (default 15000) */
    const char *data_dir;         /**< the folder; made if its parent is there; not NULL */
    const ape_settings *settings; /**< APE_DATA_SOURCES, YAHOO_URL, STOOQ_URL, ALPHAVANTAGE_URL,
                                       ALPHAVANTAGE_API_KEY; read during _new only; NULL: their
                                       defaults */
    uint32_t retries;             /**< more requests after one that failed in passing, 0 to 10
                                       (default 2) */
    uint32_t retry_wait_ms;       /**< before the first of them, then twice as long each time, 0 to
                                       60000 (default 500) */
    uint32_t max_age_s;           /**< a ticker fetched less long ago is kept, 0 to 31 days
                                       (default 43200) */
    uint32_t breaker_failures;    /**< in a row, then a source rests, 1 to 1000000 (default 3) */
    uint32_t breaker_open_ms;     /**< for so long, 0 to 86400000 (default 60000) */
    uint32_t reserved;            /**< must be 0 */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_price_feed_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_price_feed_options_init(ape_price_feed_options *opts, size_t size);

/**
 * Create a feed. Nothing is asked for yet.
 *
 * @return APE_OK; APE_ERR_INVALID for an option or setting out of range, no folder, or a
 *         source without its key (the message names it); APE_ERR_IO for a folder that
 *         cannot be made or written to (detail: errno); APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_price_feed_new(ape_host *host,
                                                   const ape_price_feed_options *opts,
                                                   ape_price_feed **out, ape_error *err);

/** Free a feed no thread is using. NULL is ignored. */
APE_API void ape_price_feed_free(ape_price_feed *feed);

/** What to fetch. Fill with ape_price_feed_request_init(), then change what you need. */
typedef struct ape_price_feed_request {
    uint32_t size;              /**< set by _init; leave it alone */
    uint32_t ticker_count;      /**< 1 to 1000 */
    const char *const *tickers; /**< 1 to 31 of A-Z a-z 0-9 . ^ = _ -, no dot in front; as Yahoo
                                     writes them */
    const char *start; /**< first day wanted, as "2021-01-04"; NULL: as far back as there is */
    const char *end;   /**< last day wanted; NULL: today. What comes reaches to the newest day in
                            any case: an earlier end only lets an older file count as enough */
    uint32_t refresh;  /**< 1: ask also for tickers that could be kept (default 0) */
    uint32_t replace;  /**< 1: write over files that no feed has written (default 0) */
    uint32_t total_ms; /**< after so long no further ticker is begun, 1 to 86400000 (default
                            600000) */
    uint32_t reserved; /**< must be 0 */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_price_feed_request;

/** Write defaults into the first @p size bytes; pass sizeof(*request). */
APE_API void ape_price_feed_request_init(ape_price_feed_request *request, size_t size);

/**
 * Fetch tickers. One that fails spoils no other, and leaves what is in the folder.
 *
 *     {"fetched": 1, "kept": 0, "failed": 1, "tickers": [
 *       {"ticker": "AAPL", "status": "fetched", "source": "yahoo", "first": "2015-01-02",
 *        "last": "2022-12-28", "rows": 2012, "actions": 33, "error": null, "reason": null},
 *       {"ticker": "NOSUCH", "status": "failed", ..., "error": "yahoo: not known there",
 *        "reason": "not_found"}]}
 *
 * status is "fetched", "kept" or "failed"; reason "not_found" (no source knows it),
 * "unavailable" (no source can be reached now), "refused" (a key, a limit of the service),
 * "format" (prices that cannot be used), "exists" (see replace), "io" (the folder) or "time".
 *
 * @param out  the report
 * @return APE_OK, whatever became of the tickers; APE_ERR_INVALID for a request that
 *         makes no sense (the message names the member); APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_price_feed_fetch(ape_price_feed *feed,
                                                     const ape_price_feed_request *request,
                                                     ape_text **out, ape_error *err);

/** Prices that somebody has. Fill with ape_price_feed_import_init(), then the rest. */
typedef struct ape_price_feed_import {
    uint32_t size;      /**< set by _init; leave it alone */
    uint32_t replace;   /**< 1: write over files that are there (default 0) */
    const char *ticker; /**< as in a request */
    const char *format; /**< "csv": as in a <TICKER>.csv (default); "yahoo", "stooq" or
                             "alphavantage": a reply of that service */
    const char *prices; /**< the text; read during the call only */
    size_t prices_size;
    const char *actions; /**< with "csv": text as in a <TICKER>.actions.csv; NULL: none */
    size_t actions_size;
    /* libape 0.1 ends here. Add below, never in between. */
} ape_price_feed_import;

/** Write defaults into the first @p size bytes; pass sizeof(*import). */
APE_API void ape_price_feed_import_init(ape_price_feed_import *import, size_t size);

/**
 * Put prices into the folder once they were found good. Asks no service.
 *
 * @param out  a ticker's part of the report of ape_price_feed_fetch(), status "imported"
 * @return APE_OK; APE_ERR_INVALID for a member that makes no sense; APE_ERR_FORMAT for
 *         text that does not follow its form (the message names the line, where there
 *         are lines); APE_ERR_STATE: there are prices of it, and replace is 0;
 *         APE_ERR_IO (detail: errno); APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_price_feed_put(ape_price_feed *feed,
                                                   const ape_price_feed_import *import,
                                                   ape_text **out, ape_error *err);

APE_END_DECLS

#endif /* APE_PRICE_FEED_H */
