/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include "health_checker/page.h"

static void probe_http(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    long status = ape__page_get(user, timeout_ms, result);

    if (status != 0 && (status < 200 || status > 399))
        ape__health_fail(result, "HTTP status %ld", status);
}

ape_status ape_health_checker_add_http(ape_health_checker *checker, const char *name,
                                       const char *url, const ape_health_check_options *opts,
                                       ape_error *err)
{
    ape__page *page;
    ape_status st;

    if (!checker || !url)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "url" : "checker");
    st = ape__page_check_url(url, err);
    if (st != APE_OK)
        return st;
    page = ape__page_new(checker->host, url);
    if (!page)
        return ape__fail_no_memory(err);
    return ape__health_checker_add_built_in(checker, name, "component", opts, probe_http, page,
                                            ape__page_free, err);
}
