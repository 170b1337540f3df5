/* SPDX-License-Identifier: MIT */
#ifndef APE_PRICE_FEED_SOURCE_H
#define APE_PRICE_FEED_SOURCE_H

#include "core/buffer.h"
#include "price_feed/quotes.h"

enum { APE__SOURCE_COUNT = 3 };

/** What a source is asked for. */
typedef struct ape__question {
    const char *ticker; /* as Yahoo writes it */
    const char *base;   /* URL of the service, without a slash at its end */
    const char *key;    /* "": none */
    ape__date start;    /* first day wanted */
    int64_t now_ms;     /* wall clock */
} ape__question;

/** A service that prices come from: how it is asked, and how its replies are read. */
typedef struct ape__source {
    const char *name;
    const char *url_setting;
    const char *key_setting; /* NULL: it wants none */

    /** Append the URL that asks for a ticker. */
    void (*ask)(const ape__question *question, ape__buffer *url);

    /**
     * Read a reply, whatever its HTTP status.
     *
     * @return APE_OK; APE_ERR_NOT_FOUND: the service does not know the ticker;
     *         APE_ERR_UNAVAILABLE, APE_ERR_REFUSED: it says that it will not answer now, or
     *         at all; APE_ERR_FORMAT; APE_ERR_NO_MEMORY. Messages quote nothing of the
     *         reply: services repeat keys in their answers.
     */
    ape_status (*read)(const ape__question *question, const char *text, size_t size,
                       ape__quotes *out, ape_error *err);
} ape__source;

extern const ape__source ape__source_yahoo;
extern const ape__source ape__source_stooq;
extern const ape__source ape__source_alpha_vantage;

/** All of them, in the order in which they are asked by default. */
extern const ape__source *const ape__sources[APE__SOURCE_COUNT];

/** Index of a source by name, or -1. */
int ape__source_find(const char *name, size_t size);

/** Append percent-encoded, for a URL's path or query. */
void ape__url_append_encoded(ape__buffer *url, const char *text);

#endif /* APE_PRICE_FEED_SOURCE_H */
