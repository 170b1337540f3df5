/* SPDX-License-Identifier: MIT */
#include "llm_client/chain.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/host.h"
#include "core/locate.h"
#include "core/memory.h"
#include "core/settings.h"
#include "core/url.h"

enum { MOST_PROVIDERS = 32, MOST_KEYS = 64, PATIENCE = 10 };

static const int64_t most_a_minute = 1000000000;
static const char *const default_chain[] = { "deepseek", "anthropic", "openai" };

static const char *setting(const ape_settings *settings, const char *name, const char *end)
{
    return ape__settings_get_joined(settings, name, strlen(name), end);
}

/* NAME_BASE_URL, checked, and the path of the protocol. */
static ape_status make_url(ape_host *host, ape__llm_provider *p, const char *base, ape_error *err)
{
    size_t size = strlen(base);
    ape__buffer buffer;
    ape__url url;
    const char *problem = ape__url_parse(base, &url);

    if (problem)
        return ape__fail(err, APE_ERR_INVALID, "the base URL of %s is no URL: it %s", p->name,
                         problem);
    if (!ape__slice_is(url.scheme, "https") && !ape__slice_is(url.scheme, "http"))
        return ape__fail(err, APE_ERR_INVALID, "the base URL of %s must be https:// or http://",
                         p->name);
    p->is_on_this_machine = ape__host_is_local(url.host);
    while (size > 0 && base[size - 1] == '/')
        size--;
    ape__buffer_init(&buffer, host);
    ape__buffer_append(&buffer, base, size);
    ape__buffer_puts(&buffer, p->wire->path);
    p->url = ape__buffer_take_string(&buffer);
    return p->url ? APE_OK : ape__fail_no_memory(err);
}

static ape_status add_key(ape_host *host, ape__llm_provider *p, const char *text, size_t size,
                          ape_error *err)
{
    for (; size > 0 && *text == ' '; size--)
        text++;
    while (size > 0 && text[size - 1] == ' ')
        size--;
    if (size == 0)
        return APE_OK;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] > '~')
            return ape__fail(err, APE_ERR_INVALID,
                             "the key of %s holds a character that no key has", p->name);
    p->keys[p->key_count].value = ape__strndup(host, text, size);
    if (!p->keys[p->key_count].value)
        return ape__fail_no_memory(err);
    p->key_count++;
    return APE_OK;
}

static ape_status read_keys(ape_host *host, ape__llm_provider *p, const char *list, ape_error *err)
{
    ape_status st = APE_OK;

    while (*list && st == APE_OK && p->key_count < MOST_KEYS) {
        size_t size = strcspn(list, ",");

        st = add_key(host, p, list, size, err);
        list += size + (list[size] == ',');
    }
    return st;
}

/* A provider that wants no key has one without a value, for its quota. */
static ape_status make_keys(ape_host *host, const ape_settings *settings, ape__llm_provider *p,
                            ape_error *err)
{
    const char *list = setting(settings, p->name, "_API_KEY");
    int64_t rpm = 0, tpm = 0;
    ape_status st =
        ape__settings_get_joined_integer(settings, p->name, "_RPM", most_a_minute, &rpm, err);

    if (st == APE_OK)
        st = ape__settings_get_joined_integer(settings, p->name, "_TPM", most_a_minute, &tpm, err);
    if (st != APE_OK)
        return st;
    p->keys = ape__alloc_array(host, MOST_KEYS, sizeof(*p->keys));
    if (!p->keys)
        return ape__fail_no_memory(err);
    if (list)
        st = read_keys(host, p, list, err);
    if (p->key_count == 0 && (p->quirks & APE__LLM_KEYLESS || p->is_on_this_machine))
        p->key_count = 1;
    for (size_t i = 0; i < p->key_count; i++)
        ape__llm_quota_init(&p->keys[i].quota, rpm, tpm, ape__now_ms(host));
    return st;
}

static ape_status make_breaker(ape_host *host, const ape__llm_policy *policy, ape__llm_provider *p,
                               ape_error *err)
{
    ape_circuit_breaker_options opts;

    ape_circuit_breaker_options_init(&opts, sizeof(opts));
    opts.failure_threshold = (uint32_t)policy->breaker_failures;
    opts.open_ms = policy->breaker_open_ms;
    /* No trial lasts longer than the request it serves. */
    opts.lease_ms = p->limits.total_ms;
    return ape_circuit_breaker_new(host, &opts, &p->breaker, err);
}

