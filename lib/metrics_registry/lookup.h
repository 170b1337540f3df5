/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_LOOKUP_H
#define APE_METRICS_REGISTRY_LOOKUP_H

#include <ape/metrics_registry.h>

/** Value of a gauge of a family with one label; NaN where there is no such family or series.
 *  Makes nothing. */
double ape__gauge_value_of(ape_metrics_registry *registry, const char *family, const char *label);

#endif /* APE_METRICS_REGISTRY_LOOKUP_H */
