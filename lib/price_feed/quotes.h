/* SPDX-License-Identifier: MIT */
#ifndef APE_PRICE_FEED_QUOTES_H
#define APE_PRICE_FEED_QUOTES_H

#include "core/buffer.h"
#include "market/series.h"

/** One day as a service told it; NaN: no figure. */
typedef struct ape__quote {
    ape__date date;
    uint32_t told; /* its number among those that were added */
    double values[APE__COLUMN_COUNT];
} ape__quote;

/**
 * What a service told of one ticker, on its way into the form of the market. A failed
 * allocation is remembered, and every later addition does nothing.
 */
typedef struct ape__quotes {
    ape_host *host; /* borrowed */
    ape__quote *rows;
    size_t row_count;
    size_t row_capacity;
    ape__action *actions;
    size_t action_count;
    size_t action_capacity;
    bool knows_actions; /* the service tells them: none listed means that there were none */
    bool failed;
} ape__quotes;

void ape__quotes_init(ape__quotes *quotes, ape_host *host);
void ape__quotes_clear(ape__quotes *quotes);

/** An empty day: every figure NaN. */
ape__quote ape__quote_on(ape__date date);

void ape__quotes_add(ape__quotes *quotes, const ape__quote *row);
void ape__quotes_add_action(ape__quotes *quotes, ape__date date, double dividend, double split);

/**
 * Bring into order: by date, a day that was told twice as it was told last, no day
 * without a close; actions of one day as one.
 *
 * @return APE_OK; APE_ERR_FORMAT where no day is left; APE_ERR_NO_MEMORY.
 */
ape_status ape__quotes_settle(ape__quotes *quotes, ape_error *err);

/** As the market reads them: <TICKER>.csv, and <TICKER>.actions.csv where actions are known. */
void ape__quotes_write(const ape__quotes *quotes, ape__buffer *prices, ape__buffer *actions);

#endif /* APE_PRICE_FEED_QUOTES_H */
