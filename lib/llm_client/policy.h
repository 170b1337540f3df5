/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_POLICY_H
#define APE_LLM_CLIENT_POLICY_H

#include <ape/settings.h>

#include "llm_client/ledger.h"

/** How long to wait, how often to ask. */
typedef struct ape__llm_limits {
    uint64_t connect_ms;
    uint64_t headers_ms;
    uint64_t first_content_ms;
    uint64_t idle_ms;
    uint64_t total_ms;
    uint64_t min_bytes_per_s; /* 0: no floor */
    uint64_t retries;
} ape__llm_limits;

/** When to ask two at a time. */
typedef struct ape__llm_hedging {
    uint64_t percent;  /* of all requests; 0: never */
    uint64_t delay_ms; /* 0: as the provider's pace has it */
} ape__llm_hedging;

/** What to keep of answers. */
typedef struct ape__llm_cache_limits {
    uint64_t entries; /* 0: nothing */
    uint64_t keep_ms;
} ape__llm_cache_limits;

/** What the settings say of all providers together. */
typedef struct ape__llm_policy {
    ape__llm_limits limits;
    ape__llm_budget budget;
    ape__llm_hedging hedging;
    ape__llm_cache_limits cache;
    uint64_t breaker_failures;
    uint64_t breaker_open_ms;
} ape__llm_policy;

/** @param settings  NULL: the defaults. @return APE_OK; APE_ERR_INVALID, naming the setting. */
ape_status ape__llm_policy_read(const ape_settings *settings, ape__llm_policy *out, ape_error *err);

#endif /* APE_LLM_CLIENT_POLICY_H */
