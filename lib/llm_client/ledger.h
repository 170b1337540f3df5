/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_LEDGER_H
#define APE_LLM_CLIENT_LEDGER_H

#include <pthread.h>
#include <stdint.h>

/** Money in millionths of a dollar, as the settings allow it; 0: no limit. */
typedef struct ape__llm_budget {
    int64_t per_call;
    int64_t per_period;
    int64_t period_ms; /* periods begin at its multiples since 1970, in UTC: days at midnight */
} ape__llm_budget;

/** What was spent in the current period, and what may be spent by calls under way. */
typedef struct ape__llm_ledger {
    pthread_mutex_t lock;
    int64_t period;
    int64_t spent;
    int64_t held;
} ape__llm_ledger;

void ape__llm_ledger_init(ape__llm_ledger *ledger);
void ape__llm_ledger_clear(ape__llm_ledger *ledger);

/**
 * Set money aside before it is spent.
 *
 * @return as much of @p most as the period has left, if that is @p least or more; else -1
 */
int64_t ape__llm_ledger_hold(ape__llm_ledger *ledger, const ape__llm_budget *budget, int64_t least,
                             int64_t most, int64_t wall_ms);

/** Of what was @p held, so much was @p spent. */
void ape__llm_ledger_settle(ape__llm_ledger *ledger, const ape__llm_budget *budget, int64_t held,
                            int64_t spent, int64_t wall_ms);

#endif /* APE_LLM_CLIENT_LEDGER_H */
