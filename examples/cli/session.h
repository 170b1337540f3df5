/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_SESSION_H
#define APE_CLI_SESSION_H

#include "cli.h"

/** An orchestrator from the settings, over @p data_dir if it is not NULL, keeping what it is asked
 *  in @p store if that is not NULL, with @p sanitizer if that is not NULL; NULL after a complaint,
 *  with the exit status in @p status. */
ape_orchestrator *open_orchestrator(const char *data_dir, ape_store *store,
                                    ape_code_sanitizer *sanitizer, int *status);

/** A market likewise. */
ape_market *open_market(const char *data_dir, int *status);

/** The store of the settings likewise. */
ape_store *open_store(int *status);

/** A store of SQLite in a folder likewise, whatever the settings say. */
ape_store *open_store_in(const char *folder, int *status);

/** A sandbox over such a market likewise. */
ape_sandbox *open_sandbox(const char *data_dir, int *status);

/** A feed into @p data_dir, or the settings' folder, from @p sources, or the settings', likewise.
 */
ape_price_feed *open_feed(const char *data_dir, const char *sources, int *status);

#endif /* APE_CLI_SESSION_H */
