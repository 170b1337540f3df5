/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "breakers.h"
#include "checks.h"
#include "jobs.h"
#include "log.h"
#include "queries.h"
#include "websockets.h"

enum { FLUSH_MS = 1000 };

static bool complain(const char *what, const ape_error *err)
{
    cJSON *more = cJSON_CreateObject();

    cJSON_AddStringToObject(more, "reason",
                            err && err->message[0] ? err->message : "out of memory");
    log_line(APE_LOG_ERROR, "server", what, more);
    return false;
}

static void set_log_level(const ape_settings *settings)
{
    static const char *const names[] = { "debug", "info", "warning", "error" };
    const char *wanted = ape_settings_get_or_default(settings, "LOG_LEVEL");

    for (int32_t i = 0; wanted && i <= APE_LOG_ERROR; i++)
        if (strcmp(names[i], wanted) == 0)
            log_set_level(i);
}

static ape_status make_host(server *s, ape_error *err)
{
    ape_host_options options;

    ape_host_options_init(&options, sizeof(options));
    options.log = log_from_library;
    return ape_host_new(&options, &s->host, err);
}

/* Whoever can reach an open port could spend the keys of the chain. */
static bool access_good(const server *s)
{
    if (config_is_loopback(s->config.host) || auth_required(s->parts->keys))
        return true;
    log_line(APE_LOG_ERROR, "server",
             "without API_KEYS the server listens on a loopback address alone: set API_KEYS, or "
             "--listen 127.0.0.1:8000",
             NULL);
    return false;
}

static bool make_bus(server *s)
{
    ape_bus_options options;
    ape_error err;

    ape_bus_options_init(&options, sizeof(options));
    options.settings = s->parts->settings;
    if (ape_bus_new(s->host, &options, &s->bus, &err) != APE_OK ||
        ape_bus_set_metrics(s->bus, s->registry, &err) != APE_OK)
        return complain("the bus cannot be opened", &err);
    s->breakers = breakers_new(s->bus);
    if (!s->breakers)
        return complain("no circuit breakers", NULL);
    breakers_share(s->breakers, s->llm_client, s->parts->settings);
    return true;
}

static bool make_notifier(server *s)
{
    const char *webhook = ape_settings_get(s->parts->settings, "SLACK_WEBHOOK_URL");
    char machine[64] = "", source[80];
    ape_notifier_options options;
    ape_error err;

    if (!webhook || !*webhook)
        return true;
    gethostname(machine, sizeof(machine) - 1);
    snprintf(source, sizeof(source), "ape-server on %s", machine);
    ape_notifier_options_init(&options, sizeof(options));
    options.webhook_url = webhook;
    options.source = source;
    options.metrics = s->registry;
    return ape_notifier_new(s->host, &options, &s->notifier, &err) == APE_OK ||
           complain("SLACK_WEBHOOK_URL does not do", &err);
}

static bool make_library_objects(server *s)
{
    ape_error err;

    if (make_host(s, &err) != APE_OK ||
        ape_metrics_registry_new(s->host, NULL, &s->registry, &err) != APE_OK ||
        http_metrics_init(&s->metrics, s->registry, &err) != APE_OK)
        return complain("no metrics", &err);
    if (parts_new(s->host, s->config.dotenv_path, s->registry, &s->store, &s->llm_client, &s->parts,
                  &err) != APE_OK)
        return complain("cannot start", &err);
    set_log_level(s->parts->settings);
    return access_good(s) && make_bus(s) && make_notifier(s) && checks_start(s);
}

static bool make_own_objects(server *s)
{
    const config *c = &s->config;

    s->deadlines = deadlines_new();
    s->workers = workers_new(c->worker_threads, c->queue_places);
    s->queries = queries_new(s);
    if (c->rate_quota > 0)
        s->limit = rate_limit_new(c->rate_quota, c->rate_window_s);
    if (s->deadlines && s->workers && s->queries && (s->limit || c->rate_quota == 0))
        return true;
    return complain("no threads or no memory", NULL);
}

/* Without Redis there are no other servers to share with. */
static bool make_jobs(server *s)
{
    const ape_settings *settings = s->parts->settings;

    if (!ape_settings_get(settings, "REDIS_URL") && !ape_settings_get(settings, "REDIS_HOST"))
        return true;
    s->jobs = jobs_new(s, s->config.job_threads);
    return s->jobs || complain("no threads or no memory", NULL);
}

bool setup_server(server *s)
{
    pthread_mutex_init(&s->parts_lock, NULL);
    return make_library_objects(s) && make_own_objects(s) && websockets_start(s) && make_jobs(s);
}

void setup_clear(server *s)
{
    jobs_free(s->jobs);
    workers_free(s->workers);
    websockets_free(s->websockets);
    queries_free(s->queries);
    deadlines_free(s->deadlines);
    rate_limit_free(s->limit);
    ape_health_checker_free(s->health);
    ape_notifier_free(s->notifier);
    if (s->bus && ape_bus_flush(s->bus, FLUSH_MS, NULL) != APE_OK)
        log_line(APE_LOG_WARNING, "server", "some events never reached Redis", NULL);
    if (s->parts && ape_lineage_flush(s->parts->lineage, FLUSH_MS) != APE_OK)
        log_line(APE_LOG_WARNING, "server", "the lineage of some answers never reached Neo4j",
                 NULL);
    parts_free(s->parts);
    ape_llm_client_free(s->llm_client);
    breakers_free(s->breakers);
    ape_bus_free(s->bus);
    ape_store_free(s->store);
    ape_metrics_registry_free(s->registry);
    ape_host_free(s->host);
    pthread_mutex_destroy(&s->parts_lock);
}

void setup_reload(server *s)
{
    parts *fresh, *old;
    ape_error err;

    if (parts_new(s->host, s->config.dotenv_path, s->registry, &s->store, &s->llm_client, &fresh,
                  &err) != APE_OK) {
        complain("not reloaded; going on with the old settings", &err);
        return;
    }
    if (!config_is_loopback(s->config.host) && !auth_required(fresh->keys)) {
        complain("not reloaded: API_KEYS is gone, and the server is open to the network", NULL);
        parts_free(fresh);
        return;
    }
    if (ape_llm_client_reload(s->llm_client, fresh->settings, &err) != APE_OK) {
        complain("not reloaded; going on with the old settings", &err);
        parts_free(fresh);
        return;
    }
    set_log_level(fresh->settings);
    old = server_parts(s);
    breakers_share(s->breakers, s->llm_client, fresh->settings);
    server_set_parts(s, fresh);
    checks_renew(s, old);
    parts_free(old);
    log_line(APE_LOG_INFO, "server", "reloaded", NULL);
}
