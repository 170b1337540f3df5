/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_PROMPT_H
#define APE_ORCHESTRATOR_PROMPT_H

#include <ape/llm_client.h>

/**
 * Put the two messages of a question into a request: the conventions and the
 * contract of a plan's output as system, and
 *
 *     As-of date: 2022-12-28
 *     Question: Calculate the Sharpe ratio for AAPL in 2021
 *
 * as user. Line ends within the question become blanks, so that it cannot add
 * lines of its own. The built-in planner reads the same two lines.
 */
ape_status ape__prompt_add(ape_host *host, ape_llm_request *request, const char *question,
                           size_t size, const char *as_of, ape_error *err);

#endif /* APE_ORCHESTRATOR_PROMPT_H */
