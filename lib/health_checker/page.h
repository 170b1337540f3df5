/* SPDX-License-Identifier: MIT */
#ifndef APE_HEALTH_CHECKER_PAGE_H
#define APE_HEALTH_CHECKER_PAGE_H

#include <curl/curl.h>

#include "core/buffer.h"
#include "health_checker/internal.h"

/** One HTTP request that is made again and again, on a connection that is kept. */
typedef struct ape__page {
    ape_host *host; /* borrowed */
    CURL *curl;
    struct curl_slist *headers;
    ape__buffer body; /* of the last answer, as far as it was read */
    char said[CURL_ERROR_SIZE];
} ape__page;

/** A GET without more headers; add what is needed with curl. NULL: no memory. */
ape__page *ape__page_new(ape_host *host, const char *url);
void ape__page_free(void *page);

/** One more header, as "Name: value"; copied. False: no memory. */
bool ape__page_add_header(ape__page *page, const char *line);

/**
 * Make the request. Redirects are not followed.
 *
 * @return the HTTP status; 0 if there was none: then @p result is unhealthy and says why
 */
long ape__page_get(ape__page *page, uint32_t timeout_ms, ape_health_result *result);

/** APE_OK if a URL begins as one of HTTP does. */
ape_status ape__page_check_url(const char *url, ape_error *err);

#endif /* APE_HEALTH_CHECKER_PAGE_H */
