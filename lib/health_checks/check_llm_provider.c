/* SPDX-License-Identifier: MIT */
#include <ape/health_checks.h>

#include <string.h>

#include "core/host.h"
#include "health_checker/page.h"
#include "llm_client/classes.h"
#include "llm_client/client.h"

/* A provider by its name: the chain that holds it may be replaced at any time. */
typedef struct watched {
    ape_host *host; /* the checker's; outlives this */
    ape_llm_client *client;
    char *provider;
    bool asks;
} watched;

/* In the chain as it is now; NULL where it is not in it. */
static ape__llm_provider *find(ape__llm_chain *chain, const char *name)
{
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->providers[i].name, name) == 0)
            return &chain->providers[i];
    return NULL;
}

static void judge_breaker(ape__llm_provider *p, ape_health_result *result)
{
    const char *meaning = ape__llm_class_meaning(atomic_load(&p->failure));
    uint64_t rest_ms = ape_circuit_breaker_retry_after_ms(p->breaker);

    switch (ape_circuit_breaker_get_state(p->breaker)) {
    case APE_CIRCUIT_BREAKER_OPEN:
        ape__health_fail(result, "circuit breaker open for another %llu s: %s",
                         (unsigned long long)((rest_ms + 999) / 1000),
                         meaning ? meaning : "failed");
        break;
    case APE_CIRCUIT_BREAKER_HALF_OPEN:
        ape__health_fail(result, "circuit breaker half open: being tried again");
        result->status = APE_HEALTH_DEGRADED;
        break;
    default:
        break;
    }
}

/* The first key: its quota is of completions, of which this is none. */
static bool add_key(ape__page *page, const ape__llm_provider *p)
{
    const char *key = p->keys[0].value; /* NULL: the provider wants none */
    const char *format = p->quirks & APE__LLM_KEY_HEADER ? "api-key: %s" : p->wire->key_header;
    ape__buffer line;
    bool ok;

    if (!key)
        return true;
    ape__buffer_init(&line, page->host);
    ape__buffer_append(&line, format, strcspn(format, "%"));
    ape__buffer_puts(&line, key);
    ok = !line.failed && ape__page_add_header(page, line.data);
    if (line.data)
        ape__wipe(line.data, line.size);
    ape__buffer_clear(&line);
    return ok;
}

/* The list of models: free of charge everywhere. */
static ape__page *models_page(ape_host *host, const ape__llm_provider *p)
{
    ape__page *page = NULL;
    ape__buffer url;

    ape__buffer_init(&url, host);
    ape__buffer_append(&url, p->url, strlen(p->url) - strlen(p->wire->path));
    ape__buffer_puts(&url, p->wire->models_path);
    if (!url.failed)
        page = ape__page_new(host, url.data);
    ape__buffer_clear(&url);
    if (page && add_key(page, p) &&
        (!p->wire->more_header || ape__page_add_header(page, p->wire->more_header)))
        return page;
    ape__page_free(page);
    return NULL;
}

static void ask(ape_host *host, const ape__llm_provider *p, uint32_t timeout_ms,
                ape_health_result *result)
{
    ape__page *page = models_page(host, p);
    long status;

    if (!page) {
        ape__health_fail(result, "out of memory");
        return;
    }
    status = ape__page_get(page, timeout_ms, result);
    if (status == 401 || status == 403)
        ape__health_fail(result, "HTTP status %ld: the key is wrong or may not do this", status);
    else if (status >= 500)
        ape__health_fail(result, "HTTP status %ld", status);
    ape__page_free(page);
}

static void judge(const watched *w, ape__llm_provider *p, uint32_t timeout_ms,
                  ape_health_result *result)
{
    if (ape__llm_provider_is_local(p))
        return;
    if (ape__llm_provider_lacks_key(p)) {
        ape__health_fail(result, "it has no key");
        return;
    }
    judge_breaker(p, result);
    if (w->asks && result->status == APE_HEALTH_HEALTHY)
        ask(w->host, p, timeout_ms, result);
}

static void probe_provider(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    const watched *w = user;
    ape__llm_chain *chain = ape__llm_client_chain(w->client);
    ape__llm_provider *p = find(chain, w->provider);

    if (p)
        judge(w, p, timeout_ms, result);
    else
        ape__health_fail(result, "it is not in the chain any more");
    ape__llm_chain_free(chain);
}

static void watched_free(void *user)
{
    watched *w = user;

    ape_llm_client_free(w->client);
    ape__strfree(w->host, w->provider);
    ape__free(w->host, w, sizeof(*w));
}

static bool is_in_chain(ape_llm_client *client, const char *provider)
{
    ape__llm_chain *chain = ape__llm_client_chain(client);
    bool found = find(chain, provider) != NULL;

    ape__llm_chain_free(chain);
    return found;
}

ape_status ape_health_checker_add_llm_provider(ape_health_checker *checker, ape_llm_client *client,
                                               const char *provider, uint32_t asks,
                                               const ape_health_check_options *opts, ape_error *err)
{
    watched *w;

    if (!checker || !client || !provider)
        return ape__fail(err, APE_ERR_INVALID, "checker, client or provider is NULL");
    if (asks > 1)
        return ape__fail(err, APE_ERR_INVALID, "ask is %u: must be 0 or 1", asks);
    if (!is_in_chain(client, provider))
        return ape__fail(err, APE_ERR_NOT_FOUND, "\"%.60s\" is not in the chain", provider);
    w = ape__alloc(checker->host, sizeof(*w));
    if (!w)
        return ape__fail_no_memory(err);
    w->host = checker->host;
    w->client = ape__llm_client_ref(client);
    w->provider = ape__strdup(checker->host, provider);
    w->asks = asks;
    if (!w->provider) {
        watched_free(w);
        return ape__fail_no_memory(err);
    }
    return ape__health_checker_add_built_in(checker, provider, "component", opts, probe_provider, w,
                                            watched_free, err);
}