static void relax(ape__llm_limits *limits)
{
    limits->headers_ms *= PATIENCE;
    limits->first_content_ms *= PATIENCE;
    limits->idle_ms *= PATIENCE;
    limits->min_bytes_per_s = 0;
}

static ape_status choose_wire(const ape_settings *settings, ape__llm_provider *p,
                              const ape__llm_service *service, ape_error *err)
{
    const char *wire = setting(settings, p->name, "_WIRE");

    p->wire = service ? service->wire : &ape__llm_wire_openai;
    if (!wire)
        return APE_OK;
    if (strcmp(wire, ape__llm_wire_anthropic.name) == 0)
        p->wire = &ape__llm_wire_anthropic;
    else if (strcmp(wire, ape__llm_wire_openai.name) == 0)
        p->wire = &ape__llm_wire_openai;
    else
        return ape__fail(err, APE_ERR_INVALID, "the wire of %s must be openai or anthropic",
                         p->name);
    return APE_OK;
}

static ape_status make_remote(ape_host *host, const ape_settings *settings, ape__llm_provider *p,
                              const ape__llm_service *service, ape_error *err)
{
    const char *base = setting(settings, p->name, "_BASE_URL");
    const char *model = setting(settings, p->name, "_MODEL");
    ape_status st;

    if (!base && service)
        base = service->base_url;
    if (!base)
        return ape__fail(err, APE_ERR_INVALID,
                         "LLM_CHAIN names %s, which is no known service: set its _BASE_URL",
                         p->name);
    if (!model && service)
        model = service->model;
    if (!model)
        return ape__fail(err, APE_ERR_INVALID, "no model is named for %s: set its _MODEL", p->name);
    /* A service that nobody knows may well do without a key. */
    p->quirks = service ? service->quirks : APE__LLM_KEYLESS;
    if (p->quirks & APE__LLM_PATIENT)
        relax(&p->limits);
    p->model = ape__strdup(host, model);
    if (!p->model)
        return ape__fail_no_memory(err);
    st = choose_wire(settings, p, service, err);
    if (st == APE_OK)
        st = make_url(host, p, base, err);
    if (st == APE_OK)
        st = make_keys(host, settings, p, err);
    return st;
}

static ape_status add_provider(ape__llm_chain *chain, const ape_settings *settings,
                               const char *name, size_t size, ape_error *err)
{
    ape__llm_provider *p = &chain->providers[chain->count];
    ape_status st;

    if (chain->count == MOST_PROVIDERS)
        return ape__fail(err, APE_ERR_INVALID, "LLM_CHAIN has more than %d names", MOST_PROVIDERS);
    p->name = ape__strndup(chain->host, name, size);
    if (!p->name)
        return ape__fail_no_memory(err);
    p->limits = chain->policy.limits;
    pthread_mutex_init(&p->lock, NULL);
    chain->count++;
    for (size_t i = 0; i + 1 < chain->count; i++)
        if (strcmp(chain->providers[i].name, p->name) == 0)
            return ape__fail(err, APE_ERR_INVALID, "LLM_CHAIN names %s twice", p->name);
    if (strcmp(p->name, "builtin") == 0)
        return APE_OK;
    st = make_remote(chain->host, settings, p, ape__llm_service_find(p->name), err);
    return st == APE_OK ? make_breaker(chain->host, &chain->policy, p, err) : st;
}

static ape_status add_defaults(ape__llm_chain *chain, const ape_settings *settings, ape_error *err)
{
    ape_status st = APE_OK;

    for (size_t i = 0; i < sizeof(default_chain) / sizeof(default_chain[0]); i++)
        if (settings && st == APE_OK && setting(settings, default_chain[i], "_API_KEY"))
            st = add_provider(chain, settings, default_chain[i], strlen(default_chain[i]), err);
    if (st == APE_OK)
        st = add_provider(chain, settings, "builtin", strlen("builtin"), err);
    return st;
}

