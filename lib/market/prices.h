/* SPDX-License-Identifier: MIT */
#ifndef APE_MARKET_PRICES_H
#define APE_MARKET_PRICES_H

#include "market/series.h"

/**
 * What was known of a ticker on a date: rows up to it, and adjustments made only
 * from what had happened by then. Own memory.
 */
typedef struct ape__prices {
    ape_host *host; /* borrowed */
    size_t rows;
    ape__date *dates;
    double *values[APE__COLUMN_COUNT]; /* NULL: unknown */
    size_t action_count;
    ape__action *actions; /* those within the rows' dates */
    ape__date last_date;  /* of all that was known, also outside the asked range */
} ape__prices;

/**
 * Rows from @p start to @p end, both included, and none after @p as_of. Prices
 * are adjusted as of that date:
 *
 * - a split after @p as_of is taken out of every price and volume;
 * - Adj Close is what it was then: equal to Close on the last known day. It is
 *   made from the dividends up to @p as_of where a file lists them, else by
 *   scaling the file's own column.
 *
 * A file with Adj Close alone is handed out as it is: returns are right, levels
 * may be adjusted for later payments.
 *
 * @param actions  NULL where the ticker has no actions file
 */
ape_status ape__prices_cut(ape_host *host, const ape__series *series, const ape__actions *actions,
                           ape__date as_of, ape__date start, ape__date end, ape__prices *out,
                           ape_error *err);
void ape__prices_clear(ape__prices *prices);

#endif /* APE_MARKET_PRICES_H */
