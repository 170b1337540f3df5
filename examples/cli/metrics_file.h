/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_METRICS_FILE_H
#define APE_CLI_METRICS_FILE_H

#include "cli.h"

/** A registry that an orchestrator counts into; of this process nothing is shown. NULL after a
 *  complaint. */
ape_metrics_registry *metrics_of(ape_orchestrator *orchestrator);

/** Write a registry into a file, replaced as a whole: whoever reads it, as the textfile collector
 *  of Prometheus' node_exporter, sees all of it. False after a complaint. */
bool write_metrics_file(ape_metrics_registry *registry, const char *path);

#endif /* APE_CLI_METRICS_FILE_H */
