/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_SESSION_H
#define APE_CLI_SESSION_H

#include "cli.h"

/** An orchestrator from the settings, over @p data_dir if it is not NULL; NULL
 *  after a complaint, with the exit status in @p status. */
ape_orchestrator *open_orchestrator(const char *data_dir, int *status);

/** A market likewise. */
ape_market *open_market(const char *data_dir, int *status);

/** A sandbox over such a market likewise. */
ape_sandbox *open_sandbox(const char *data_dir, int *status);

#endif /* APE_CLI_SESSION_H */
