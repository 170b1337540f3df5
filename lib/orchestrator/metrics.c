/* SPDX-License-Identifier: MIT */
#include "orchestrator/metrics.h"

#include "core/error.h"
#include "metrics_registry/share.h"
#include "orchestrator/orchestrator.h"

/* From the builtin planner's tenths of a second to a chain that was tried to its end. */
static const double latency_seconds[] = {
    0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300
};

enum { LATENCY_COUNT = sizeof(latency_seconds) / sizeof(latency_seconds[0]) };

static ape_status add_queries(ape__query_metrics *m, ape_error *err)
{
    static const char *const labels[] = { "status", NULL };
    static const char *const statuses[] = { "success", "undefined", "refused", "error", "timeout" };
    ape_metric_family *family;
    ape_status st;

    st = ape_metrics_registry_add_counter(m->registry, "ape_queries_total",
                                          "Queries that came to their end, by how.", labels,
                                          &family, err);
    for (size_t i = 0; i < APE__QUERY_ENDS && st == APE_OK; i++)
        st = ape_metric_family_get_counter(family, &statuses[i], &m->queries[i], err);
    return st;
}

static ape_status add_times(ape__query_metrics *m, ape_error *err)
{
    static const char *const labels[] = { "stage", NULL };
    ape_metric_family *family;
    ape_status st;

    st = ape_metrics_registry_add_histogram(m->registry, "ape_latency_seconds",
                                            "Time from question to answer.", NULL, latency_seconds,
                                            LATENCY_COUNT, &family, err);
    if (st == APE_OK)
        st = ape_metric_family_get_histogram(family, NULL, &m->latency, err);
    if (st == APE_OK)
        st = ape_metrics_registry_add_histogram(m->registry, "ape_stage_seconds",
                                                "Time that a query spent in a stage.", labels,
                                                latency_seconds, LATENCY_COUNT, &m->stages, err);
    return st;
}

ape_status ape__query_metrics_init(ape__query_metrics *metrics, ape_metrics_registry *registry,
                                   ape_error *err)
{
    static const char *const labels[] = { "window", NULL };
    ape__query_metrics m = { .registry = registry };
    ape_status st = add_queries(&m, err);

    if (st == APE_OK)
        st = add_times(&m, err);
    if (st == APE_OK)
        st = ape_metrics_registry_add_gauge(registry, "ape_accuracy",
                                            "Share of answers that were right, from 0 to 1.",
                                            labels, &m.accuracy, err);
    if (st != APE_OK)
        return st;
    ape__metrics_registry_ref(registry);
    *metrics = m;
    return APE_OK;
}

static ape__query_end end_of(const ape_answer *answer, ape_status outcome)
{
    static const ape__query_end ends[] = {
        [APE_ANSWER_VERIFIED] = APE__QUERY_SUCCESS,
        [APE_ANSWER_UNDEFINED] = APE__QUERY_UNDEFINED,
        [APE_ANSWER_REFUSED] = APE__QUERY_REFUSED,
        [APE_ANSWER_FAILED] = APE__QUERY_ERROR,
    };
    ape__query_end end = answer ? ends[ape_answer_get_status(answer)] : APE__QUERY_ERROR;

    return end == APE__QUERY_ERROR && outcome == APE_ERR_TIMEOUT ? APE__QUERY_TIMEOUT : end;
}

void ape__query_metrics_note(const ape__query_metrics *metrics, const ape_answer *answer,
                             ape_status outcome, double total_ms, const double *stage_ms)
{
    if (!metrics->registry)
        return;
    ape_counter_inc(metrics->queries[end_of(answer, outcome)]);
    ape_histogram_observe(metrics->latency, total_ms / 1000);
    for (ape_stage stage = 0; stage <= APE_STAGE_GATE; stage++) {
        const char *const labels[] = { ape_stage_name(stage) };
        ape_histogram *histogram = NULL;

        if (ape_metric_family_get_histogram(metrics->stages, labels, &histogram, NULL) == APE_OK)
            ape_histogram_observe(histogram, stage_ms[stage] / 1000);
    }
}

/* A part that counts already, into this registry or another, is left as it is. */
static ape_status leave_if_counting(ape_status st)
{
    return st == APE_ERR_STATE ? APE_OK : st;
}

ape_status ape_orchestrator_set_metrics(ape_orchestrator *orchestrator,
                                        ape_metrics_registry *registry, ape_error *err)
{
    ape_status st;

    if (!orchestrator || !registry)
        return ape__fail(err, APE_ERR_INVALID, "orchestrator or registry is NULL");
    if (orchestrator->metrics.registry)
        return ape__fail(err, APE_ERR_STATE, "this orchestrator counts into a registry already");
    st = leave_if_counting(ape_llm_client_set_metrics(orchestrator->llm_client, registry, err));
    if (st == APE_OK)
        st = leave_if_counting(ape_sandbox_set_metrics(orchestrator->sandbox, registry, err));
    return st == APE_OK ? ape__query_metrics_init(&orchestrator->metrics, registry, err) : st;
}
