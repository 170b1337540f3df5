/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_CHAIN_H
#define APE_LLM_CLIENT_CHAIN_H

#include <pthread.h>
#include <stdatomic.h>

#include <ape/circuit_breaker.h>
#include <ape/settings.h>

#include "llm_client/pace.h"
#include "llm_client/policy.h"
#include "llm_client/prices.h"
#include "llm_client/quota.h"
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

typedef struct ape__llm_key {
    char *value; /* NULL: the provider wants none */
    ape__llm_quota quota;
} ape__llm_key;

/** One link of a chain. Immutable, but for its breaker and what the lock guards. */
typedef struct ape__llm_provider {
    char *name;
    char *url;
    char *model;
    const ape__llm_wire *wire; /* NULL: builtin, which is local */
    uint32_t quirks;
    bool is_on_this_machine; /* and costs nothing */
    ape__llm_limits limits;
    size_t key_count;             /* 0: it cannot be asked */
    ape_circuit_breaker *breaker; /* NULL for builtin */

    pthread_mutex_t lock; /* guards the quotas of the keys, and the pace */
    ape__llm_key *keys;
    ape__llm_pace pace;
    _Atomic ape_llm_class failure; /* of the newest attempt that failed */
} ape__llm_provider;

/** Providers in order of preference, and how to treat them. */
typedef struct ape__llm_chain {
    ape_host *host;
    atomic_size_t shares;
    ape__llm_policy policy;
    char *ca_file; /* certificates to trust; NULL: the system's */
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

/**
 * The key that can be used soonest for so much, the first of several.
 *
 * @param wait_ms  until then; 0: the amounts were taken from its quota
 * @return NULL where there are no keys
 */
ape__llm_key *ape__llm_provider_take_key(ape__llm_provider *provider,
                                         const ape__llm_amounts *wanted, uint64_t now_ms,
                                         uint64_t *wait_ms);

/** A request has ended: what it used, and what the head of its reply said. */
void ape__llm_provider_settle(ape__llm_provider *provider, ape__llm_key *key,
                              const ape__llm_amounts *taken, const ape__llm_amounts *used,
                              const ape__llm_told told[APE__LLM_MEASURES], uint64_t now_ms);

/** Let a key rest that was turned away. True if another one does not. */
bool ape__llm_provider_rest_key(ape__llm_provider *provider, ape__llm_key *key, uint64_t until_ms,
                                uint64_t now_ms);

/** An answer's first word took so long. */
void ape__llm_provider_note_pace(ape__llm_provider *provider, uint64_t first_content_ms);
uint64_t ape__llm_provider_p95_ms(ape__llm_provider *provider);

#endif /* APE_LLM_CLIENT_CHAIN_H */
