/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_METRIC_H
#define APE_ORCHESTRATOR_METRIC_H

#include <stddef.h>

/** A metric that plans print: its key, its names, and what values can exist. */
typedef struct ape__metric {
    const char *key;
    const char *name;         /* as in "The Sharpe ratio of AAPL ..." */
    const char *russian_name; /* at the start of a sentence */
    const char *unit;         /* "ratio", "price" or "index" */
    double min, max;          /* both possible */
} ape__metric;

/** The metric of a key; NULL if it is not one of ours. */
const ape__metric *ape__metric_find(const char *key);

/** The i-th metric; NULL past the last. */
const ape__metric *ape__metric_at(size_t i);

#endif /* APE_ORCHESTRATOR_METRIC_H */
