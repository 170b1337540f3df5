/* SPDX-License-Identifier: MIT */
#include "llm_client/shared.h"

enum { ONE = 100, MOST_CREDIT = 10 * ONE };

void ape__llm_shared_init(ape__llm_shared *shared, ape_host *host)
{
    ape__llm_ledger_init(&shared->ledger);
    ape__llm_cache_init(&shared->cache, host);
    pthread_mutex_init(&shared->lock, NULL);
    shared->credit = 0;
}

void ape__llm_shared_clear(ape__llm_shared *shared)
{
    ape__llm_ledger_clear(&shared->ledger);
    ape__llm_cache_clear(&shared->cache);
    pthread_mutex_destroy(&shared->lock);
}

void ape__llm_shared_earn(ape__llm_shared *shared, uint64_t percent)
{
    if (percent == 0)
        return;
    pthread_mutex_lock(&shared->lock);
    shared->credit += percent;
    if (shared->credit > MOST_CREDIT)
        shared->credit = MOST_CREDIT;
    pthread_mutex_unlock(&shared->lock);
}

bool ape__llm_shared_spend(ape__llm_shared *shared)
{
    bool ok;

    pthread_mutex_lock(&shared->lock);
    ok = shared->credit >= ONE;
    if (ok)
        shared->credit -= ONE;
    pthread_mutex_unlock(&shared->lock);
    return ok;
}
