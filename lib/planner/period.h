/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_PERIOD_H
#define APE_PLANNER_PERIOD_H

#include "core/date.h"
#include "planner/tokens.h"

enum { APE__PLAN_DEFAULT_CLOSES = 252 };

/** The days that a question is about, both ends in it. */
typedef struct ape__plan_period {
    bool has_start; /* else the last `closes` closes up to the end */
    bool one_day;   /* only its last day is named: "on 2021-06-30" */
    uint32_t closes;
    ape__date start;
    ape__date end; /* may lie after the as-of date */
} ape__plan_period;

/**
 * Find the period and give its words their role.
 *
 * @param days_are_window  "over 50 days" is left alone: the metric is an average over days
 * @return APE_OK, without a period in the question its default; APE_ERR_REFUSED for
 *         two periods, an end before the start, a day that is not in the calendar,
 *         a month without its year.
 */
ape_status ape__plan_find_period(ape__plan_tokens *tokens, ape__date as_of, bool days_are_window,
                                 ape__plan_period *out, ape_error *err);

#endif /* APE_PLANNER_PERIOD_H */
