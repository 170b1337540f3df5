/* SPDX-License-Identifier: MIT */
#ifndef APE_PRICE_FEED_SHELF_H
#define APE_PRICE_FEED_SHELF_H

#include "core/buffer.h"
#include "market/folder.h"

/** The folder that prices are put into. */
typedef struct ape__shelf {
    ape_host *host;   /* borrowed */
    const char *path; /* borrowed */
} ape__shelf;

/** What is noted of a ticker beside its files, in .<TICKER>.fetched.json. */
typedef struct ape__origin {
    char source[24];
    int64_t fetched_ms; /* wall clock; 0: no feed wrote these files */
    ape__date start;    /* first day that was asked for */
} ape__origin;

/** A ticker's files as they are: its text of prices, and how many actions there are. */
typedef struct ape__holding {
    bool exists;
    ape__origin origin;
} ape__holding;

/** Make the folder if it is missing, and see that it can be written to. */
ape_status ape__shelf_prepare(const ape__shelf *shelf, ape_error *err);

/** What there is of a ticker. A note that cannot be read is as none. */
ape_status ape__shelf_look(const ape__shelf *shelf, const char *ticker, ape__holding *out,
                           ape_error *err);

/**
 * Put a ticker's files in place of those that are there, all or none.
 *
 * @param actions  NULL: it has none, and a file of them goes
 * @param origin   NULL: from somebody's hand
 */
ape_status ape__shelf_put(const ape__shelf *shelf, const char *ticker, const ape__buffer *prices,
                          const ape__buffer *actions, const ape__origin *origin, ape_error *err);

#endif /* APE_PRICE_FEED_SHELF_H */