static ape_status add_listed(ape__llm_chain *chain, const ape_settings *settings, const char *list,
                             ape_error *err)
{
    ape_status st = APE_OK;

    while (*list && st == APE_OK) {
        size_t size = strcspn(list, ", ");

        if (size > 0)
            st = add_provider(chain, settings, list, size, err);
        list += size + strspn(list + size, ", ");
    }
    if (st == APE_OK && chain->count == 0)
        st = ape__fail(err, APE_ERR_INVALID, "LLM_CHAIN names nobody");
    return st;
}

/* A file that the settings name must be there; the one that comes with the library
 * may have been left out. */
static ape_status read_prices(ape__llm_chain *chain, const ape_settings *settings, ape_error *err)
{
    const char *named = settings ? ape_settings_get(settings, "LLM_PRICE_FILE") : NULL;
    char *path;
    ape_status st;

    if (named)
        return ape__llm_prices_read(chain->host, named, &chain->prices, err);
    path = ape__locate(chain->host, "../data/llm-prices.json", APE_DATADIR "/llm-prices.json");
    if (!path)
        return ape__fail_no_memory(err);
    st = ape__llm_prices_read(chain->host, path, &chain->prices, err);
    ape__strfree(chain->host, path);
    return st == APE_ERR_NOT_FOUND ? APE_OK : st;
}

static ape_status find_ca_file(ape__llm_chain *chain, const ape_settings *settings, ape_error *err)
{
    const char *path = settings ? ape_settings_get(settings, "LLM_CA_FILE") : NULL;

    if (!path)
        return APE_OK;
    if (access(path, R_OK) != 0)
        return ape__fail_detail(err, APE_ERR_INVALID, errno, "LLM_CA_FILE cannot be read: %.150s",
                                path);
    chain->ca_file = ape__strdup(chain->host, path);
    return chain->ca_file ? APE_OK : ape__fail_no_memory(err);
}

ape_status ape__llm_chain_new(ape_host *host, const ape_settings *settings, ape__llm_chain **out,
                              ape_error *err)
{
    const char *list = settings ? ape_settings_get(settings, "LLM_CHAIN") : NULL;
    ape__llm_chain *chain = ape__alloc(host, sizeof(*chain));
    ape_status st;

    if (!chain)
        return ape__fail_no_memory(err);
    chain->host = ape__host_ref(host);
    atomic_init(&chain->shares, 1);
    st = ape__llm_policy_read(settings, &chain->policy, err);
    if (st == APE_OK) {
        chain->providers = ape__alloc_array(host, MOST_PROVIDERS, sizeof(*chain->providers));
        if (!chain->providers)
            st = ape__fail_no_memory(err);
    }
    if (st == APE_OK)
        st = list ? add_listed(chain, settings, list, err) : add_defaults(chain, settings, err);
    if (st == APE_OK)
        st = read_prices(chain, settings, err);
    if (st == APE_OK)
        st = find_ca_file(chain, settings, err);
    if (st != APE_OK) {
        ape__llm_chain_free(chain);
        return st;
    }
    *out = chain;
    return APE_OK;
}

ape__llm_chain *ape__llm_chain_ref(ape__llm_chain *chain)
{
    atomic_fetch_add_explicit(&chain->shares, 1, memory_order_relaxed);
    return chain;
}

static void clear_provider(ape_host *host, ape__llm_provider *p)
{
    for (size_t i = 0; i < p->key_count && p->keys[i].value; i++) {
        size_t size = strlen(p->keys[i].value);

        ape__wipe(p->keys[i].value, size);
        ape__free(host, p->keys[i].value, size + 1);
    }
    if (p->keys)
        ape__free(host, p->keys, MOST_KEYS * sizeof(*p->keys));
    ape__strfree(host, p->name);
    ape__strfree(host, p->url);
    ape__strfree(host, p->model);
    ape_circuit_breaker_free(p->breaker);
    pthread_mutex_destroy(&p->lock);
}

void ape__llm_chain_free(ape__llm_chain *chain)
{
    ape_host *host;

    if (!chain || atomic_fetch_sub_explicit(&chain->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = chain->host;
    for (size_t i = 0; i < chain->count; i++)
        clear_provider(host, &chain->providers[i]);
    ape__llm_prices_clear(host, &chain->prices);
    ape__strfree(host, chain->ca_file);
    if (chain->providers)
        ape__free(host, chain->providers, MOST_PROVIDERS * sizeof(*chain->providers));
    ape__free(host, chain, sizeof(*chain));
    ape_host_free(host);
}
