/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <ape/health_checks.h>

#include "counting_host.h"

static void succeed(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    (void)user, (void)timeout_ms, (void)result;
}

/* Of the library's own parts: those that have no threads. */
static ape_status add_parts(ape_host *host, ape_health_checker *c, ape_metrics_registry *metrics)
{
    ape_llm_client *client;
    ape_status st = ape_llm_client_new(host, NULL, &client, NULL);

    if (st != APE_OK)
        return st;
    st = ape_health_checker_add_llm_provider(c, client, "builtin", 0, NULL, NULL);
    ape_llm_client_free(client);
    if (st == APE_OK)
        st = ape_health_checker_add_accuracy(c, "accuracy", metrics, "golden", 0.9, NULL, NULL);
    return st == APE_OK ? ape_health_checker_remove(c, "accuracy", NULL) : st;
}

static ape_status add_all(ape_health_checker *c)
{
    ape_status st = ape_health_checker_add(c, "a", NULL, succeed, NULL, NULL, NULL);

    if (st == APE_OK)
        st = ape_health_checker_add_disk(c, "disk", "/", 1, NULL, NULL);
    if (st == APE_OK)
        st = ape_health_checker_add_sqlite(c, "sqlite", "/no-such-file", NULL, NULL);
    if (st == APE_OK)
        st = ape_health_checker_add_http(c, "http", "http://127.0.0.1:1/", NULL, NULL);
    if (st == APE_OK)
        st = ape_health_checker_add_neo4j(c, "neo4j", "http://127.0.0.1:1/", NULL, "x", NULL, NULL);
    if (st == APE_OK)
        st = ape_health_checker_add_redis(c, "redis", "redis://127.0.0.1:1", NULL, NULL);
    if (st == APE_OK)
        st = ape_health_checker_add_postgres(c, "postgres", "postgresql://127.0.0.1:1/x", NULL,
                                             NULL);
    return st == APE_ERR_UNSUPPORTED ? APE_OK : st;
}

static ape_status use(ape_host *host, void *user)
{
    ape_health_checker_options opts;
    ape_metrics_registry *metrics;
    ape_health_checker *c;
    ape_text *text;
    ape_status st;

    (void)user;
    st = ape_metrics_registry_new(host, NULL, &metrics, NULL);
    if (st != APE_OK)
        return st;
    ape_health_checker_options_init(&opts, sizeof(opts));
    opts.workers = 0;
    opts.metrics = metrics;
    st = ape_health_checker_new(host, &opts, &c, NULL);
    if (st != APE_OK) {
        ape_metrics_registry_free(metrics);
        return st;
    }
    st = add_parts(host, c, metrics);
    ape_metrics_registry_free(metrics);
    if (st == APE_OK)
        st = add_all(c);
    ape_health_checker_run_due(c);
    if (st == APE_OK)
        st = ape_health_checker_to_json(c, APE_HEALTH_DETAILED, &text, NULL);
    if (st == APE_OK)
        ape_text_free(text);
    ape_health_checker_free(c);
    return st;
}

int main(void)
{
    const char *complaint = each_allocation_fails(use, NULL);

    if (complaint)
        printf("health: %s\n", complaint);
    return complaint != NULL;
}
