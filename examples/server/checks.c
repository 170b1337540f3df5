/* SPDX-License-Identifier: MIT */
#include "checks.h"

#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "log.h"

enum {
    BREAKER_PERIOD_MS = 1000, /* reading its state costs nothing */
    SANDBOX_PERIOD_MS = 60000,
    SANDBOX_TIMEOUT_MS = 20000, /* the first run starts the helper */
    DISK_PERIOD_MS = 60000,
};

/* Of forecasts, as in the alerts: their corridors are of 80 %. */
static const double forecast_bar = 0.65;

static const uint64_t disk_min_bytes = UINT64_C(256) << 20;

static void complain(const char *what, const ape_error *err)
{
    cJSON *more = cJSON_CreateObject();

    cJSON_AddStringToObject(more, "reason", err->message);
    log_line(APE_LOG_ERROR, "server", what, more);
}

/* What this build cannot check, it does not. */
static ape_status allow_unsupported(ape_status st)
{
    return st == APE_ERR_UNSUPPORTED ? APE_OK : st;
}

/* The checks that go with the parts: made anew with them. */

typedef struct models {
    server *server;
    parts *parts;
    ape_status status;
    ape_error *err;
} models;

static void add_model(void *user, const char *name)
{
    models *m = user;
    ape_health_check_options options;

    if (m->status != APE_OK || strcmp(name, "builtin") == 0)
        return;
    ape_health_check_options_init(&options, sizeof(options));
    options.period_ms = BREAKER_PERIOD_MS;
    options.rise = options.fall = 1; /* the breaker has weighed it already */
    m->status = ape_health_checker_add_llm_provider(m->server->health, m->parts->llm_client, name,
                                                    0, &options, m->err);
}

static ape_status add_models(server *s, parts *p, ape_error *err)
{
    models m = { .server = s, .parts = p, .status = APE_OK, .err = err };

    chain_for_each(p->settings, add_model, &m);
    return m.status;
}

static ape_status add_of_parts(server *s, parts *p, ape_error *err)
{
    ape_health_check_options options;
    ape_status st;

    ape_health_check_options_init(&options, sizeof(options));
    options.critical = 1;
    st = ape_health_checker_add_market(s->health, "market", p->market, 0, &options, err);
    if (st != APE_OK)
        return st;
    options.critical = 0; /* pages, predictions and models are of use without it */
    options.period_ms = SANDBOX_PERIOD_MS;
    options.timeout_ms = SANDBOX_TIMEOUT_MS;
    st = ape_health_checker_add_sandbox(s->health, "vee", p->sandbox, &options, err);
    return st == APE_OK ? add_models(s, p, err) : st;
}

static void remove_model(void *user, const char *name)
{
    server *s = user;

    (void)ape_health_checker_remove(s->health, name, NULL);
}

void checks_renew(server *s, parts *old)
{
    parts *fresh = server_parts(s);
    ape_error err;

    chain_for_each(old->settings, remove_model, s);
    (void)ape_health_checker_remove(s->health, "market", NULL);
    (void)ape_health_checker_remove(s->health, "vee", NULL);
    if (add_of_parts(s, fresh, &err) != APE_OK)
        complain("some health checks are missing", &err);
    parts_free(fresh);
}

/* The checks that stay. */

static ape_status add_databases(server *s, ape_error *err)
{
    const ape_settings *settings = s->parts->settings;
    const char *database = ape_settings_get(settings, "DATABASE_URL");
    const char *redis = ape_settings_get(settings, "REDIS_URL");
    const char *neo4j = ape_settings_get(settings, "NEO4J_URI");
    ape_status st = APE_OK;

    if (database)
        st = allow_unsupported(
            ape_health_checker_add_postgres(s->health, "postgres", database, NULL, err));
    if (redis && st == APE_OK)
        st = allow_unsupported(ape_health_checker_add_redis(s->health, "redis", redis, NULL, err));
    if (neo4j && st == APE_OK)
        st = ape_health_checker_add_neo4j(s->health, "neo4j", neo4j,
                                          ape_settings_get_or_default(settings, "NEO4J_USER"),
                                          ape_settings_get(settings, "NEO4J_PASSWORD"), NULL, err);
    return st;
}

static ape_status add_disk(server *s, ape_error *err)
{
    const char *folder = ape_settings_get(s->parts->settings, "APE_STATE_DIR");
    ape_health_check_options options;

    ape_health_check_options_init(&options, sizeof(options));
    options.period_ms = DISK_PERIOD_MS;
    return ape_health_checker_add_disk(s->health, "disk", folder ? folder : "/", disk_min_bytes,
                                       &options, err);
}

static ape_status add_lasting(server *s, ape_error *err)
{
    ape_status st = add_disk(s, err);

    if (st == APE_OK)
        st = ape_health_checker_add_accuracy(s->health, "accuracy-90d", s->registry, "90d",
                                             forecast_bar, NULL, err);
    if (st == APE_OK && s->store)
        st = ape_health_checker_add_store(s->health, "store", s->store, NULL, err);
    if (st == APE_OK)
        st = ape_health_checker_add_bus(s->health, "bus", s->bus, NULL, err);
    return st == APE_OK ? add_databases(s, err) : st;
}

static ape_status start(server *s, ape_error *err)
{
    ape_health_checker_options options;
    ape_status st;

    ape_health_checker_options_init(&options, sizeof(options));
    options.metrics = s->registry;
    options.on_change = ape_notifier_tell_health;
    options.user = s->notifier;
    st = ape_health_checker_new(s->host, &options, &s->health, err);
    if (st == APE_OK)
        st = add_of_parts(s, s->parts, err);
    return st == APE_OK ? add_lasting(s, err) : st;
}

bool checks_start(server *s)
{
    ape_error err;

    if (start(s, &err) == APE_OK)
        return true;
    complain("no health checks", &err);
    return false;
}
