/* SPDX-License-Identifier: MIT */
#include "llm_client/quota.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/date.h"

#include "llm_client/retry_after.h"

static const double minute_ms = 60000;

void ape__llm_quota_init(ape__llm_quota *quota, int64_t rpm, int64_t tpm, uint64_t now_ms)
{
    memset(quota, 0, sizeof(*quota));
    quota->meters[APE__LLM_REQUESTS].limit = (double)rpm;
    quota->meters[APE__LLM_TOKENS].limit = (double)tpm;
    for (size_t i = 0; i < APE__LLM_MEASURES; i++) {
        quota->meters[i].left = quota->meters[i].limit;
        quota->meters[i].at_ms = now_ms;
    }
}

/* The limit fills up again evenly over a minute. */
static double left_now(const ape__llm_meter *m, uint64_t now_ms)
{
    double ms = now_ms > m->at_ms ? (double)(now_ms - m->at_ms) : 0;

    return fmin(m->limit, m->left + ms * m->limit / minute_ms);
}

static double own_wait_ms(const ape__llm_meter *m, double wanted, uint64_t now_ms)
{
    if (m->limit <= 0)
        return 0;
    return (fmin(wanted, m->limit) - left_now(m, now_ms)) * minute_ms / m->limit;
}

/* A provider whose time is over has said nothing any more. */
static double told_wait_ms(const ape__llm_meter *m, double wanted, uint64_t now_ms)
{
    double missing, until_reset;

    if (now_ms >= m->told_until_ms)
        return 0;
    missing = wanted - m->told_left - m->told_rate * (double)(now_ms - m->told_at_ms);
    until_reset = (double)(m->told_until_ms - now_ms);
    if (missing <= 0)
        return 0;
    return m->told_rate > 0 ? fmin(missing / m->told_rate, until_reset) : until_reset;
}

static uint64_t meter_wait_ms(const ape__llm_meter *m, int64_t wanted, uint64_t now_ms)
{
    double wait =
        fmax(own_wait_ms(m, (double)wanted, now_ms), told_wait_ms(m, (double)wanted, now_ms));

    return wanted > 0 && wait > 0 ? (uint64_t)ceil(wait) : 0;
}

uint64_t ape__llm_quota_wait_ms(const ape__llm_quota *quota, const ape__llm_amounts *wanted,
                                uint64_t now_ms)
{
    uint64_t longest = quota->rests_until_ms > now_ms ? quota->rests_until_ms - now_ms : 0;

    for (size_t i = 0; i < APE__LLM_MEASURES; i++) {
        uint64_t wait = meter_wait_ms(&quota->meters[i], wanted->of[i], now_ms);

        longest = wait > longest ? wait : longest;
    }
    return longest;
}

void ape__llm_quota_take(ape__llm_quota *quota, const ape__llm_amounts *wanted, uint64_t now_ms)
{
    for (size_t i = 0; i < APE__LLM_MEASURES; i++) {
        ape__llm_meter *m = &quota->meters[i];

        m->left = left_now(m, now_ms) - (double)wanted->of[i];
        m->at_ms = now_ms;
        m->told_left -= (double)wanted->of[i];
    }
}

void ape__llm_quota_settle(ape__llm_quota *quota, const ape__llm_amounts *taken,
                           const ape__llm_amounts *used)
{
    for (size_t i = 0; i < APE__LLM_MEASURES; i++)
        if (used->of[i] >= 0)
            quota->meters[i].left += (double)(taken->of[i] - used->of[i]);
}

void ape__llm_quota_tell(ape__llm_quota *quota, const ape__llm_told told[APE__LLM_MEASURES],
                         uint64_t now_ms)
{
    for (size_t i = 0; i < APE__LLM_MEASURES; i++) {
        const ape__llm_told *t = &told[i];
        ape__llm_meter *m = &quota->meters[i];

        if (t->left < 0 || t->reset_ms <= 0)
            continue;
        m->told_left = (double)t->left;
        m->told_rate = t->limit > t->left ? (double)(t->limit - t->left) / (double)t->reset_ms : 0;
        m->told_at_ms = now_ms;
        m->told_until_ms = now_ms + (uint64_t)t->reset_ms;
    }
}

void ape__llm_told_init(ape__llm_told told[APE__LLM_MEASURES])
{
    for (size_t i = 0; i < APE__LLM_MEASURES; i++)
        told[i] = (ape__llm_told){ .limit = -1, .left = -1, .reset_ms = -1 };
}

/* "requests", "input-tokens" ... between the beginning and the end of a name. */
static int find_measure(const char *name, size_t size)
{
    static const char *const names[] = { "requests", "tokens", "input-tokens", "output-tokens" };

    for (int i = 0; i < APE__LLM_MEASURES; i++)
        if (strlen(names[i]) == size && strncasecmp(name, names[i], size) == 0)
            return i;
    return -1;
}

static int64_t count_of(const char *value)
{
    char *end;
    long long count = strtoll(value, &end, 10);

    return end > value && count >= 0 ? count : -1;
}

/* A duration (OpenAI), or a date (Anthropic). */
static int64_t reset_of(const char *value, int64_t wall_ms)
{
    int64_t at_ms;

    if (!ape__time_parse(value, &at_ms))
        return ape__duration_ms(value);
    return at_ms > wall_ms ? at_ms - wall_ms : 0;
}

/* x-ratelimit-remaining-tokens, or anthropic-ratelimit-tokens-remaining: takes the
 * name apart; the measure, or -1. */
static int split_name(const char *name, const char **kind)
{
    static const char openai[] = "x-ratelimit-", anthropic[] = "anthropic-ratelimit-";
    const char *dash;

    if (strncasecmp(name, openai, strlen(openai)) == 0) {
        *kind = name + strlen(openai);
        dash = strchr(*kind, '-');
        return dash ? find_measure(dash + 1, strlen(dash + 1)) : -1;
    }
    if (strncasecmp(name, anthropic, strlen(anthropic)) != 0)
        return -1;
    name += strlen(anthropic);
    dash = strrchr(name, '-');
    *kind = dash ? dash + 1 : name;
    return dash ? find_measure(name, (size_t)(dash - name)) : -1;
}

void ape__llm_told_read(ape__llm_told told[APE__LLM_MEASURES], const char *name, const char *value,
                        int64_t wall_ms)
{
    const char *kind;
    int measure = split_name(name, &kind);

    if (measure < 0)
        return;
    if (strncasecmp(kind, "limit", 5) == 0)
        told[measure].limit = count_of(value);
    else if (strncasecmp(kind, "remaining", 9) == 0)
        told[measure].left = count_of(value);
    else if (strncasecmp(kind, "reset", 5) == 0)
        told[measure].reset_ms = reset_of(value, wall_ms);
}
