/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_METRICS_H
#define APE_BUS_METRICS_H

#include <ape/bus.h>

/** What is counted of a bus beyond what it counts anyway; all NULL without a registry. */
typedef struct ape__bus_metrics {
    ape_metrics_registry *registry; /* a share */
    ape_counter *jobs_put;
    ape_counter *jobs_taken;
    ape_counter *jobs_finished;
    ape_counter *jobs_late; /* finished when there was an outcome already */
} ape__bus_metrics;

/** End what a bus shows in its registry. */
void ape__bus_metrics_clear(ape_bus *bus);

#endif /* APE_BUS_METRICS_H */
