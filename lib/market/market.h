/* SPDX-License-Identifier: MIT */
#ifndef APE_MARKET_MARKET_H
#define APE_MARKET_MARKET_H

#include <ape/market.h>

#include "market/prices.h"

/** Share a market; ape_market_free() gives the share up. NULL stays NULL. */
ape_market *ape__market_ref(ape_market *market);

/** The folder, as it was given; NULL for a NULL market and one without a folder. */
const char *ape__market_folder(const ape_market *market);

/**
 * What was known of a ticker on a date, as ape__prices_cut() says. Clear
 * @p out with ape__prices_clear().
 *
 * @return APE_OK; APE_ERR_NOT_FOUND for a ticker that the market has not;
 *         APE_ERR_FORMAT for a broken file (the message names file and line);
 *         APE_ERR_IO; APE_ERR_NO_MEMORY.
 */
ape_status ape__market_prices(ape_market *market, const char *ticker, ape__date as_of,
                              ape__date start, ape__date end, ape__prices *out, ape_error *err);

#endif /* APE_MARKET_MARKET_H */
