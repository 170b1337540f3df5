/* SPDX-License-Identifier: MIT */
#include "llm_client/ledger.h"

#include <string.h>

void ape__llm_ledger_init(ape__llm_ledger *ledger)
{
    memset(ledger, 0, sizeof(*ledger));
    pthread_mutex_init(&ledger->lock, NULL);
}

void ape__llm_ledger_clear(ape__llm_ledger *ledger)
{
    pthread_mutex_destroy(&ledger->lock);
}

/* With the lock. A clock that was set back does not begin a period anew. */
static void catch_up(ape__llm_ledger *l, const ape__llm_budget *budget, int64_t wall_ms)
{
    int64_t period = budget->period_ms > 0 ? wall_ms / budget->period_ms : 0;

    if (period <= l->period)
        return;
    l->period = period;
    l->spent = 0;
}

int64_t ape__llm_ledger_hold(ape__llm_ledger *ledger, const ape__llm_budget *budget, int64_t least,
                             int64_t most, int64_t wall_ms)
{
    int64_t left;

    pthread_mutex_lock(&ledger->lock);
    catch_up(ledger, budget, wall_ms);
    left = budget->per_period ? budget->per_period - ledger->spent - ledger->held : most;
    if (left > most)
        left = most;
    if (left >= least)
        ledger->held += left;
    pthread_mutex_unlock(&ledger->lock);
    return left >= least ? left : -1;
}

void ape__llm_ledger_settle(ape__llm_ledger *ledger, const ape__llm_budget *budget, int64_t held,
                            int64_t spent, int64_t wall_ms)
{
    pthread_mutex_lock(&ledger->lock);
    catch_up(ledger, budget, wall_ms);
    ledger->held -= held;
    ledger->spent += spent;
    pthread_mutex_unlock(&ledger->lock);
}
