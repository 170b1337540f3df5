/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_TRY_H
#define APE_LLM_CLIENT_TRY_H

#include "llm_client/engine.h"
#include "llm_client/shared.h"

/** One attempt of a call, with all that was taken for it: a place with the circuit
 *  breaker, a part of the key's quota, and of the budget. */
typedef struct ape__llm_try {
    ape__llm_task task;
    size_t link;
    bool is_live; /* made ready, and not closed yet */
    bool is_hedge;
    ape__llm_key *key;
    ape_circuit_breaker_ticket ticket;
    ape__llm_amounts taken;
    int64_t held;        /* millionths of a dollar */
    uint32_t max_tokens; /* as the budget allows; 0: the model's own limit */
} ape__llm_try;

/** What came of making one ready. */
typedef enum ape__llm_readiness {
    APE__LLM_READY,
    APE__LLM_PASS_OVER, /* class_ and note say why */
    APE__LLM_LATER,     /* in wait_ms its quota is there; note says so */
    APE__LLM_NO_MEMORY,
} ape__llm_readiness;

typedef struct ape__llm_obstacle {
    ape_llm_class class_;
    uint64_t wait_ms;
    char note[160];
} ape__llm_obstacle;

struct ape__llm_call;

/** Make an attempt at this link ready to be sent, or take nothing. */
ape__llm_readiness ape__llm_try_prepare(ape__llm_try *try, struct ape__llm_call *call, size_t link,
                                        ape__llm_obstacle *obstacle);

/** An attempt that is over: settle what was taken, tell the circuit breaker, write the
 *  journal; what it brought stays until ape__llm_try_clear(). @return true if its key was turned
 * away and another one can be used at once */
bool ape__llm_try_close(ape__llm_try *try, struct ape__llm_call *call);

void ape__llm_try_clear(ape__llm_try *try);

/** One that was never sent, if it is live: give back what was taken. Else nothing. */
void ape__llm_try_drop(ape__llm_try *try, struct ape__llm_call *call);

#endif /* APE_LLM_CLIENT_TRY_H */
