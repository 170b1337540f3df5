/* SPDX-License-Identifier: MIT */
#include "llm_client/client.h"

#include "core/host.h"

ape_status ape_llm_client_new(ape_host *host, const ape_settings *settings, ape_llm_client **out,
                              ape_error *err)
{
    ape_llm_client *client;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    client = ape__alloc(host, sizeof(*client));
    if (!client)
        return ape__fail_no_memory(err);
    st = ape__llm_chain_new(host, settings, &client->chain, err);
    if (st != APE_OK) {
        ape__free(host, client, sizeof(*client));
        return st;
    }
    pthread_mutex_init(&client->lock, NULL);
    atomic_init(&client->shares, 1);
    client->host = ape__host_ref(host);
    ape__llm_shared_init(&client->shared, client->host);
    *out = client;
    return APE_OK;
}

ape_llm_client *ape__llm_client_ref(ape_llm_client *client)
{
    if (client)
        atomic_fetch_add_explicit(&client->shares, 1, memory_order_relaxed);
    return client;
}

/* With the lock. */
static void tell_of_breakers(ape_llm_client *client, bool is_leaving)
{
    const ape__llm_chain *chain = client->chain;

    for (size_t i = 0; client->on_breaker && i < chain->count; i++) {
        const ape__llm_provider *p = &chain->providers[i];

        if (p->breaker)
            client->on_breaker(client->on_breaker_user, p->name, p->breaker, p->limits.total_ms,
                               is_leaving);
    }
}

void ape_llm_client_watch_breakers(ape_llm_client *client, ape_llm_on_breaker on_breaker,
                                   void *user)
{
    pthread_mutex_lock(&client->lock);
    tell_of_breakers(client, true);
    client->on_breaker = on_breaker;
    client->on_breaker_user = user;
    tell_of_breakers(client, false);
    pthread_mutex_unlock(&client->lock);
}

void ape_llm_client_free(ape_llm_client *client)
{
    ape_host *host;

    if (!client || atomic_fetch_sub_explicit(&client->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = client->host;
    ape__llm_engine_free(client->engine);
    ape__llm_metrics_watch(&client->metrics, client->chain, false);
    tell_of_breakers(client, true); /* nobody else has the client now */
    ape__llm_chain_free(client->chain);
    ape_metrics_registry_free(client->metrics.registry);
    ape__llm_shared_clear(&client->shared);
    pthread_mutex_destroy(&client->lock);
    ape__free(host, client, sizeof(*client));
    ape_host_free(host);
}

ape_status ape_llm_client_reload(ape_llm_client *client, const ape_settings *settings,
                                 ape_error *err)
{
    ape__llm_chain *fresh, *old;
    ape_status st;

    if (!client)
        return ape__fail(err, APE_ERR_INVALID, "client is NULL");
    st = ape__llm_chain_new(client->host, settings, &fresh, err);
    if (st != APE_OK)
        return st;
    pthread_mutex_lock(&client->lock);
    tell_of_breakers(client, true);
    old = client->chain;
    client->chain = fresh;
    tell_of_breakers(client, false);
    ape__llm_metrics_watch(&client->metrics, old, false);
    ape__llm_metrics_watch(&client->metrics, fresh, true);
    pthread_mutex_unlock(&client->lock);
    ape__llm_chain_free(old);
    return APE_OK;
}

ape_status ape_llm_client_set_metrics(ape_llm_client *client, ape_metrics_registry *registry,
                                      ape_error *err)
{
    ape_status st;

    if (!client || !registry)
        return ape__fail(err, APE_ERR_INVALID, "client or registry is NULL");
    if (client->metrics.registry)
        return ape__fail(err, APE_ERR_STATE, "this client counts into a registry already");
    st = ape__llm_metrics_init(&client->metrics, registry, err);
    if (st == APE_OK)
        ape__llm_metrics_watch(&client->metrics, client->chain, true);
    return st;
}

ape__llm_chain *ape__llm_client_chain(ape_llm_client *client)
{
    ape__llm_chain *chain;

    pthread_mutex_lock(&client->lock);
    chain = ape__llm_chain_ref(client->chain);
    pthread_mutex_unlock(&client->lock);
    return chain;
}

ape_status ape__llm_client_engine(ape_llm_client *client, ape__llm_engine **out, ape_error *err)
{
    ape_status st = APE_OK;

    pthread_mutex_lock(&client->lock);
    if (!client->engine)
        st = ape__llm_engine_new(client->host, &client->engine, err);
    else if (ape__llm_engine_is_lost(client->engine))
        st = ape__fail(err, APE_ERR_STATE,
                       "the process has forked since this client was used: make a new client");
    *out = client->engine;
    pthread_mutex_unlock(&client->lock);
    return st;
}
