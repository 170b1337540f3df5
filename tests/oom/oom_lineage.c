/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counting_host.h"
#include "lineage/lineage.h"

static const char answer[] =
    "{\"query_id\": \"q\", \"question\": \"?\", \"status\": \"verified\","
    " \"result\": {\"metric\": \"beta\", \"value\": 1, \"values\": {\"rows\": 2}},"
    " \"provenance\": {\"data\": [{\"sha256\": \"a\", \"symbol\": \"KO\"}]}}";

static ape_status write_request(ape_host *host, void *user)
{
    ape__lineage_entry *entry = user;
    ape__buffer out;
    ape_status st;

    ape__buffer_init(&out, host);
    ape__lineage_write_request(APE__NEO4J_TRANSACTION, entry, &out);
    st = out.failed ? APE_ERR_NO_MEMORY : APE_OK;
    ape__buffer_clear(&out);
    return st;
}

/* Nobody listens there: what is posted is dropped. */
static ape_status use(ape_host *host, void *user)
{
    ape_lineage_options opts;
    ape_metrics_registry *metrics;
    ape_lineage *lineage;
    ape_status st;

    st = ape_metrics_registry_new(host, NULL, &metrics, NULL);
    if (st != APE_OK)
        return st;
    ape_lineage_options_init(&opts, sizeof(opts));
    opts.settings = user;
    opts.retries = 0;
    opts.interval_ms = 10;
    opts.metrics = metrics;
    st = ape_lineage_new(host, &opts, &lineage, NULL);
    ape_metrics_registry_free(metrics);
    if (st != APE_OK)
        return st;
    st = ape_lineage_post(lineage, answer, strlen(answer), NULL);
    (void)ape_lineage_flush(lineage, 1000);
    ape_lineage_free(lineage);
    return st;
}

int main(void)
{
    ape__lineage_entry *entry = calloc(1, sizeof(*entry) + sizeof(answer));
    ape_settings *settings;
    const char *requests, *handles;

    if (!entry || setenv("NEO4J_URI", "http://127.0.0.1:1", 1) != 0 ||
        ape_settings_new(NULL, NULL, &settings, NULL) != APE_OK)
        return 1;
    entry->size = sizeof(answer) - 1;
    memcpy(entry->json, answer, sizeof(answer));
    requests = each_allocation_fails(write_request, entry);
    handles = each_allocation_fails(use, settings);
    if (requests || handles)
        printf("%s\n", requests ? requests : handles);
    ape_settings_free(settings);
    free(entry);
    return requests || handles;
}
