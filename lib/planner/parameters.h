/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_PARAMETERS_H
#define APE_PLANNER_PARAMETERS_H

#include "planner/quantity.h"
#include "planner/question.h"

/** Find "with a 4% risk-free rate"; goes first: "безрисковая доходность" is no return. */
ape_status ape__plan_find_risk_free_rate(ape__plan_tokens *tokens, ape__plan_question *question,
                                         ape_error *err);

/** Find how far ahead a forecast looks; turns a price "in 30 days" into one. Goes before the
 *  period. @return true if found, with its target counted from the as-of date. */
bool ape__plan_find_horizon(ape__plan_tokens *tokens, ape__plan_question *question,
                            ape__plan_quantity *out);

/** Find the confidence of VaR and the window of an average in the numbers that are left. */
ape_status ape__plan_find_numbers(ape__plan_tokens *tokens, ape__plan_question *question,
                                  ape_error *err);

#endif /* APE_PLANNER_PARAMETERS_H */
