/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_PHRASES_H
#define APE_PLANNER_PHRASES_H

#include "planner/metrics.h"

/** Words that name a metric, or something else that takes a word away from the tickers. */
typedef struct ape__plan_phrases {
    const char *phrases; /* parted by "|", in the form of ape__plan_match() */
    uint8_t metric;      /* ape__plan_metric; none for other words */
    uint8_t role;        /* of the words; of a metric, APE__PLAN_METRIC */
    bool weak;           /* only a metric where no other is named */
    const char *unknown; /* name of a thing that is not computed here, else NULL */
} ape__plan_phrases;

extern const ape__plan_phrases ape__plan_phrases_table[];
extern const size_t ape__plan_phrases_count;

#endif /* APE_PLANNER_PHRASES_H */
