/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "core/host.h"
#include "health_checker/internal.h"

ape__check *ape__check_take_due(ape_health_checker *checker, uint64_t now_ms)
{
    ape__check *due = NULL;

    for (size_t i = 0; i < checker->check_count; i++) {
        ape__check *check = checker->checks[i];

        if (!check->running && check->due_ms <= now_ms && (!due || check->due_ms < due->due_ms))
            due = check;
    }
    if (due) {
        due->running = true;
        due->users++;
        due->started_ms = now_ms;
    }
    return due;
}

/* The callback's word is not trusted. */
static void examine(const ape__check *check, ape_health_result *result, double latency_ms)
{
    result->message[sizeof(result->message) - 1] = '\0';
    if (result->status < APE_HEALTH_HEALTHY || result->status > APE_HEALTH_UNHEALTHY)
        ape__health_fail(result, "the check returned the unknown status %d", (int)result->status);
    else if (latency_ms > check->opts.timeout_ms && result->status != APE_HEALTH_UNHEALTHY)
        ape__health_fail(result, "took %.0f ms, %u are allowed", latency_ms,
                         check->opts.timeout_ms);
    else if (result->status != APE_HEALTH_HEALTHY && !result->message[0])
        snprintf(result->message, sizeof(result->message), "%s, without a reason",
                 ape_health_status_name(result->status));
    ape__redact(result->message, sizeof(result->message));
}

void ape__check_run(ape__check *check)
{
    ape_health_checker *checker = check->checker;
    ape_health_result result = { .status = APE_HEALTH_HEALTHY };
    ape__health_change change;
    bool counts, changed = false;
    double latency_ms = ape__exact_ms();
    uint64_t now_ms;
    int64_t wall_ms;

    check->probe(check->user, check->opts.timeout_ms, &result);
    latency_ms = ape__exact_ms() - latency_ms;
    examine(check, &result, latency_ms);
    now_ms = ape__now_ms(checker->host);
    wall_ms = ape__wall_ms(checker->host);

    pthread_mutex_lock(&checker->lock);
    counts = !check->overdue && !check->removed;
    if (counts)
        changed = ape__check_record(check, &result, latency_ms, wall_ms, &change);
    check->running = false;
    check->overdue = false;
    check->due_ms = check->started_ms + check->opts.period_ms;
    if (check->due_ms < now_ms)
        check->due_ms = now_ms;
    pthread_mutex_unlock(&checker->lock);
    if (counts)
        ape__check_announce(check, &result, latency_ms, changed ? &change : NULL);
    ape__check_release(check);
}

static bool is_overdue(const ape__check *check, uint64_t now_ms)
{
    return check->running && !check->overdue &&
           now_ms - check->started_ms >= check->opts.timeout_ms;
}

bool ape__check_fail_overdue(ape_health_checker *checker, uint64_t now_ms)
{
    ape_health_result result = { .status = APE_HEALTH_HEALTHY };
    int64_t wall_ms = ape__wall_ms(checker->host);
    ape__health_change change;
    ape__check *late = NULL;
    bool changed = false;

    pthread_mutex_lock(&checker->lock);
    for (size_t i = 0; i < checker->check_count && !late; i++)
        if (is_overdue(checker->checks[i], now_ms))
            late = checker->checks[i];
    if (late) {
        ape__health_fail(&result, "no answer within %u ms", late->opts.timeout_ms);
        changed = ape__check_record(late, &result, late->opts.timeout_ms, wall_ms, &change);
        late->overdue = true;
        late->users++;
    }
    pthread_mutex_unlock(&checker->lock);
    if (!late)
        return false;
    ape__check_announce(late, &result, late->opts.timeout_ms, changed ? &change : NULL);
    ape__check_release(late);
    return true;
}

uint32_t ape__checks_wait_ms(const ape_health_checker *checker, uint64_t now_ms)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < checker->check_count; i++) {
        const ape__check *check = checker->checks[i];
        uint64_t at = check->running ? check->started_ms + check->opts.timeout_ms : check->due_ms;

        if (!check->overdue && at < next)
            next = at;
    }
    if (next == UINT64_MAX)
        return UINT32_MAX;
    return next > now_ms ? (uint32_t)(next - now_ms) : 0;
}
