/* SPDX-License-Identifier: MIT */
#ifndef SERVER_PARTS_H
#define SERVER_PARTS_H

#include <ape/ape.h>
#include <stdatomic.h>

#include "auth.h"

/**
 * What is made from the settings, and made anew on SIGHUP: keys, market, orchestrator.
 * Shared by count: a request in flight goes on with what it began with.
 */
typedef struct parts {
    atomic_int shares;
    ape_settings *settings;
    auth *keys;
    ape_price_feed *feed; /* NULL: nowhere to put what it fetches */
    ape_market *market;
    ape_sandbox *sandbox;
    ape_llm_client *llm_client; /* borrowed */
    ape_lineage *lineage;       /* or NULL */
    ape_orchestrator *orchestrator;
} parts;

/**
 * Read the settings and make everything; the first share is the caller's.
 *
 * @param registry  what queries, models and runs are counted into
 * @param store     where queries are kept; opened if it is NULL, and this build has one
 * @param llm_client  made if it is NULL; else it stays as it is: reload it when all is well, so
 * that what was spent of its budget is not forgotten
 */
ape_status parts_new(ape_host *host, const char *dotenv_path, ape_metrics_registry *registry,
                     ape_store **store, ape_llm_client **llm_client, parts **out, ape_error *err);

parts *parts_ref(parts *p);
void parts_free(parts *p);

#endif /* SERVER_PARTS_H */
