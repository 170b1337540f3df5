/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_COMPUTATIONS_H
#define APE_PLANNER_COMPUTATIONS_H

#include "planner/metrics.h"

/** Constants that a computation uses. */
enum {
    APE__PLAN_USES_YEAR = 1,
    APE__PLAN_USES_RATE = 2,
    APE__PLAN_USES_CONFIDENCE = 4,
    APE__PLAN_USES_WINDOW = 8,
    APE__PLAN_USES_NUMPY = 16,
    APE__PLAN_USES_FORECAST = 32,
};

/** The part of a program between its prices, in `close`, and what it prints. */
typedef struct ape__plan_computation {
    unsigned uses;
    const char *code;   /* sets a variable named as the metric's key */
    const char *extras; /* further members of the printed object */
} ape__plan_computation;

const ape__plan_computation *ape__plan_computation_get(ape__plan_metric metric);

#endif /* APE_PLANNER_COMPUTATIONS_H */
