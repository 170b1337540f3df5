/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_RACE_H
#define APE_LLM_CLIENT_RACE_H

#include "llm_client/call.h"

/**
 * The tries of one call on the engine: the first, and, where it keeps silent for too
 * long, perhaps a second beside it. The first whole answer ends the other one.
 */
typedef struct ape__llm_race {
    ape__llm_call *call;
    ape__llm_engine *engine;
    ape__llm_timer timer;
    size_t running;
    bool is_settling;                            /* those that lost are being cancelled */
    void (*on_done)(struct ape__llm_race *race); /* on the engine's thread; may free it */
} ape__llm_race;

/* Only on the engine's thread. */

/** Send the first try, which is ready. */
void ape__llm_race_begin(ape__llm_race *race, ape__llm_engine *engine, ape__llm_call *call);

/** Decide all that is under way as cancelled; on_done comes within. Nothing, if it is over. */
void ape__llm_race_cancel(ape__llm_race *race);

#endif /* APE_LLM_CLIENT_RACE_H */
