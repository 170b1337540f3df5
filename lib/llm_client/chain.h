/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_CHAIN_H
#define APE_LLM_CLIENT_CHAIN_H

#include <stdatomic.h>

#include <ape/circuit_breaker.h>
#include <ape/settings.h>

#include "llm_client/prices.h"
#include "llm_client/wire.h"

/** A service that is known by name: what its settings need not say. */
typedef struct ape__llm_service {
    const char *name;
    const ape__llm_wire *wire;
    const char *base_url;
    const char *model; /* NULL: the settings must name one */
    uint32_t quirks;
} ape__llm_service;

/** The service of a name, or NULL. */
const ape__llm_service *ape__llm_service_find(const char *name);

/** How long to wait, how often to ask. */
typedef struct ape__llm_limits {
    uint64_t connect_ms;
    uint64_t headers_ms;
    uint64_t first_content_ms;
    uint64_t idle_ms;
    uint64_t total_ms;
    uint64_t min_bytes_per_s; /* 0: no floor */
    uint32_t retries;
} ape__llm_limits;

typedef struct ape__llm_key {
    char *value;
    _Atomic uint64_t rests_until_ms; /* on the host's clock, after a 429 */
} ape__llm_key;

/** One link of a chain. Immutable, but for its breaker and its keys' rest. */
typedef struct ape__llm_provider {
    char *name;
    char *url;
    char *model;
    const ape__llm_wire *wire; /* NULL: builtin, which is local */
    uint32_t quirks;
    ape__llm_limits limits;
    ape__llm_key *keys;
    size_t key_count;
    ape_circuit_breaker *breaker;  /* NULL for builtin */
    _Atomic ape_llm_class failure; /* of the newest attempt that failed */
} ape__llm_provider;

/** Providers in order of preference, and how patient to be with them. */
typedef struct ape__llm_chain {
    ape_host *host;
    atomic_size_t shares;
    ape__llm_limits limits;
    ape__llm_prices prices;
    ape__llm_provider *providers;
    size_t count;
} ape__llm_chain;

/** @param settings  NULL: builtin alone */
ape_status ape__llm_chain_new(ape_host *host, const ape_settings *settings, ape__llm_chain **out,
                              ape_error *err);
ape__llm_chain *ape__llm_chain_ref(ape__llm_chain *chain);
void ape__llm_chain_free(ape__llm_chain *chain);

bool ape__llm_provider_is_local(const ape__llm_provider *provider);

/** True if it cannot be asked for want of a key. */
bool ape__llm_provider_lacks_key(const ape__llm_provider *provider);

/** The first key that does not rest, else the one that rests the shortest; NULL
 *  where there are no keys. */
ape__llm_key *ape__llm_provider_pick_key(ape__llm_provider *provider, uint64_t now_ms);

#endif /* APE_LLM_CLIENT_CHAIN_H */
