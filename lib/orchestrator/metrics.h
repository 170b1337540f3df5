/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_METRICS_H
#define APE_ORCHESTRATOR_METRICS_H

#include <ape/metrics_registry.h>
#include <ape/orchestrator.h>

/** How queries end, in metrics. */
typedef enum ape__query_end {
    APE__QUERY_SUCCESS,
    APE__QUERY_UNDEFINED,
    APE__QUERY_REFUSED,
    APE__QUERY_ERROR,
    APE__QUERY_TIMEOUT,
    APE__QUERY_ENDS,
} ape__query_end;

/** What is counted of queries; all NULL without a registry: nothing is counted. */
typedef struct ape__query_metrics {
    ape_metrics_registry *registry; /* a share */
    ape_counter *queries[APE__QUERY_ENDS];
    ape_histogram *latency;
    ape_metric_family *stages;
    ape_metric_family *accuracy;
} ape__query_metrics;

ape_status ape__query_metrics_init(ape__query_metrics *metrics, ape_metrics_registry *registry,
                                   ape_error *err);

/**
 * Count a query that was begun.
 *
 * @param answer    NULL: there was no memory for one
 * @param outcome   what the chain came to
 * @param stage_ms  time in each stage; APE_STAGE_GATE + 1 of them
 */
void ape__query_metrics_note(const ape__query_metrics *metrics, const ape_answer *answer,
                             ape_status outcome, double total_ms, const double *stage_ms);

#endif /* APE_ORCHESTRATOR_METRICS_H */
