/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/host.h"
#include "core/json.h"
#include "core/url.h"
#include "lineage/lineage.h"

static bool is_database_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";

    return *name && name[strspn(name, allowed)] == '\0';
}

ape_status ape__lineage_set_place(ape_lineage *lineage, const char *uri, ape_error *err)
{
    ape__url url;
    const char *wrong = ape__url_parse(uri, &url), *path;
    size_t size;

    if (!wrong && !ape__slice_is(url.scheme, "https") && !ape__slice_is(url.scheme, "http"))
        wrong = "is neither https nor http";
    if (!wrong && url.host.size == 0)
        wrong = "names no host";
    if (!wrong && url.query.size > 0)
        wrong = "must have no query";
    if (wrong)
        return ape__fail(err, APE_ERR_INVALID, "NEO4J_URI %s", wrong);
    path = strchr(strstr(uri, "://") + 3, '/');
    size = path ? (size_t)(path - uri) : strlen(uri);
    lineage->base = ape__strndup(lineage->host, uri, size);
    lineage->base_size = size + 1;
    path = path && path[1] ? path + 1 : "neo4j";
    size = strlen(path);
    lineage->database = ape__strndup(lineage->host, path, path[size - 1] == '/' ? size - 1 : size);
    if (!lineage->base || !lineage->database)
        return ape__fail_no_memory(err);
    if (!is_database_name(lineage->database))
        return ape__fail(err, APE_ERR_INVALID,
                         "NEO4J_URI must end with the name of a database, or with none");
    return APE_OK;
}

char *ape__lineage_url(const ape_lineage *lineage)
{
    ape__buffer url;

    ape__buffer_init(&url, lineage->host);
    ape__buffer_printf(&url, "%s/db/%s/%s", lineage->base, lineage->database,
                       lineage->api == APE__NEO4J_QUERY ? "query/v2" : "tx/commit");
    return ape__buffer_take_string(&url);
}

void ape__lineage_free_url(const ape_lineage *lineage, char *url)
{
    size_t size = url ? strlen(url) + 1 : 0;

    if (!url)
        return;
    ape__wipe(url, size);
    ape__free(lineage->host, url, size);
}

/* The first error of an answer: "Neo.TransientError.General.DatabaseUnavailable"; NULL for none. */
static const char *first_error(const cJSON *answer)
{
    return ape__json_get_string(cJSON_GetArrayItem(ape__json_get(answer, "errors"), 0), "code");
}

/* The transactional endpoint says 200 before it knows: its list of errors decides. */
ape__delivery ape__lineage_judge(void *user, long status, const char *body)
{
    ape_lineage *lineage = user;
    ape__delivery result = ape__poster_judge_status(status);
    const char *code;
    cJSON *answer;

    lineage->not_found = status == 404;
    if (ape__json_parse(body, strlen(body), &answer, NULL) != APE_OK)
        return result == APE__DELIVERED ? APE__HOPELESS : result;
    code = first_error(answer);
    if (code) {
        ape__log(lineage->host, APE_LOG_WARNING, "lineage", "Neo4j: %.100s", code);
        result = strncmp(code, "Neo.TransientError.", 19) == 0 ? APE__TRY_AGAIN : APE__HOPELESS;
    }
    cJSON_Delete(answer);
    return result;
}

static bool write_taken(ape_lineage *l)
{
    ape__buffer body;
    bool written;

    ape__buffer_init(&body, l->host);
    ape__lineage_write_request(l->api, l->taken, &body);
    written = !body.failed && ape__poster_deliver(&l->poster, &body);
    ape__buffer_clear(&body);
    return written;
}

static bool speak(ape_lineage *l, ape__neo4j_api api)
{
    char *url;
    bool set;

    l->api = api;
    url = ape__lineage_url(l);
    set = url && curl_easy_setopt(l->poster.curl, CURLOPT_URL, url) == CURLE_OK;
    ape__lineage_free_url(l, url);
    return set;
}

/* 404 may mean that this Neo4j has only the other interface; or that it lacks the database. */
static bool write_otherwise(ape_lineage *l)
{
    ape__neo4j_api before = l->api;

    if (!l->not_found)
        return false;
    l->not_found = false;
    if (speak(l, before == APE__NEO4J_QUERY ? APE__NEO4J_TRANSACTION : APE__NEO4J_QUERY) &&
        write_taken(l))
        return true;
    (void)speak(l, before);
    return false;
}

void ape__lineage_tell(void *user)
{
    ape_lineage *l = user;
    bool written = write_taken(l) || write_otherwise(l);

    while (l->taken) {
        ape__lineage_entry *next = l->taken->next;

        ape_counter_inc(written ? l->written : l->dropped);
        ape__free(l->host, l->taken, sizeof(*l->taken) + l->taken->size + 1);
        l->taken = next;
    }
}
