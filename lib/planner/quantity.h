/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_QUANTITY_H
#define APE_PLANNER_QUANTITY_H

#include "core/date.h"
#include "planner/tokens.h"

typedef enum ape__plan_unit {
    APE__PLAN_NO_UNIT,
    APE__PLAN_DAY,
    APE__PLAN_TRADING_DAY,
    APE__PLAN_WEEK,
    APE__PLAN_MONTH,
    APE__PLAN_QUARTER,
    APE__PLAN_YEAR,
} ape__plan_unit;

/** A stretch of time, as "6 months". */
typedef struct ape__plan_quantity {
    int count; /* 1 to 10000 */
    ape__plan_unit unit;
    bool counted; /* by a number or a word for one, not "month" alone */
} ape__plan_quantity;

/** A unit of time in any form; the number of its tokens, 0 if none stands here. */
size_t ape__plan_read_unit(const ape__plan_tokens *tokens, size_t at, ape__plan_unit *out);

/** A number word or a whole number, 0 to 10000; the number of its tokens. */
size_t ape__plan_read_count(const ape__plan_tokens *tokens, size_t at, int *out);

/** "6 months", "6-month", "two weeks", "a year", "month", "half a year". */
size_t ape__plan_read_quantity(const ape__plan_tokens *tokens, size_t at, ape__plan_quantity *out);

/** The date so much later, or earlier for @p sign -1. Trading days are counted as weekdays. */
ape__date ape__plan_shift(ape__date date, const ape__plan_quantity *by, int sign);

#endif /* APE_PLANNER_QUANTITY_H */
