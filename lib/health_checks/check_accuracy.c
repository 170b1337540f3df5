/* SPDX-License-Identifier: MIT */
#include <ape/health_checks.h>

#include <math.h>

#include "health_checker/internal.h"
#include "metrics_registry/lookup.h"
#include "metrics_registry/share.h"

typedef struct bar {
    ape_host *host; /* the checker's; outlives this */
    ape_metrics_registry *registry;
    char *window;
    double least;
} bar;

static void probe_accuracy(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    const bar *b = user;
    double accuracy = ape__gauge_value_of(b->registry, "ape_accuracy", b->window);

    (void)timeout_ms;
    if (isnan(accuracy) || accuracy >= b->least)
        return;
    ape__health_fail(result, "%.1f %% were right, at least %.1f %% are wanted", accuracy * 100,
                     b->least * 100);
    result->status = APE_HEALTH_DEGRADED;
}

static void bar_free(void *user)
{
    bar *b = user;

    ape_metrics_registry_free(b->registry);
    ape__strfree(b->host, b->window);
    ape__free(b->host, b, sizeof(*b));
}

ape_status ape_health_checker_add_accuracy(ape_health_checker *checker, const char *name,
                                           ape_metrics_registry *registry, const char *window,
                                           double least, const ape_health_check_options *opts,
                                           ape_error *err)
{
    bar *b;

    if (!checker || !registry || !window)
        return ape__fail(err, APE_ERR_INVALID, "checker, registry or window is NULL");
    if (!(least >= 0 && least <= 1))
        return ape__fail(err, APE_ERR_INVALID, "least is %g: must be 0 to 1", least);
    b = ape__alloc(checker->host, sizeof(*b));
    if (!b)
        return ape__fail_no_memory(err);
    b->host = checker->host;
    b->registry = ape__metrics_registry_ref(registry);
    b->window = ape__strdup(checker->host, window);
    b->least = least;
    if (!b->window) {
        bar_free(b);
        return ape__fail_no_memory(err);
    }
    return ape__health_checker_add_built_in(checker, name, "component", opts, probe_accuracy, b,
                                            bar_free, err);
}
