/* SPDX-License-Identifier: MIT */
#include "checks.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static void probe_store(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    ape_text *text;
    ape_error err;
    cJSON *health;
    const char *state;
    const char *reason;

    (void)timeout_ms;
    if (ape_store_health(user, &text, &err) != APE_OK) {
        result->status = APE_HEALTH_UNHEALTHY;
        snprintf(result->message, sizeof(result->message), "%s", err.message);
        return;
    }
    health = cJSON_Parse(ape_text_data(text));
    ape_text_free(text);
    state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(health, "state"));
    reason = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(health, "reason"));
    if (!state || strcmp(state, "ok") != 0) {
        /* Writes are queued on this machine meanwhile: the server is of use. */
        result->status = APE_HEALTH_DEGRADED;
        snprintf(result->message, sizeof(result->message), "%s", reason ? reason : "away");
    }
    cJSON_Delete(health);
}

static void probe_market(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    parts *p = server_parts(user);
    char date[11];
    ape_error err;

    (void)timeout_ms;
    if (ape_market_newest_date(p->market, date, &err) != APE_OK) {
        result->status = APE_HEALTH_UNHEALTHY;
        snprintf(result->message, sizeof(result->message), "%s", err.message);
    }
    parts_free(p);
}

static ape_status add_services(server *s, ape_error *err)
{
    const ape_settings *settings = s->parts->settings;
    const char *database = ape_settings_get(settings, "DATABASE_URL");
    const char *redis = ape_settings_get(settings, "REDIS_URL");
    ape_status st = APE_OK;

    if (database)
        st = ape_health_checker_add_postgres(s->health, "postgres", database, NULL, err);
    if (redis && (st == APE_OK || st == APE_ERR_UNSUPPORTED))
        st = ape_health_checker_add_redis(s->health, "redis", redis, NULL, err);
    return st == APE_ERR_UNSUPPORTED ? APE_OK : st;
}

static ape_status start(server *s, ape_error *err)
{
    ape_health_checker_options options;
    ape_health_check_options critical;
    ape_status st;

    ape_health_checker_options_init(&options, sizeof(options));
    options.metrics = s->registry;
    st = ape_health_checker_new(s->host, &options, &s->health, err);
    if (st != APE_OK)
        return st;
    ape_health_check_options_init(&critical, sizeof(critical));
    critical.critical = 1;
    st = ape_health_checker_add(s->health, "market", &critical, probe_market, s, NULL, err);
    if (st == APE_OK && s->store)
        st = ape_health_checker_add(s->health, "store", NULL, probe_store, s->store, NULL, err);
    return st == APE_OK ? add_services(s, err) : st;
}

bool checks_start(server *s)
{
    ape_error err;
    cJSON *more;

    if (start(s, &err) == APE_OK)
        return true;
    more = cJSON_CreateObject();
    cJSON_AddStringToObject(more, "reason", err.message);
    log_line(APE_LOG_ERROR, "server", "no health checks", more);
    return false;
}
