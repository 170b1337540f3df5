/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_METRICS_H
#define APE_STORE_METRICS_H

#include <ape/store.h>

/** What is counted of a store; all NULL without a registry: nothing is counted. */
typedef struct ape__store_metrics {
    ape_metrics_registry *registry; /* a share */
    ape_counter *stored;
    ape_counter *queued;
    ape_counter *failed;
    ape_counter *reads;
    ape_counter *failed_reads;
    ape_histogram *write_seconds;
} ape__store_metrics;

/** End what a store shows in its registry. */
void ape__store_metrics_clear(ape_store *store);

/** Count a write that has ended. */
void ape__store_metrics_note_write(const ape__store_metrics *metrics, ape_status status,
                                   ape_store_place place, double took_ms);
void ape__store_metrics_note_read(const ape__store_metrics *metrics, ape_status status);

#endif /* APE_STORE_METRICS_H */
