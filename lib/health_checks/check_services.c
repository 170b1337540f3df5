/* SPDX-License-Identifier: MIT */
#include <ape/health_checks.h>

#include <string.h>

#include "core/json.h"
#include "health_checker/internal.h"
#include "store/store.h"

/* What ape_store_health() and ape_bus_health() say: {"state", "reason", "set_aside", ...}. */
static void judge(ape_status st, ape_text *health, const ape_error *err, ape_health_result *result)
{
    const char *state, *reason;
    double set_aside = 0;
    cJSON *root = NULL;

    if (st == APE_OK)
        st = ape__json_parse(ape_text_data(health), ape_text_size(health), &root, NULL);
    if (st != APE_OK) {
        ape__health_fail(result, "%s", err->message);
        return;
    }
    state = ape__json_get_string(root, "state");
    reason = ape__json_get_string(root, "reason");
    if (!state || strcmp(state, "ok") != 0)
        ape__health_fail(result, "%s", reason ? reason : "it is away");
    else if (ape__json_get_number(root, "set_aside", &set_aside) && set_aside > 0)
        ape__health_fail(result, "%.0f writes were refused for good; they are in the outbox file",
                         set_aside);
    /* Both go on without their server: somebody should look, no more. */
    if (result->status == APE_HEALTH_UNHEALTHY)
        result->status = APE_HEALTH_DEGRADED;
    cJSON_Delete(root);
}

static void probe_store(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    ape_error err = { .message = "out of memory" };
    ape_text *health = NULL;
    ape_status st = ape_store_health(user, &health, &err);

    (void)timeout_ms;
    judge(st, health, &err, result);
    ape_text_free(health);
}

static void probe_bus(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    ape_error err = { .message = "out of memory" };
    ape_text *health = NULL;
    ape_status st = ape_bus_health(user, &health, &err);

    (void)timeout_ms;
    judge(st, health, &err, result);
    ape_text_free(health);
}

static void release_store(void *user)
{
    ape_store_free(user);
}

ape_status ape_health_checker_add_store(ape_health_checker *checker, const char *name,
                                        ape_store *store, const ape_health_check_options *opts,
                                        ape_error *err)
{
    if (!checker || !store)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "store" : "checker");
    return ape__health_checker_add_built_in(checker, name, "datastore", opts, probe_store,
                                            ape__store_ref(store), release_store, err);
}

static void release_nothing(void *user)
{
    (void)user;
}

ape_status ape_health_checker_add_bus(ape_health_checker *checker, const char *name, ape_bus *bus,
                                      const ape_health_check_options *opts, ape_error *err)
{
    if (!checker || !bus)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "bus" : "checker");
    return ape__health_checker_add_built_in(checker, name, "datastore", opts, probe_bus, bus,
                                            release_nothing, err);
}
