/* SPDX-License-Identifier: MIT */
#ifndef APE_PRICE_FEED_FEED_H
#define APE_PRICE_FEED_FEED_H

#include <ape/circuit_breaker.h>
#include <ape/price_feed.h>

#include "core/json.h"
#include "price_feed/http.h"
#include "price_feed/shelf.h"
#include "price_feed/source.h"

/** A source as it was configured. */
typedef struct ape__outlet {
    const ape__source *source;
    char *base; /* URL */
    char *key;  /* NULL: none; wiped when it goes */
    size_t key_size;
    ape_circuit_breaker *breaker;
} ape__outlet;

struct ape_price_feed {
    ape_host *host;
    ape_price_feed_options opts; /* its pointers are not to be used */
    char *data_dir;
    ape__shelf shelf;
    size_t outlet_count;
    ape__outlet outlets[APE__SOURCE_COUNT]; /* in the order in which they are asked */
};

/** What became of one ticker. */
typedef struct ape__outcome {
    const char *status; /* "fetched", "kept", "imported", "failed" */
    const char *reason; /* of a failure; NULL: none */
    char source[24];
    ape__date first, last;
    size_t rows; /* 0: not known */
    size_t actions;
    ape__buffer error; /* a sentence; empty: none */
} ape__outcome;

/** A call of ape_price_feed_fetch() on its way. */
typedef struct ape__fetching {
    ape_price_feed *feed;
    ape_price_feed_request request; /* its pointers live as long as the call */
    ape__date start;
    ape__date end;
    CURL *curl;
} ape__fetching;

/**
 * Bring one ticker up to date.
 *
 * @return APE_OK, whatever became of it; APE_ERR_NO_MEMORY.
 */
ape_status ape__fetch_ticker(ape__fetching *fetching, const char *ticker, ape__outcome *out,
                             ape_error *err);

/**
 * See whether the market will read these texts, and note what they hold.
 *
 * @param actions  NULL: none
 */
ape_status ape__outcome_check(ape_host *host, const char *ticker, const ape__buffer *prices,
                              const ape__buffer *actions, ape__outcome *out, ape_error *err);

/** Note a failure of a ticker, and why in one sentence. */
void ape__outcome_fail(ape__outcome *outcome, const char *reason, const char *sentence);

void ape__outcome_write(const ape__outcome *outcome, const char *ticker, ape__json_writer *json);

/**
 * Ask one outlet for a ticker, again where a failure may pass.
 *
 * @param out  on success the reply, read
 */
ape_status ape__outlet_ask(ape_price_feed *feed, ape__outlet *outlet, CURL *curl,
                           const char *ticker, ape__date start, ape__quotes *out, ape_error *err);

#endif /* APE_PRICE_FEED_FEED_H */
