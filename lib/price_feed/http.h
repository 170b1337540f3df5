/* SPDX-License-Identifier: MIT */
#ifndef APE_PRICE_FEED_HTTP_H
#define APE_PRICE_FEED_HTTP_H

#include <curl/curl.h>

#include "core/buffer.h"

/** How a request ended, as far as it did. */
typedef struct ape__http_reply {
    ape__buffer body;
    long status;             /* HTTP's; 0: none came */
    uint64_t retry_after_ms; /* 0: not said */
} ape__http_reply;

/** A connection to be used again; NULL where memory is out. */
CURL *ape__http_new(uint32_t timeout_ms);

/**
 * GET once.
 *
 * @param out  its body is cleared by the caller, also on failure
 * @return APE_OK: a reply is there, whatever its status; APE_ERR_TIMEOUT; APE_ERR_LIMIT
 *         for a reply of more than 64 MiB; APE_ERR_UNAVAILABLE (detail: CURLcode): none
 *         came; APE_ERR_NO_MEMORY. Messages hold no part of the URL.
 */
ape_status ape__http_get(CURL *curl, ape_host *host, const char *url, ape__http_reply *out,
                         ape_error *err);

#endif /* APE_PRICE_FEED_HTTP_H */
