/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include <string.h>
#include <time.h>

#include "core/host.h"
#include "core/options.h"
#include "health_checker/internal.h"
#include "metrics_registry/share.h"

enum {
    WORKERS_MAX = 64,
};

static const ape_health_checker_options defaults = {
    .size = sizeof(ape_health_checker_options),
    .workers = 4,
};

static const ape_health_check_options check_defaults = {
    .size = sizeof(ape_health_check_options),
    .period_ms = 10000,
    .timeout_ms = 2000,
    .rise = 2,
    .fall = 2,
};

const char *ape_health_status_name(ape_health_status status)
{
    static const char *const names[] = { "healthy", "degraded", "unhealthy", "unknown" };

    return status >= 0 && status < 4 ? names[status] : "unknown";
}

void ape_health_checker_options_init(ape_health_checker_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

void ape_health_check_options_init(ape_health_check_options *opts, size_t size)
{
    ape__options_init(opts, size, &check_defaults, sizeof(check_defaults));
}

static ape_status load(ape_health_checker_options *o, const ape_health_checker_options *opts,
                       ape_error *err)
{
    ape_status st;

    *o = defaults;
    st = ape__options_load(o, sizeof(*o), sizeof(*o), opts, err);
    if (st != APE_OK)
        return st;
    if (o->workers > WORKERS_MAX)
        return ape__fail(err, APE_ERR_INVALID, "workers is %u: must be 0 to %d", o->workers,
                         WORKERS_MAX);
    if (o->reserved != 0)
        return ape__fail(err, APE_ERR_UNSUPPORTED, "reserved must be 0");
    return APE_OK;
}

static ape_status add_metrics(ape_health_checker *checker, ape_error *err)
{
    static const char *const by_check[] = { "check", NULL };
    static const char *const by_result[] = { "check", "result", NULL };
    ape_metrics_registry *metrics = checker->opts.metrics;
    ape_status st;

    if (!metrics)
        return APE_OK;
    st = ape_metrics_registry_add_gauge(
        metrics, "ape_health_status",
        "Status of a health check: 1 healthy, 0.5 degraded, 0 unhealthy.", by_check,
        &checker->status_family, err);
    if (st == APE_OK)
        st = ape_metrics_registry_add_histogram(metrics, "ape_health_check_seconds",
                                                "Time that a run of a health check took.", by_check,
                                                NULL, 0, &checker->seconds_family, err);
    if (st == APE_OK)
        st = ape_metrics_registry_add_counter(metrics, "ape_health_checks_total",
                                              "Runs of a health check by result: passed, failed.",
                                              by_result, &checker->runs_family, err);
    return st;
}

static void init_sync(ape_health_checker *checker)
{
    pthread_condattr_t monotonic;

    /* Linux: none of these can fail. */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&checker->lock, NULL);
    pthread_cond_init(&checker->work, &monotonic);
    pthread_cond_init(&checker->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

ape_status ape_health_checker_new(ape_host *host, const ape_health_checker_options *opts,
                                  ape_health_checker **out, ape_error *err)
{
    ape_health_checker_options o;
    ape_health_checker *checker;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = load(&o, opts, err);
    if (st != APE_OK)
        return st;
    checker = ape__alloc(host, sizeof(*checker));
    if (!checker)
        return ape__fail_no_memory(err);
    checker->host = ape__host_ref(host);
    checker->opts = o;
    ape__metrics_registry_ref(o.metrics);
    init_sync(checker);
    ape_health_checker_beat(checker);
    st = add_metrics(checker, err);
    if (st != APE_OK) {
        ape_health_checker_free(checker);
        return st;
    }
    *out = checker;
    return APE_OK;
}

static void check_free(ape__check *check)
{
    if (check->user_free)
        check->user_free(check->user);
    ape__free(check->checker->host, check, sizeof(*check));
}

void ape__health_checker_destroy(ape_health_checker *checker)
{
    ape_host *host = checker->host;

    for (size_t i = 0; i < checker->check_count; i++)
        check_free(checker->checks[i]);
    ape_metrics_registry_free(checker->opts.metrics);
    pthread_cond_destroy(&checker->work);
    pthread_cond_destroy(&checker->done);
    pthread_mutex_destroy(&checker->lock);
    ape__free(host, checker, sizeof(*checker));
    ape_host_free(host);
}

void ape_health_checker_free(ape_health_checker *checker)
{
    if (checker && ape__health_threads_stop(checker))
        ape__health_checker_destroy(checker);
}

static bool is_check_name(const char *name)
{
    size_t size = name ? strlen(name) : 0;

    return size > 0 && size < APE__CHECK_NAME_SIZE &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

static ape_status require(bool ok, const char *name, uint32_t value, const char *range,
                          ape_error *err)
{
    return ok ? APE_OK
              : ape__fail(err, APE_ERR_INVALID, "%s is %u: must be %s", name, value, range);
}

static ape_status load_check(ape_health_check_options *o, const ape_health_check_options *opts,
                             ape_error *err)
{
    ape_status st;

    *o = check_defaults;
    st = ape__options_load(o, sizeof(*o), sizeof(*o), opts, err);
    if (st == APE_OK)
        st = require(o->critical <= 1, "critical", o->critical, "0 or 1", err);
    if (st == APE_OK)
        st = require(o->period_ms >= 10 && o->period_ms <= 86400000, "period_ms", o->period_ms,
                     "10 to 86400000", err);
    if (st == APE_OK)
        st = require(o->timeout_ms >= 1 && o->timeout_ms <= 600000, "timeout_ms", o->timeout_ms,
                     "1 to 600000", err);
    if (st == APE_OK)
        st = require(o->rise >= 1, "rise", o->rise, "1 or more", err);
    if (st == APE_OK)
        st = require(o->fall >= 1, "fall", o->fall, "1 or more", err);
    return st;
}

static ape_status get_series(ape__check *check, ape_error *err)
{
    const ape_health_checker *checker = check->checker;
    const char *const passed[] = { check->name, "passed" }, *const failed[] = { check->name,
                                                                                "failed" };
    ape_status st;

    if (!checker->status_family)
        return APE_OK;
    st = ape_metric_family_get_gauge(checker->status_family, passed, &check->status_gauge, err);
    if (st == APE_OK)
        st = ape_metric_family_get_histogram(checker->seconds_family, passed, &check->seconds, err);
    if (st == APE_OK)
        st = ape_metric_family_get_counter(checker->runs_family, passed, &check->passed, err);
    if (st == APE_OK)
        st = ape_metric_family_get_counter(checker->runs_family, failed, &check->failed, err);
    return st;
}

/* With the lock held. */
static ape_status link_check(ape_health_checker *checker, ape__check *check, ape_error *err)
{
    for (size_t i = 0; i < checker->check_count; i++)
        if (strcmp(checker->checks[i]->name, check->name) == 0)
            return ape__fail(err, APE_ERR_STATE, "there is a check \"%s\" already", check->name);
    if (checker->check_count == APE__CHECKS_MAX)
        return ape__fail(err, APE_ERR_LIMIT, "more than %d checks", APE__CHECKS_MAX);
    checker->checks[checker->check_count++] = check;
    atomic_store(&checker->status, ape__checks_status(checker));
    pthread_cond_broadcast(&checker->work);
    return APE_OK;
}

static ape_status add(ape_health_checker *checker, const char *name, const char *component,
                      const ape_health_check_options *o, ape_health_probe probe, void *user,
                      void (*user_free)(void *user), ape_error *err)
{
    ape__check *check = ape__alloc(checker->host, sizeof(*check));
    ape_status st;

    if (!check)
        return ape__fail_no_memory(err);
    check->checker = checker;
    memcpy(check->name, name, strlen(name) + 1);
    check->component = component;
    check->opts = *o;
    check->probe = probe;
    check->user = user;
    check->state.status = APE_HEALTH_UNKNOWN;
    check->due_ms = ape__now_ms(checker->host);
    st = get_series(check, err);
    if (st == APE_OK)
        st = ape__health_threads_start(checker, err);
    if (st == APE_OK) {
        check->user_free = user_free;
        pthread_mutex_lock(&checker->lock);
        st = link_check(checker, check, err);
        pthread_mutex_unlock(&checker->lock);
    }
    if (st != APE_OK)
        ape__free(checker->host, check, sizeof(*check));
    return st;
}

static ape_status check_and_add(ape_health_checker *checker, const char *name,
                                const char *component, const ape_health_check_options *opts,
                                ape_health_probe probe, void *user, void (*user_free)(void *user),
                                ape_error *err)
{
    ape_health_check_options o;
    ape_status st;

    if (!checker || !probe)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "probe" : "checker");
    if (!is_check_name(name))
        return ape__fail(err, APE_ERR_INVALID,
                         "name of a check \"%.60s\": must be [a-z0-9_-]+, %d bytes at most",
                         name ? name : "", APE__CHECK_NAME_SIZE - 1);
    st = load_check(&o, opts, err);
    return st == APE_OK ? add(checker, name, component, &o, probe, user, user_free, err) : st;
}

ape_status ape_health_checker_add(ape_health_checker *checker, const char *name,
                                  const ape_health_check_options *opts, ape_health_probe probe,
                                  void *user, void (*user_free)(void *user), ape_error *err)
{
    return check_and_add(checker, name, "component", opts, probe, user, user_free, err);
}

ape_status ape__health_checker_add_built_in(ape_health_checker *checker, const char *name,
                                            const char *component,
                                            const ape_health_check_options *opts,
                                            ape_health_probe probe, void *user,
                                            void (*user_free)(void *user), ape_error *err)
{
    ape_status st = check_and_add(checker, name, component, opts, probe, user, user_free, err);

    if (st != APE_OK)
        user_free(user);
    return st;
}

uint32_t ape_health_checker_run_due(ape_health_checker *checker)
{
    for (;;) {
        uint64_t now_ms = ape__now_ms(checker->host);
        ape__check *check;
        uint32_t wait_ms;

        pthread_mutex_lock(&checker->lock);
        check = ape__check_take_due(checker, now_ms);
        wait_ms = ape__checks_wait_ms(checker, now_ms);
        pthread_mutex_unlock(&checker->lock);
        if (!check)
            return wait_ms;
        ape__check_run(check);
    }
}

void ape_health_checker_beat(ape_health_checker *checker)
{
    atomic_store_explicit(&checker->last_beat_ms, ape__now_ms(checker->host), memory_order_relaxed);
}

bool ape_health_checker_is_live(ape_health_checker *checker)
{
    uint64_t last = atomic_load_explicit(&checker->last_beat_ms, memory_order_relaxed);

    return checker->opts.heartbeat_ms == 0 ||
           ape__now_ms(checker->host) <= last + checker->opts.heartbeat_ms;
}

void ape_health_checker_set_draining(ape_health_checker *checker, bool draining)
{
    atomic_store(&checker->draining, draining);
}

bool ape_health_checker_is_ready(ape_health_checker *checker)
{
    return !atomic_load(&checker->draining) &&
           atomic_load(&checker->status) != APE_HEALTH_UNHEALTHY;
}

ape_health_status ape_health_checker_get_status(ape_health_checker *checker)
{
    return atomic_load(&checker->status);
}
