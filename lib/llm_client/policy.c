/* SPDX-License-Identifier: MIT */
#include "llm_client/policy.h"

#include <math.h>

#include "core/settings.h"

static const int64_t day_ms = 86400000;
static const double most_usd = 1e6;

static ape_status read_money(const ape_settings *settings, ape__llm_budget *budget, ape_error *err)
{
    double per_call = 0, per_period = 0;
    ape_status st =
        ape__settings_get_number(settings, "LLM_BUDGET_USD_PER_CALL", most_usd, &per_call, err);

    if (st == APE_OK)
        st = ape__settings_get_number(settings, "LLM_BUDGET_USD", most_usd, &per_period, err);
    /* A limit below the grain is still a limit. */
    budget->per_call = (int64_t)ceil(per_call * 1e6);
    budget->per_period = (int64_t)ceil(per_period * 1e6);
    return st;
}

ape_status ape__llm_policy_read(const ape_settings *settings, ape__llm_policy *out, ape_error *err)
{
    ape__llm_policy p = { 0 };
    uint64_t period_s;
    const struct {
        const char *name;
        int64_t min, max, fallback;
        uint64_t *out;
    } rows[] = {
        { "LLM_CONNECT_TIMEOUT_MS", 1, day_ms, 5000, &p.limits.connect_ms },
        { "LLM_HEADERS_TIMEOUT_MS", 1, day_ms, 30000, &p.limits.headers_ms },
        { "LLM_FIRST_CONTENT_TIMEOUT_MS", 1, day_ms, 30000, &p.limits.first_content_ms },
        { "LLM_IDLE_TIMEOUT_MS", 1, day_ms, 20000, &p.limits.idle_ms },
        { "LLM_TOTAL_TIMEOUT_MS", 1, day_ms, 180000, &p.limits.total_ms },
        { "LLM_MIN_BYTES_PER_S", 0, 1000000, 4, &p.limits.min_bytes_per_s },
        { "LLM_RETRIES", 0, 100, 2, &p.limits.retries },
        { "LLM_BREAKER_FAILURES", 1, 1000000, 4, &p.breaker_failures },
        { "LLM_BREAKER_OPEN_MS", 0, day_ms, 60000, &p.breaker_open_ms },
        { "LLM_BUDGET_PERIOD_S", 60, 31536000, 86400, &period_s },
        { "LLM_HEDGE_PERCENT", 0, 100, 0, &p.hedging.percent },
        { "LLM_HEDGE_DELAY_MS", 0, day_ms, 0, &p.hedging.delay_ms },
        { "LLM_CACHE_ENTRIES", 0, 1000, 0, &p.cache.entries },
        { "LLM_CACHE_MS", 1, 30 * day_ms, 3600000, &p.cache.keep_ms },
    };
    ape_status st = APE_OK;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && st == APE_OK; i++) {
        int64_t value = rows[i].fallback;

        if (settings)
            st = ape_settings_get_integer(settings, rows[i].name, rows[i].min, rows[i].max, value,
                                          &value, err);
        *rows[i].out = (uint64_t)value;
    }
    p.budget.period_ms = (int64_t)period_s * 1000;
    if (settings && st == APE_OK)
        st = read_money(settings, &p.budget, err);
    if (st == APE_OK)
        *out = p;
    return st;
}
