/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_WATCHED_H
#define APE_METRICS_REGISTRY_WATCHED_H

#include <ape/metrics_registry.h>

/** A value that a part of the library has anyway: read when metrics are written out. */
typedef struct ape__watched_value {
    const char *name; /* a counter if it ends in "_total", else a gauge; without labels */
    const char *help;
    ape_metric_callback read; /* gets the part */
} ape__watched_value;

/** Show the values of a part. Where the registry shows another part's, these replace them. */
ape_status ape__watch(ape_metrics_registry *registry, const ape__watched_value *values,
                      size_t count, void *part, ape_error *err);

/** Take what is still this part's out of a registry; NULL is ignored. When this returns, no value
 *  of it is being read. */
void ape__unwatch(ape_metrics_registry *registry, const ape__watched_value *values, size_t count,
                  void *part);

#endif /* APE_METRICS_REGISTRY_WATCHED_H */
