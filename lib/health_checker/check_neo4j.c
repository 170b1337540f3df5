/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include <string.h>

#include "core/json.h"
#include "health_checker/page.h"

/* The transactional endpoint, which Neo4j has had since version 4. */
static const char path[] = "/db/neo4j/tx/commit";
static const char statement[] = "{\"statements\":[{\"statement\":\"RETURN 1\"}]}";

/* {"results": [...], "errors": [{"code", "message"}]}: the status is 200 also for errors. */
static void read_answer(const ape__page *page, ape_health_result *result)
{
    cJSON *root = NULL;
    const cJSON *errors, *results;

    if (ape__json_parse(page->body.data ? page->body.data : "", page->body.size, &root, NULL) !=
        APE_OK) {
        ape__health_fail(result, "the answer is not Neo4j's");
        return;
    }
    errors = ape__json_get_array(root, "errors");
    results = ape__json_get_array(root, "results");
    if (!errors || !results) {
        ape__health_fail(result, "the answer is not Neo4j's");
    } else if (errors->child) {
        const char *code = ape__json_get_string(errors->child, "code");

        ape__health_fail(result, "%s", code ? code : "an error without a code");
    } else if (!results->child) {
        ape__health_fail(result, "RETURN 1 returned nothing");
    }
    cJSON_Delete(root);
}

static void probe_neo4j(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    long status = ape__page_get(user, timeout_ms, result);

    if (status == 401 || status == 403)
        ape__health_fail(result, "HTTP status %ld: user or password is wrong", status);
    else if (status != 0 && status != 200)
        ape__health_fail(result, "HTTP status %ld", status);
    else if (status == 200)
        read_answer(user, result);
}

static bool set_up(ape__page *page, const char *user, const char *password)
{
    if (!ape__page_add_header(page, "Content-Type: application/json") ||
        !ape__page_add_header(page, "Accept: application/json") ||
        curl_easy_setopt(page->curl, CURLOPT_POSTFIELDS, statement) != CURLE_OK)
        return false;
    if (!password)
        return true;
    return curl_easy_setopt(page->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK &&
           curl_easy_setopt(page->curl, CURLOPT_USERNAME, user ? user : "neo4j") == CURLE_OK &&
           curl_easy_setopt(page->curl, CURLOPT_PASSWORD, password) == CURLE_OK;
}

static ape__page *make_page(ape_host *host, const char *url, const char *user, const char *password)
{
    size_t size = strlen(url);
    ape__page *page = NULL;
    ape__buffer whole;

    while (size > 0 && url[size - 1] == '/')
        size--;
    ape__buffer_init(&whole, host);
    ape__buffer_append(&whole, url, size);
    ape__buffer_puts(&whole, path);
    if (!whole.failed)
        page = ape__page_new(host, whole.data);
    ape__buffer_clear(&whole);
    if (!page || set_up(page, user, password))
        return page;
    ape__page_free(page);
    return NULL;
}

ape_status ape_health_checker_add_neo4j(ape_health_checker *checker, const char *name,
                                        const char *url, const char *user, const char *password,
                                        const ape_health_check_options *opts, ape_error *err)
{
    ape__page *page;
    ape_status st;

    if (!checker || !url)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "url" : "checker");
    st = ape__page_check_url(url, err);
    if (st != APE_OK)
        return st;
    page = make_page(checker->host, url, user, password);
    if (!page)
        return ape__fail_no_memory(err);
    return ape__health_checker_add_built_in(checker, name, "datastore", opts, probe_neo4j, page,
                                            ape__page_free, err);
}
