/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_SHARE_H
#define APE_METRICS_REGISTRY_SHARE_H

#include <ape/metrics_registry.h>

/** Share a registry; ape_metrics_registry_free() gives the share up. NULL stays NULL. */
ape_metrics_registry *ape__metrics_registry_ref(ape_metrics_registry *registry);

#endif /* APE_METRICS_REGISTRY_SHARE_H */
