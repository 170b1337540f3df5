/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <ape/store.h>

#include "counting_host.h"
#include "servers.h"

static char folder[64];

static ape_status drop(ape_status st, ape_text **text)
{
    if (st == APE_OK)
        ape_text_free(*text);
    return st;
}

static ape_status use(ape_store *store)
{
    static const char answer[] =
        "{\"query_id\": \"a\", \"question\": \"?\", \"status\": \"failed\"}";
    ape_prediction p;
    ape_text *text = NULL;
    ape_status st;

    ape_prediction_init(&p, sizeof(p));
    p.ticker = "AAPL";
    p.as_of = p.target_date = "2022-01-03";
    p.low = p.base = p.high = 1;
    p.confidence = 0.5;
    st = ape_store_put_query(store, answer, strlen(answer), NULL, NULL);
    if (st == APE_OK)
        st = ape_store_put_prediction(store, &p, NULL, NULL, NULL);
    if (st == APE_OK)
        st = drop(ape_store_get_query(store, "a", &text, NULL), &text);
    if (st == APE_OK)
        st = drop(ape_store_list_queries(store, 0, NULL, &text, NULL), &text);
    if (st == APE_OK)
        st = drop(ape_store_list_predictions(store, NULL, &text, NULL), &text);
    if (st == APE_OK)
        st = drop(ape_store_corridor(store, "AAPL", NULL, NULL, &text, NULL), &text);
    if (st == APE_OK)
        st = drop(ape_store_track_record(store, NULL, NULL, NULL, &text, NULL), &text);
    return st == APE_OK ? drop(ape_store_health(store, &text, NULL), &text) : st;
}

static ape_status with_sqlite(ape_host *host, void *user)
{
    ape_metrics_registry *registry;
    ape_store_options opts;
    ape_store *store;
    ape_status st;

    (void)user;
    ape_store_options_init(&opts, sizeof(opts));
    opts.state_dir = folder;
    st = ape_store_new(host, &opts, &store, NULL);
    if (st != APE_OK)
        return st;
    st = ape_metrics_registry_new(host, NULL, &registry, NULL);
    if (st == APE_OK) {
        st = ape_store_set_metrics(store, registry, NULL);
        ape_metrics_registry_free(registry);
    }
    if (st == APE_OK)
        st = use(store);
    ape_store_free(store);
    return st;
}

int main(void)
{
    const char *complaint;

    test_folder_new(folder);
    complaint = each_allocation_fails(with_sqlite, NULL);
    test_folder_remove(folder);
    if (complaint)
        printf("store: %s\n", complaint);
    return complaint != NULL;
}
