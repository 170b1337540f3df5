/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_QUERY_H
#define APE_ORCHESTRATOR_QUERY_H

#include <ape/orchestrator.h>

#include "orchestrator/asked.h"
#include "orchestrator/gate.h"

enum { APE__STAGE_COUNT = APE_STAGE_GATE + 1 };

/** One run of a question, while it is under way. */
typedef struct ape__query {
    ape_orchestrator *orchestrator;
    ape_query_options opts;
    const char *question;
    size_t question_size;
    ape__date as_of;
    char as_of_text[11];
    ape__asked asked;
    char id[37];

    /* The newest round: what the newest plan became. */
    ape_sanitized_code *code;
    ape_sandbox_result *run;
    ape__facts facts;  /* object is NULL until the gate has let something out */
    ape_stage stage;   /* where the round is, or where it ended */
    ape_error failure; /* why it ended; APE_OK while all is well */

    ape_llm_completion *completion;
    double started_ms;
    double stage_started_ms;
    double stage_ms[APE__STAGE_COUNT];
} ape__query;

/** A stage begins; the one before it ends. */
void ape__query_enter(ape__query *query, ape_stage stage);

/**
 * Sanitize, execute and check one plan: an ape_llm_judge, with the query as user.
 * What failed goes back to the model.
 */
ape_llm_verdict ape__query_judge(void *query, ape_llm_completion *candidate);

#endif /* APE_ORCHESTRATOR_QUERY_H */
