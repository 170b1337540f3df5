/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_QUESTION_H
#define APE_PLANNER_QUESTION_H

#include "core/date.h"
#include "planner/metrics.h"
#include "planner/period.h"
#include "planner/tickers.h"

/** A decimal number, kept as it was written: value = mantissa / 10^scale. */
typedef struct ape__plan_decimal {
    int64_t mantissa;
    uint8_t scale;
} ape__plan_decimal;

/** All that a program needs to know. */
typedef struct ape__plan_question {
    ape__plan_metric metric;
    ape__plan_tickers tickers; /* as many as the metric takes; of beta, the benchmark last */
    ape__date as_of;
    ape__plan_period period; /* its end not after as_of */
    ape__plan_decimal risk_free_rate;
    ape__plan_decimal confidence; /* of VaR and CVaR */
    int window;                   /* of SMA, EMA, RSI */
    ape__date target;             /* of a forecast */
} ape__plan_question;

/**
 * Understand a question.
 *
 * @param size  at most APE__PLAN_LONGEST_QUESTION
 * @return APE_OK; APE_ERR_REFUSED, the message says why and what to do; APE_ERR_NO_MEMORY.
 */
ape_status ape__plan_read_question(ape_host *host, const char *text, size_t size, ape__date as_of,
                                   ape__plan_question *out, ape_error *err);

enum { APE__PLAN_LONGEST_QUESTION = 16384 };

#endif /* APE_PLANNER_QUESTION_H */
