/* SPDX-License-Identifier: MIT */
#include "llm_client/metrics.h"

#include <math.h>

#include "core/error.h"
#include "metrics_registry/share.h"

/* Bounds of the OpenTelemetry conventions for generative models. */
static const double seconds[] = { 0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                  1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92 };
static const double token_counts[] = { 1,     4,     16,     64,      256,     1024,     4096,
                                       16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864 };
static const double overhead_seconds[] = { 0.00001, 0.00002, 0.00005, 0.0001, 0.0002,
                                           0.0005,  0.001,   0.01,    0.1,    1 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const status_label[] = { "status", NULL };
static const char *const attempt_labels[] = { "provider", "class", NULL };
static const char *const token_labels[] = { "provider", "kind", NULL };
static const char *const provider_label[] = { "provider", NULL };
static const char *const name_label[] = { "name", NULL };
static const char *const duration_labels[] = { "gen_ai_operation_name", "gen_ai_provider_name",
                                               "gen_ai_request_model", "error_type", NULL };
static const char *const chunk_labels[] = { "gen_ai_operation_name", "gen_ai_provider_name",
                                            "gen_ai_request_model", NULL };
static const char *const usage_labels[] = { "gen_ai_operation_name", "gen_ai_provider_name",
                                            "gen_ai_request_model", "gen_ai_token_type", NULL };

static ape_status add_counters(ape__llm_metrics *m, ape_error *err)
{
    const struct {
        const char *name, *help;
        const char *const *labels;
        ape_metric_family **out;
    } counters[] = {
        { "ape_llm_requests_total", "Requests that ended, by how.", status_label, &m->requests },
        { "ape_llm_attempts_total", "Links of the chain that were tried or passed over.",
          attempt_labels, &m->attempts },
        { "ape_llm_hedges_total", "Attempts made beside one that kept silent.", provider_label,
          &m->hedges },
        { "ape_llm_cache_hits_total", "Requests that got an answer that was kept.", NULL,
          &m->cache_hits },
        { "ape_llm_tokens_total", "Tokens that providers told of, in buckets that do not overlap.",
          token_labels, &m->tokens },
        { "ape_llm_cost_usd_total", "Known cost in US dollars.", provider_label, &m->cost },
        { "ape_llm_estimated_cost_usd_total",
          "Cost of attempts that may be billed and did not tell their tokens, estimated.",
          provider_label, &m->estimated_cost },
        { "ape_breaker_openings_total", "How often a circuit breaker opened.", name_label,
          &m->breaker_openings },
    };
    ape_status st = APE_OK;

    for (size_t i = 0; i < COUNT(counters) && st == APE_OK; i++)
        st = ape_metrics_registry_add_counter(m->registry, counters[i].name, counters[i].help,
                                              counters[i].labels, counters[i].out, err);
    return st;
}

static ape_status add_histograms(ape__llm_metrics *m, ape_error *err)
{
    const struct {
        const char *name, *help;
        const char *const *labels;
        const double *bounds;
        size_t count;
        ape_metric_family **out;
    } histograms[] = {
        { "ape_llm_overhead_seconds", "Time of a request beyond the wait for providers.", NULL,
          overhead_seconds, COUNT(overhead_seconds), &m->overhead },
        { "ape_llm_first_content_seconds", "Time to the first word of an attempt.", provider_label,
          seconds, COUNT(seconds), &m->first_content },
        { "gen_ai_client_operation_duration_seconds", "Duration of an attempt.", duration_labels,
          seconds, COUNT(seconds), &m->duration },
        { "gen_ai_client_operation_time_to_first_chunk_seconds", "Time to the first content.",
          chunk_labels, seconds, COUNT(seconds), &m->first_chunk },
        { "gen_ai_client_token_usage", "Billable tokens of an attempt.", usage_labels, token_counts,
          COUNT(token_counts), &m->token_usage },
    };
    ape_status st = APE_OK;

    for (size_t i = 0; i < COUNT(histograms) && st == APE_OK; i++)
        st = ape_metrics_registry_add_histogram(m->registry, histograms[i].name, histograms[i].help,
                                                histograms[i].labels, histograms[i].bounds,
                                                histograms[i].count, histograms[i].out, err);
    return st;
}

ape_status ape__llm_metrics_init(ape__llm_metrics *metrics, ape_metrics_registry *registry,
                                 ape_error *err)
{
    ape__llm_metrics m = { .registry = registry };
    ape_status st = add_counters(&m, err);

    if (st == APE_OK)
        st = add_histograms(&m, err);
    if (st == APE_OK)
        st = ape_metrics_registry_add_gauge(registry, "ape_breaker_state",
                                            "0: closed, 1: open, 2: half open.", name_label,
                                            &m.breaker_state, err);
    if (st != APE_OK)
        return st;
    m.registry = ape__metrics_registry_ref(registry);
    *metrics = m;
    return APE_OK;
}

/* What cannot be counted for want of memory is not worth failing for. */

static void count(ape_metric_family *family, const char *const *values, double by)
{
    ape_counter *counter;

    if (by > 0 && ape_metric_family_get_counter(family, values, &counter, NULL) == APE_OK)
        (void)ape_counter_add(counter, by);
}

static void observe(ape_metric_family *family, const char *const *values, double value)
{
    ape_histogram *histogram;

    if (ape_metric_family_get_histogram(family, values, &histogram, NULL) == APE_OK)
        (void)ape_histogram_observe(histogram, value);
}

static void note_usage(const ape__llm_metrics *m, const ape__llm_entry *e)
{
    const ape__llm_usage *u = &e->usage;
    const struct {
        const char *kind;
        int64_t count;
    } kinds[] = { { "input", u->input },
                  { "cache_read", u->cache_read },
                  { "cache_write", u->cache_write },
                  { "output", u->output } };
    int64_t in = u->input + (u->cache_read > 0 ? u->cache_read : 0) +
                 (u->cache_write > 0 ? u->cache_write : 0);
    const char *values[] = { "chat", e->provider, e->model, "input" };

    for (size_t i = 0; i < COUNT(kinds); i++)
        count(m->tokens, (const char *[]){ e->provider, kinds[i].kind }, (double)kinds[i].count);
    if (e->cost > 0)
        count(m->cost, (const char *[]){ e->provider }, (double)e->cost / 1e6);
    if (e->estimated_cost > 0)
        count(m->estimated_cost, (const char *[]){ e->provider }, (double)e->estimated_cost / 1e6);
    if (u->input >= 0) /* unknown is not reported, not even as 0 */
        observe(m->token_usage, values, (double)in);
    values[3] = "output";
    if (u->output >= 0)
        observe(m->token_usage, values, (double)u->output);
}

static void note_attempt(const ape__llm_metrics *m, const ape__llm_entry *e)
{
    const char *class_ = ape_llm_class_name(e->class_);
    const char *const values[] = { "chat", e->provider, e->model,
                                   e->class_ == APE_LLM_OK ? "" : class_ };

    count(m->attempts, (const char *[]){ e->provider, class_ }, 1);
    if (!e->was_asked || e->is_local)
        return;
    count(m->hedges, (const char *[]){ e->provider }, e->is_hedge);
    observe(m->duration, values, (double)e->ms / 1000);
    if (e->content_bytes) {
        observe(m->first_content, (const char *[]){ e->provider },
                (double)e->first_content_ms / 1000);
        observe(m->first_chunk, values, (double)e->first_content_ms / 1000);
    }
    note_usage(m, e);
}

void ape__llm_metrics_note(const ape__llm_metrics *metrics, ape_status status,
                           const ape_llm_completion *completion)
{
    if (!metrics->registry)
        return;
    count(metrics->requests, (const char *[]){ ape_status_name(status) }, 1);
    count(metrics->cache_hits, NULL, completion->is_from_cache);
    observe(metrics->overhead, NULL, (double)completion->overhead_us / 1e6);
    for (size_t i = 0; i < completion->count; i++)
        note_attempt(metrics, &completion->entries[i]);
}

static double read_state(void *breaker)
{
    return ape_circuit_breaker_get_state(breaker);
}

static double read_openings(void *breaker)
{
    ape_circuit_breaker_stats stats = { .size = sizeof(stats) };

    return ape_circuit_breaker_get_stats(breaker, &stats) == APE_OK ? (double)stats.openings : NAN;
}

void ape__llm_metrics_watch(const ape__llm_metrics *metrics, ape__llm_chain *chain, bool watch)
{
    for (size_t i = 0; metrics->registry && i < chain->count; i++) {
        ape__llm_provider *p = &chain->providers[i];
        const char *const values[] = { p->name };

        if (!p->breaker)
            continue;
        (void)ape_metric_family_set_callback(metrics->breaker_state, values,
                                             watch ? read_state : NULL, p->breaker, NULL);
        (void)ape_metric_family_set_callback(metrics->breaker_openings, values,
                                             watch ? read_openings : NULL, p->breaker, NULL);
    }
}
