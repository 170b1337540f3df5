/* SPDX-License-Identifier: MIT */
#include "price_feed/http.h"

enum { BODY_LIMIT = 64 << 20, CONNECT_MS = 10000, REDIRECTS = 3, WAIT_MOST_S = 86400 };

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    ape__buffer *body = user;

    ape__buffer_append(body, bytes, size * count);
    return body->failed ? 0 : size * count;
}

CURL *ape__http_new(uint32_t timeout_ms)
{
    CURL *curl = curl_easy_init();
    long connect_ms = timeout_ms < CONNECT_MS ? (long)timeout_ms : CONNECT_MS;

    /* Yahoo answers 429 to what does not call itself a browser. */
    if (curl && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_USERAGENT,
                         "Mozilla/5.0 (compatible; libape/" APE_VERSION ")") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK)
        return curl;
    curl_easy_cleanup(curl);
    return NULL;
}

static ape_status failed(CURLcode code, const ape__buffer *body, ape_error *err)
{
    if (code == CURLE_OUT_OF_MEMORY)
        return ape__fail_no_memory(err);
    if (code == CURLE_WRITE_ERROR && body->size + CURL_MAX_WRITE_SIZE < BODY_LIMIT)
        return ape__fail_no_memory(err);
    if (code == CURLE_WRITE_ERROR)
        return ape__fail(err, APE_ERR_LIMIT, "the reply is larger than 64 MiB");
    if (code == CURLE_OPERATION_TIMEDOUT)
        return ape__fail_detail(err, APE_ERR_TIMEOUT, code, "no answer in time");
    return ape__fail_detail(err, APE_ERR_UNAVAILABLE, code, "cannot be reached: %s",
                            curl_easy_strerror(code));
}

ape_status ape__http_get(CURL *curl, ape_host *host, const char *url, ape__http_reply *out,
                         ape_error *err)
{
    curl_off_t wait_s = 0;
    CURLcode code;

    *out = (ape__http_reply){ .status = 0 };
    ape__buffer_init(&out->body, host);
    out->body.limit = BODY_LIMIT;
    if (curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK)
        return ape__fail_no_memory(err);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &out->body);
    code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        return failed(code, &out->body, err);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_s);
    if (wait_s > 0)
        out->retry_after_ms = (uint64_t)(wait_s < WAIT_MOST_S ? wait_s : WAIT_MOST_S) * 1000;
    return APE_OK;
}
