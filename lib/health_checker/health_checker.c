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

const char *ape_health_status_name(ape_health_status status)
{
    static const char *const names[] = { "healthy", "degraded", "unhealthy", "unknown" };

    return status >= 0 && status < 4 ? names[status] : "unknown";
}

void ape_health_checker_options_init(ape_health_checker_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
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

void ape__health_checker_destroy(ape_health_checker *checker)
{
    ape_host *host = checker->host;

    for (size_t i = 0; i < checker->check_count; i++)
        ape__check_free(checker->checks[i]);
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
