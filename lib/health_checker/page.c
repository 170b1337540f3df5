/* SPDX-License-Identifier: MIT */
#include "health_checker/page.h"

#include <strings.h>

enum {
    BODY_BYTES_MAX = 65536, /* read so that the connection can be kept; beyond, it is cut */
};

static bool is_full(const ape__page *p)
{
    return p->body.size >= BODY_BYTES_MAX;
}

static size_t take_body(char *bytes, size_t one, size_t size, void *user)
{
    ape__page *p = user;

    (void)one;
    if (is_full(p))
        return 0;
    ape__buffer_append(&p->body, bytes, size);
    return size;
}

static bool set_up(ape__page *p, const char *url)
{
    p->curl = curl_easy_init();
    return p->curl && curl_easy_setopt(p->curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, p->said) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_WRITEDATA, p) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_USERAGENT, "libape/" APE_VERSION) == CURLE_OK;
}

ape__page *ape__page_new(ape_host *host, const char *url)
{
    ape__page *p = ape__alloc(host, sizeof(*p));

    if (!p)
        return NULL;
    p->host = host;
    ape__buffer_init(&p->body, host);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (set_up(p, url))
        return p;
    ape__page_free(p);
    return NULL;
}

void ape__page_free(void *page)
{
    ape__page *p = page;

    if (!p)
        return;
    curl_easy_cleanup(p->curl);
    curl_slist_free_all(p->headers);
    curl_global_cleanup();
    ape__buffer_clear(&p->body);
    ape__free(p->host, p, sizeof(*p));
}

bool ape__page_add_header(ape__page *page, const char *line)
{
    struct curl_slist *longer = curl_slist_append(page->headers, line);

    if (!longer)
        return false;
    page->headers = longer;
    return curl_easy_setopt(page->curl, CURLOPT_HTTPHEADER, longer) == CURLE_OK;
}

long ape__page_get(ape__page *page, uint32_t timeout_ms, ape_health_result *result)
{
    long status = 0;
    CURLcode code;

    ape__buffer_rewind(&page->body);
    page->said[0] = '\0';
    curl_easy_setopt(page->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    code = curl_easy_perform(page->curl);
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && is_full(page))) {
        ape__health_fail(result, "%s", page->said[0] ? page->said : curl_easy_strerror(code));
        return 0;
    }
    curl_easy_getinfo(page->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

ape_status ape__page_check_url(const char *url, ape_error *err)
{
    if (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0)
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID, "the URL must begin with http:// or https://");
}
