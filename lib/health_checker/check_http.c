/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "health_checker/internal.h"

enum {
    BODY_BYTES_MAX = 65536, /* read so that the connection can be kept; beyond, it is cut */
};

typedef struct page {
    ape_host *host; /* the checker's; outlives this */
    CURL *curl;     /* keeps its connection */
    size_t body_bytes;
    char said[CURL_ERROR_SIZE];
} page;

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    page *p = user;

    (void)bytes;
    p->body_bytes += size * count;
    return p->body_bytes > BODY_BYTES_MAX ? 0 : size * count;
}

static void probe_http(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    page *p = user;
    long status = 0;
    CURLcode code;

    p->body_bytes = 0;
    p->said[0] = '\0';
    curl_easy_setopt(p->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    code = curl_easy_perform(p->curl);
    curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && p->body_bytes > BODY_BYTES_MAX))
        ape__health_fail(result, "%s", p->said[0] ? p->said : curl_easy_strerror(code));
    else if (status < 200 || status > 399)
        ape__health_fail(result, "HTTP status %ld", status);
}

static void page_free(void *user)
{
    page *p = user;

    curl_easy_cleanup(p->curl);
    curl_global_cleanup();
    ape__free(p->host, p, sizeof(*p));
}

static bool set_up(page *p, const char *url)
{
    p->curl = curl_easy_init();
    return p->curl && curl_easy_setopt(p->curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, p->said) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_WRITEDATA, p) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_USERAGENT, "libape/" APE_VERSION) == CURLE_OK;
}

ape_status ape_health_checker_add_http(ape_health_checker *checker, const char *name,
                                       const char *url, const ape_health_check_options *opts,
                                       ape_error *err)
{
    page *p;

    if (!checker || !url)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "url" : "checker");
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return ape__fail(err, APE_ERR_INVALID, "the URL must begin with http:// or https://");
    p = ape__alloc(checker->host, sizeof(*p));
    if (!p)
        return ape__fail_no_memory(err);
    p->host = checker->host;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (!set_up(p, url)) {
        page_free(p);
        return ape__fail_no_memory(err);
    }
    return ape__health_checker_add_built_in(checker, name, "component", opts, probe_http, p,
                                            page_free, err);
}
