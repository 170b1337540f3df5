/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_METRICS_H
#define APE_LLM_CLIENT_METRICS_H

#include <ape/metrics_registry.h>

#include "llm_client/chain.h"
#include "llm_client/completion.h"

/** The client's families in a registry; all NULL counts nothing. */
typedef struct ape__llm_metrics {
    ape_metrics_registry *registry; /* a share */
    ape_metric_family *requests, *attempts, *hedges, *cache_hits, *tokens, *cost, *estimated_cost,
        *first_content, *overhead, *breaker_state, *breaker_openings, *duration, *first_chunk,
        *token_usage;
} ape__llm_metrics;

ape_status ape__llm_metrics_init(ape__llm_metrics *metrics, ape_metrics_registry *registry,
                                 ape_error *err);

/** Count a request that has ended, and the attempts in its journal. */
void ape__llm_metrics_note(const ape__llm_metrics *metrics, ape_status status,
                           const ape_llm_completion *completion);

/** Show the circuit breakers of a chain, or show them no longer. */
void ape__llm_metrics_watch(const ape__llm_metrics *metrics, ape__llm_chain *chain, bool watch);

#endif /* APE_LLM_CLIENT_METRICS_H */
