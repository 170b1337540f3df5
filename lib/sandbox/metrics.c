/* SPDX-License-Identifier: MIT */
#include "sandbox/metrics.h"

#include "metrics_registry/share.h"
#include "sandbox/result.h"

static const double run_seconds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                      2.5,   5,    10,    30,   60,  300,  600 };
static const double run_bytes[] = { 1 << 20,   4 << 20,   16 << 20,  64 << 20,
                                    128 << 20, 256 << 20, 512 << 20, 1024 << 20 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static ape_status add_runs(ape__vee_metrics *m, ape_error *err)
{
    static const char *const labels[] = { "reason", NULL };
    const char *reason = "refused";
    ape_metric_family *family;
    ape_status st;

    st = ape_metrics_registry_add_counter(m->registry, "ape_vee_runs_total",
                                          "Runs in the sandbox, by why they ended.", labels,
                                          &family, err);
    if (st == APE_OK)
        st = ape_metric_family_get_counter(family, &reason, &m->refused, err);
    for (ape_sandbox_reason i = 0; i < (ape_sandbox_reason)COUNT(m->runs) && st == APE_OK; i++) {
        reason = ape_sandbox_reason_name(i);
        st = ape_metric_family_get_counter(family, &reason, &m->runs[i], err);
    }
    return st;
}

static ape_status add_histogram(ape__vee_metrics *m, const char *name, const char *help,
                                const double *bounds, size_t count, ape_histogram **out,
                                ape_error *err)
{
    ape_metric_family *family;
    ape_status st = ape_metrics_registry_add_histogram(m->registry, name, help, NULL, bounds, count,
                                                       &family, err);

    return st == APE_OK ? ape_metric_family_get_histogram(family, NULL, out, err) : st;
}

ape_status ape__vee_metrics_init(ape__vee_metrics *metrics, ape_metrics_registry *registry,
                                 ape_error *err)
{
    ape__vee_metrics m = { .registry = registry };
    ape_status st = add_runs(&m, err);

    if (st == APE_OK)
        st = add_histogram(&m, "ape_vee_run_seconds", "Time on the clock of a run.", run_seconds,
                           COUNT(run_seconds), &m.seconds, err);
    if (st == APE_OK)
        st = add_histogram(&m, "ape_vee_peak_memory_bytes", "Most memory that a run had.",
                           run_bytes, COUNT(run_bytes), &m.peak_bytes, err);
    if (st != APE_OK)
        return st;
    ape__metrics_registry_ref(registry);
    *metrics = m;
    return APE_OK;
}

void ape__vee_metrics_note(const ape__vee_metrics *metrics, const ape_sandbox_result *result)
{
    ape_sandbox_reason reason;

    if (!metrics->registry)
        return;
    if (!result) {
        ape_counter_inc(metrics->refused);
        return;
    }
    reason = ape_sandbox_result_reason(result);
    ape_counter_inc(metrics->runs[reason]);
    if (reason == APE_SANDBOX_HELPER)
        return;
    ape_histogram_observe(metrics->seconds, (double)result->done.wall_us / 1e6);
    ape_histogram_observe(metrics->peak_bytes, (double)result->done.peak_bytes);
}
