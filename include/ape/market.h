/* SPDX-License-Identifier: MIT */
#ifndef APE_MARKET_H
#define APE_MARKET_H

#include <ape/host.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Daily prices, as they were known on a date.
 *
 * The source is a folder of <TICKER>.csv in Yahoo's export form: a header line
 * with Date and at least one of Close and Adj Close; Open, High, Low and Volume
 * if there are any; optionally <TICKER>.actions.csv with Date, Dividends, Stock
 * Splits. Dates are ascending, prices positive.
 *
 * Ownership: the caller frees it. Sandboxes and orchestrators keep theirs alive.
 * Threads:   any number of threads may use one market at the same time.
 */
typedef struct ape_market ape_market;

/** Fill with ape_market_options_init(), then change what you need. */
typedef struct ape_market_options {
    uint32_t size;        /**< set by _init; leave it alone */
    uint32_t reserved;    /**< must be 0 */
    const char *data_dir; /**< the folder; NULL: the sample prices that come with libape */
    uint32_t is_empty;    /**< 1: no folder at all; see ape_market_add() (default 0) */
    uint32_t reserved2;   /**< must be 0 */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_market_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_market_options_init(ape_market_options *opts, size_t size);

/**
 * Open a market. The folder is listed now, a file is read when it is first
 * asked for.
 *
 * @return APE_OK; APE_ERR_NOT_FOUND for a folder that does not exist or has no
 *         .csv file (the message names it); APE_ERR_IO (detail: errno);
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_market_new(ape_host *host, const ape_market_options *opts,
                                               ape_market **out, ape_error *err);

/**
 * List the folder anew, and forget the files that were read: what was fetched,
 * imported or changed by hand is seen from now on. Calls that are under way end with
 * what they began with. Without a folder nothing happens.
 *
 * @return as ape_market_new(); on failure the market stays as it is.
 */
APE_API APE_MUST_USE ape_status ape_market_reload(ape_market *market, ape_error *err);

/** Give up the caller's share of a market. NULL is ignored. */
APE_API void ape_market_free(ape_market *market);

/**
 * Add a ticker from memory. For the time before the market is shared: no other
 * thread, sandbox or orchestrator may use it yet.
 *
 * @param ticker   1 to 31 of A-Z a-z 0-9 . ^ = _ -, no dot in front
 * @param prices   text as in a <TICKER>.csv; read during the call only
 * @param actions  text as in a <TICKER>.actions.csv; NULL: none
 * @return APE_OK; APE_ERR_INVALID for a ticker that is none, or is there already;
 *         APE_ERR_FORMAT for text that does not follow its form (the message names
 *         the line); APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_market_add(ape_market *market, const char *ticker,
                                               const char *prices, size_t prices_size,
                                               const char *actions, size_t actions_size,
                                               ape_error *err);

/**
 * [{"ticker": "AAPL", "first": "2015-01-02", "last": "2022-12-28", "rows": 2012}, ...],
 * sorted by ticker.
 *
 * @return APE_OK; APE_ERR_FORMAT for a broken file (the message names file and
 *         line); APE_ERR_IO; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_market_list(ape_market *market, ape_text **out, ape_error *err);

/**
 * Newest date for which any ticker has a price, as "2022-12-28".
 *
 * @param date  at least 11 bytes; written on success only
 */
APE_API APE_MUST_USE ape_status ape_market_newest_date(ape_market *market, char date[11],
                                                       ape_error *err);

/**
 * A ticker's days for a picture: adjusted closes as they were known on a date, and
 * what follows from them.
 *
 *     {"ticker", "as_of", "dates": [...], "close": [...], "drawdown": [...],
 *      "rolling_volatility": [...]}
 *
 * The lists are of one length; null: no figure for that day. drawdown is the close
 * over the highest close since @p start, less 1. rolling_volatility is that of the
 * last 63 daily returns, a year's (sample standard deviation, 252 days).
 *
 * @param as_of       "2022-12-28"; NULL: the newest date of the market
 * @param start, end  both included; NULL: no bound
 * @return APE_OK; APE_ERR_NOT_FOUND for a ticker that the market has not;
 *         APE_ERR_INVALID for a date that is none (the message names the parameter);
 *         APE_ERR_FORMAT for a broken file; APE_ERR_IO; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_market_series(ape_market *market, const char *ticker,
                                                  const char *as_of, const char *start,
                                                  const char *end, ape_text **out, ape_error *err);

APE_END_DECLS

#endif /* APE_MARKET_H */
