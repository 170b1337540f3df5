/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_METRICS_H
#define APE_SANDBOX_METRICS_H

#include <ape/metrics_registry.h>
#include <ape/sandbox.h>

/** What is counted of runs; all NULL without a registry: nothing is counted. */
typedef struct ape__vee_metrics {
    ape_metrics_registry *registry; /* a share */
    ape_counter *runs[APE_SANDBOX_HELPER + 1];
    ape_counter *refused; /* runs that were not begun */
    ape_histogram *seconds;
    ape_histogram *peak_bytes;
} ape__vee_metrics;

ape_status ape__vee_metrics_init(ape__vee_metrics *metrics, ape_metrics_registry *registry,
                                 ape_error *err);

/** Count a run; @p result is NULL if it was not begun. */
void ape__vee_metrics_note(const ape__vee_metrics *metrics, const ape_sandbox_result *result);

#endif /* APE_SANDBOX_METRICS_H */
