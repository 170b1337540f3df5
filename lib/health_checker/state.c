/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/host.h"
#include "health_checker/internal.h"

static ape_health_status next_status(const ape__check *check, ape_health_status found)
{
    const ape__check_state *s = &check->state;

    if (s->status == APE_HEALTH_UNKNOWN)
        return found;
    if (found == APE_HEALTH_UNHEALTHY)
        return s->failures >= check->opts.fall ? found : s->status;
    if (s->status == APE_HEALTH_UNHEALTHY && s->successes < check->opts.rise)
        return s->status;
    return found;
}

bool ape__check_record(ape__check *check, const ape_health_result *result, double latency_ms,
                       int64_t wall_ms, ape__health_change *change)
{
    ape__check_state *s = &check->state;
    bool passed = result->status != APE_HEALTH_UNHEALTHY;
    ape_health_status to;

    s->successes = passed ? s->successes + 1 : 0;
    s->failures = passed ? 0 : s->failures + 1;
    s->latency_ms = latency_ms;
    s->checked_wall_ms = wall_ms;
    if (result->status != APE_HEALTH_HEALTHY)
        memcpy(s->last_error, result->message, sizeof(s->last_error));
    to = next_status(check, result->status);
    change->check = check;
    change->from = s->status;
    change->to = to;
    memcpy(change->message, s->last_error, sizeof(change->message));
    if (to == s->status)
        return false;
    s->status = to;
    s->since_wall_ms = wall_ms;
    atomic_store(&check->checker->status, ape__checks_status(check->checker));
    return true;
}

void ape__check_announce(ape__check *check, const ape_health_result *result, double latency_ms,
                         const ape__health_change *change)
{
    const ape_health_checker *checker = check->checker;

    ape_counter_inc(result->status == APE_HEALTH_UNHEALTHY ? check->failed : check->passed);
    ape_histogram_observe(check->seconds, latency_ms / 1000);
    if (!change)
        return;
    ape__log(checker->host, change->to == APE_HEALTH_HEALTHY ? APE_LOG_INFO : APE_LOG_WARNING,
             "health_checker", "%s: %s -> %s%s%s", check->name,
             ape_health_status_name(change->from), ape_health_status_name(change->to),
             change->to == APE_HEALTH_HEALTHY ? "" : ", ",
             change->to == APE_HEALTH_HEALTHY ? "" : change->message);
    if (checker->opts.on_change)
        checker->opts.on_change(checker->opts.user, check->name, change->from, change->to,
                                change->message);
}

ape_health_status ape__checks_status(const ape_health_checker *checker)
{
    ape_health_status worst = APE_HEALTH_HEALTHY;

    for (size_t i = 0; i < checker->check_count; i++) {
        const ape__check *check = checker->checks[i];
        ape_health_status status = check->state.status;

        if (check->opts.critical &&
            (status == APE_HEALTH_UNHEALTHY || status == APE_HEALTH_UNKNOWN))
            return APE_HEALTH_UNHEALTHY;
        if (status == APE_HEALTH_DEGRADED || status == APE_HEALTH_UNHEALTHY)
            worst = APE_HEALTH_DEGRADED;
    }
    return worst;
}
