/* SPDX-License-Identifier: MIT */
#include "planner/metrics.h"

#include "core/error.h"
#include "planner/phrases.h"

static const ape__plan_metric_info infos[APE__PLAN_METRIC_COUNT] = {
    [APE__PLAN_NO_METRIC] = { "", "nothing", 0, 0, false, false, 0 },
    [APE__PLAN_SHARPE_RATIO] = { "sharpe_ratio", "Sharpe ratio", 1, 3, false, true, 0 },
    [APE__PLAN_SORTINO_RATIO] = { "sortino_ratio", "Sortino ratio", 1, 2, false, true, 0 },
    [APE__PLAN_VOLATILITY] = { "volatility", "volatility", 1, 3, false, true, 0 },
    [APE__PLAN_BETA] = { "beta", "beta", 2, 3, false, true, 0 },
    [APE__PLAN_CORRELATION] = { "correlation", "correlation", 2, 3, false, true, 0 },
    [APE__PLAN_MAX_DRAWDOWN] = { "max_drawdown", "maximum drawdown", 1, 2, false, true, 0 },
    [APE__PLAN_CAGR] = { "cagr", "CAGR", 1, 2, false, true, 0 },
    [APE__PLAN_TOTAL_RETURN] = { "total_return", "total return", 1, 2, false, true, 0 },
    [APE__PLAN_VAR] = { "var", "VaR", 1, 2, false, true, 0 },
    [APE__PLAN_CVAR] = { "cvar", "CVaR", 1, 2, false, true, 0 },
    [APE__PLAN_SMA] = { "sma", "SMA", 1, 1, true, false, 20 },
    [APE__PLAN_EMA] = { "ema", "EMA", 1, 1, true, true, 20 },
    [APE__PLAN_RSI] = { "rsi", "RSI", 1, 2, true, true, 14 },
    [APE__PLAN_LAST_PRICE] = { "last_price", "last price", 1, 1, false, false, 0 },
    [APE__PLAN_HIGH_52W] = { "high_52w", "52-week high", 1, 1, false, false, 0 },
    [APE__PLAN_LOW_52W] = { "low_52w", "52-week low", 1, 1, false, false, 0 },
    [APE__PLAN_FORECAST] = { "price_base", "price forecast", 1, 1, false, false, 0 },
};

const ape__plan_metric_info *ape__plan_metric_get(ape__plan_metric metric)
{
    return &infos[metric];
}

/* The longest phrase that stands here; its length in tokens, 0 if there is none. */
static size_t find_phrase(const ape__plan_tokens *tokens, size_t at,
                          const ape__plan_phrases **found)
{
    size_t longest = 0;

    for (size_t i = 0; i < ape__plan_phrases_count; i++) {
        size_t count = ape__plan_match_any(tokens, at, ape__plan_phrases_table[i].phrases);

        if (count > longest) {
            longest = count;
            *found = &ape__plan_phrases_table[i];
        }
    }
    return longest;
}

static bool is_and(const ape__plan_tokens *tokens, size_t at)
{
    return ape__plan_is_one_of(tokens, at, "and|&|+|or|и|или");
}

/* "price and Sharpe ratio" asks for two things, "SMA of the price" for one. */
static bool is_weak(const ape__plan_tokens *tokens, size_t at, size_t count,
                    const ape__plan_phrases *phrases)
{
    return phrases->weak && !(at > 0 && is_and(tokens, at - 1)) && !is_and(tokens, at + count);
}

/* "How much did the price rise" asks for the return. */
static void note_weak(ape__plan_metric found, ape__plan_metric *known)
{
    if (*known == APE__PLAN_NO_METRIC || found == APE__PLAN_TOTAL_RETURN)
        *known = found;
}

static ape_status note_strong(ape__plan_metric found, ape__plan_metric *known, ape_error *err)
{
    if (*known != APE__PLAN_NO_METRIC && *known != found)
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question asks for two things, %s and %s; ask for one at a time",
                         infos[*known].name, infos[found].name);
    *known = found;
    return APE_OK;
}

ape_status ape__plan_find_metric(ape__plan_tokens *tokens, ape__plan_metric *out, ape_error *err)
{
    ape__plan_metric strong = APE__PLAN_NO_METRIC, weak = APE__PLAN_NO_METRIC;

    for (size_t at = 0; at < tokens->count;) {
        const ape__plan_phrases *found = NULL;
        size_t count = find_phrase(tokens, at, &found);
        bool is_weak_here = count > 0 && is_weak(tokens, at, count, found);

        if (count == 0) {
            at++;
            continue;
        }
        if (found->unknown)
            return ape__fail(err, APE_ERR_REFUSED, "%s is not something I compute; I know %s",
                             found->unknown, APE__PLAN_KNOWN_METRICS);
        ape__plan_take(tokens, at, count,
                       is_weak_here ? APE__PLAN_WEAK_METRIC : (ape__plan_role)found->role);
        if (is_weak_here)
            note_weak(found->metric, &weak);
        else if (found->metric != APE__PLAN_NO_METRIC &&
                 note_strong(found->metric, &strong, err) != APE_OK)
            return APE_ERR_REFUSED;
        at += count;
    }
    *out = strong != APE__PLAN_NO_METRIC ? strong : weak;
    return APE_OK;
}
