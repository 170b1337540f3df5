/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_SHARED_H
#define APE_LLM_CLIENT_SHARED_H

#include "llm_client/cache.h"

/** What the calls of one client have in common, whatever becomes of its chain. */
typedef struct ape__llm_shared {
    ape__llm_ledger ledger;
    ape__llm_cache cache;
    pthread_mutex_t lock; /* guards the credit */
    uint64_t credit;      /* for second attempts, in hundredths of one */
} ape__llm_shared;

void ape__llm_shared_init(ape__llm_shared *shared, ape_host *host);
void ape__llm_shared_clear(ape__llm_shared *shared);

/** Each request earns so many hundredths of a second attempt. */
void ape__llm_shared_earn(ape__llm_shared *shared, uint64_t percent);

/** True if there was credit for a whole one; it is gone then. */
bool ape__llm_shared_spend(ape__llm_shared *shared);

#endif /* APE_LLM_CLIENT_SHARED_H */
