/* SPDX-License-Identifier: MIT */
#include "parts.h"

#include <stdlib.h>

static ape_status read_settings(ape_host *host, const char *dotenv_path, parts *p, ape_error *err)
{
    ape_settings_options options;
    ape_status st;

    ape_settings_options_init(&options, sizeof(options));
    options.dotenv_path = dotenv_path;
    st = ape_settings_new(host, &options, &p->settings, err);
    if (st != APE_OK)
        return st;
    return ape_settings_check(p->settings, NULL, err);
}

/* Without a folder of its own, or where it may only be read, a server fetches nothing. */
static ape_status make_feed(ape_host *host, parts *p, ape_error *err)
{
    ape_price_feed_options options;
    ape_status st;

    ape_price_feed_options_init(&options, sizeof(options));
    options.settings = p->settings;
    options.data_dir = ape_settings_get(p->settings, "APE_DATA_DIR");
    if (!options.data_dir)
        return APE_OK;
    st = ape_price_feed_new(host, &options, &p->feed, err);
    return st == APE_ERR_IO ? APE_OK : st;
}

static ape_status make_market(ape_host *host, parts *p, ape_error *err)
{
    ape_market_options options;

    ape_market_options_init(&options, sizeof(options));
    options.data_dir = ape_settings_get(p->settings, "APE_DATA_DIR");
    return ape_market_new(host, &options, &p->market, err);
}

/* The store stays when the settings are read again: its database does not move. */
static ape_status make_store(ape_host *host, parts *p, ape_metrics_registry *registry,
                             ape_store **store, ape_error *err)
{
    ape_store_options options;
    ape_status st;

    if (*store)
        return APE_OK;
    ape_store_options_init(&options, sizeof(options));
    options.settings = p->settings;
    st = ape_store_new(host, &options, store, err);
    if (st == APE_ERR_UNSUPPORTED)
        return APE_OK;
    return st == APE_OK ? ape_store_set_metrics(*store, registry, err) : st;
}

static ape_status make_sandbox(ape_host *host, parts *p, ape_error *err)
{
    ape_sandbox_options options;

    ape_sandbox_options_init(&options, sizeof(options));
    options.python_path = ape_settings_get(p->settings, "APE_PYTHON");
    return ape_sandbox_new(host, p->market, &options, &p->sandbox, err);
}

static ape_status make_lineage(ape_host *host, parts *p, ape_metrics_registry *registry,
                               ape_error *err)
{
    ape_lineage_options options;

    ape_lineage_options_init(&options, sizeof(options));
    options.settings = p->settings;
    options.metrics = registry;
    return ape_lineage_new(host, &options, &p->lineage, err);
}

/* The registry stays, too: what was counted before a reload goes on. */
static ape_status make_orchestrator(ape_host *host, parts *p, ape_store *store,
                                    ape_metrics_registry *registry, ape_error *err)
{
    ape_orchestrator_options options;
    ape_status st;

    ape_orchestrator_options_init(&options, sizeof(options));
    options.settings = p->settings;
    options.llm_client = p->llm_client;
    options.market = p->market;
    options.sandbox = p->sandbox;
    options.store = store;
    options.lineage = p->lineage;
    st = ape_orchestrator_new(host, &options, &p->orchestrator, err);
    return st == APE_OK ? ape_orchestrator_set_metrics(p->orchestrator, registry, err) : st;
}

static ape_status make_llm_client(ape_host *host, parts *p, ape_llm_client **llm_client,
                                  ape_error *err)
{
    ape_status st = APE_OK;

    if (!*llm_client)
        st = ape_llm_client_new(host, p->settings, llm_client, err);
    p->llm_client = *llm_client;
    return st;
}

static ape_status make_all(ape_host *host, const char *dotenv_path, ape_metrics_registry *registry,
                           ape_store **store, ape_llm_client **llm_client, parts *p, ape_error *err)
{
    ape_status st = read_settings(host, dotenv_path, p, err);

    if (st == APE_OK)
        st = make_feed(host, p, err);
    if (st == APE_OK)
        st = make_market(host, p, err);
    if (st == APE_OK)
        st = make_sandbox(host, p, err);
    if (st == APE_OK)
        st = make_llm_client(host, p, llm_client, err);
    if (st == APE_OK)
        st = make_store(host, p, registry, store, err);
    if (st == APE_OK)
        st = make_lineage(host, p, registry, err);
    if (st == APE_OK)
        st = make_orchestrator(host, p, *store, registry, err);
    if (st != APE_OK)
        return st;
    p->keys = auth_new(p->settings);
    return p->keys ? APE_OK : APE_ERR_NO_MEMORY;
}

ape_status parts_new(ape_host *host, const char *dotenv_path, ape_metrics_registry *registry,
                     ape_store **store, ape_llm_client **llm_client, parts **out, ape_error *err)
{
    parts *p = calloc(1, sizeof(*p));
    ape_status st;

    if (!p)
        return APE_ERR_NO_MEMORY;
    atomic_init(&p->shares, 1);
    st = make_all(host, dotenv_path, registry, store, llm_client, p, err);
    if (st != APE_OK) {
        parts_free(p);
        return st;
    }
    *out = p;
    return APE_OK;
}

parts *parts_ref(parts *p)
{
    atomic_fetch_add(&p->shares, 1);
    return p;
}

void parts_free(parts *p)
{
    if (!p || atomic_fetch_sub(&p->shares, 1) != 1)
        return;
    ape_orchestrator_free(p->orchestrator);
    ape_lineage_free(p->lineage);
    ape_sandbox_free(p->sandbox);
    ape_market_free(p->market);
    ape_price_feed_free(p->feed);
    auth_free(p->keys);
    ape_settings_free(p->settings);
    free(p);
}
