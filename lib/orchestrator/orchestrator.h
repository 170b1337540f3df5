/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_ORCHESTRATOR_H
#define APE_ORCHESTRATOR_ORCHESTRATOR_H

#include <pthread.h>

#include <ape/orchestrator.h>

#include "orchestrator/metrics.h"

struct ape_orchestrator {
    ape_host *host;
    ape_llm_client *llm_client;
    pthread_mutex_t sanitizer_lock;
    ape_code_sanitizer *sanitizer; /* behind the lock; NULL until it is made */
    ape_market *market;
    ape_sandbox *sandbox;
    ape_store *store;     /* or NULL */
    ape_lineage *lineage; /* or NULL */
    ape__query_metrics metrics;
};

#endif /* APE_ORCHESTRATOR_ORCHESTRATOR_H */
