/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <string.h>

#include "llm_client/ledger.h"
#include "llm_client/pace.h"
#include "llm_client/quota.h"

static const ape__llm_amounts one = { { 1, 100, 80, 20 } };

static uint64_t wait_for(const ape__llm_quota *quota, const ape__llm_amounts *wanted, uint64_t now)
{
    return ape__llm_quota_wait_ms(quota, wanted, now);
}

Test(llm_quota, without_limits_everything_passes)
{
    ape__llm_quota q;

    ape__llm_quota_init(&q, 0, 0, 1000);
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(wait_for(&q, &one, 1000), 0);
        ape__llm_quota_take(&q, &one, 1000);
    }
}

Test(llm_quota, requests_a_minute_fill_up_evenly)
{
    ape__llm_quota q;

    ape__llm_quota_init(&q, 60, 0, 5000);
    for (int i = 0; i < 60; i++) {
        cr_assert_eq(wait_for(&q, &one, 5000), 0, "request %d", i);
        ape__llm_quota_take(&q, &one, 5000);
    }
    cr_assert_eq(wait_for(&q, &one, 5000), 1000);
    cr_assert_eq(wait_for(&q, &one, 5400), 600);
    cr_assert_eq(wait_for(&q, &one, 6000), 0);
    cr_assert_eq(wait_for(&q, &one, 5000000), 0);
    for (int i = 0; i < 60; i++)
        ape__llm_quota_take(&q, &one, 5000000);
    cr_assert_eq(wait_for(&q, &one, 5000000), 1000); /* no more than a minute is saved up */
}

Test(llm_quota, tokens_are_settled_by_what_was_used)
{
    const ape__llm_amounts used = { { 1, 30, 20, 10 } }, unknown = { { 1, -1, -1, -1 } };
    ape__llm_quota q;

    ape__llm_quota_init(&q, 0, 600, 0);
    for (int i = 0; i < 6; i++)
        ape__llm_quota_take(&q, &one, 0);
    cr_assert_eq(wait_for(&q, &one, 0), 10000); /* 100 tokens at 10 a second */
    ape__llm_quota_settle(&q, &one, &used);
    cr_assert_eq(wait_for(&q, &one, 0), 3000);
    ape__llm_quota_settle(&q, &one, &unknown);
    cr_assert_eq(wait_for(&q, &one, 0), 3000);
}

Test(llm_quota, more_than_a_minute_holds_passes_when_the_minute_is_whole)
{
    const ape__llm_amounts much = { { 1, 5000, 4000, 1000 } };
    ape__llm_quota q;

    ape__llm_quota_init(&q, 0, 600, 0);
    cr_assert_eq(wait_for(&q, &much, 0), 0);
    ape__llm_quota_take(&q, &much, 0);
    cr_assert_eq(wait_for(&q, &much, 0), 500000); /* the debt of 4400, and 600 more */
}

Test(llm_quota, a_key_that_was_turned_away_rests)
{
    ape__llm_quota q;

    ape__llm_quota_init(&q, 0, 0, 0);
    q.rests_until_ms = 700;
    cr_assert_eq(wait_for(&q, &one, 200), 500);
    cr_assert_eq(wait_for(&q, &one, 700), 0);
}

static void read_head(ape__llm_told told[APE__LLM_MEASURES], const char *const lines[][2])
{
    ape__llm_told_init(told);
    for (size_t i = 0; lines[i][0]; i++)
        ape__llm_told_read(told, lines[i][0], lines[i][1], 1700000000000);
}

Test(llm_quota, openai_headers)
{
    static const char *const lines[][2] = {
        { "x-ratelimit-limit-requests", "60" },
        { "X-RateLimit-Remaining-Requests", "0" },
        { "x-ratelimit-reset-requests", "1m0s" },
        { "x-ratelimit-limit-tokens", "1000" },
        { "x-ratelimit-remaining-tokens", "1000" },
        { "x-ratelimit-reset-tokens", "20ms" },
        { "x-ratelimit-remaining-images", "0" },
        { "x-ratelimit", "0" },
        { "x-ratelimit-reset", "1s" },
        { NULL, NULL },
    };
    ape__llm_told told[APE__LLM_MEASURES];
    ape__llm_quota q;

    read_head(told, lines);
    cr_assert_eq(told[APE__LLM_REQUESTS].left, 0);
    cr_assert_eq(told[APE__LLM_REQUESTS].reset_ms, 60000);
    cr_assert_eq(told[APE__LLM_TOKENS].left, 1000);
    cr_assert_eq(told[APE__LLM_TOKENS].reset_ms, 20);
    cr_assert_eq(told[APE__LLM_INPUT_TOKENS].left, -1);
    ape__llm_quota_init(&q, 0, 0, 0);
    ape__llm_quota_tell(&q, told, 0);
    /* All 60 are back in a minute, so the first is in a second. */
    cr_assert_eq(wait_for(&q, &one, 0), 1000);
    cr_assert_eq(wait_for(&q, &one, 1000), 0);
    ape__llm_quota_take(&q, &one, 1000);
    cr_assert_eq(wait_for(&q, &one, 1000), 1000);
    cr_assert_eq(wait_for(&q, &one, 60000), 0); /* what was said does not count any more */
}

Test(llm_quota, anthropic_headers)
{
    static const char *const lines[][2] = {
        { "anthropic-ratelimit-requests-limit", "50" },
        { "anthropic-ratelimit-requests-remaining", "49" },
        { "anthropic-ratelimit-requests-reset", "2023-11-14T22:13:21Z" },
        { "anthropic-ratelimit-input-tokens-remaining", "10" },
        { "anthropic-ratelimit-input-tokens-reset", "2023-11-14T22:13:30Z" },
        { "anthropic-ratelimit-output-tokens-remaining", "8000" },
        { "anthropic-ratelimit-output-tokens-reset", "2023-11-14T22:13:10Z" }, /* gone by */
        { "anthropic-ratelimit-unified-status", "allowed" },
        { NULL, NULL },
    };
    ape__llm_told told[APE__LLM_MEASURES];
    ape__llm_quota q;

    read_head(told, lines);
    cr_assert_eq(told[APE__LLM_REQUESTS].left, 49);
    cr_assert_eq(told[APE__LLM_REQUESTS].reset_ms, 1000);
    cr_assert_eq(told[APE__LLM_OUTPUT_TOKENS].reset_ms, 0);
    ape__llm_quota_init(&q, 0, 0, 500);
    ape__llm_quota_tell(&q, told, 500);
    /* Of how many it did not say: then it is all or nothing. */
    cr_assert_eq(wait_for(&q, &one, 500), 10000);
    cr_assert_eq(wait_for(&q, &one, 10500), 0);
}

Test(llm_quota, headers_that_make_no_sense_are_not_heard)
{
    static const char *const lines[][2] = {
        { "x-ratelimit-remaining-requests", "none" },
        { "x-ratelimit-reset-requests", "soon" },
        { "x-ratelimit-remaining-tokens", "-5" },
        { "x-ratelimit-reset-tokens", "1s" },
        { "anthropic-ratelimit-", "1" },
        { NULL, NULL },
    };
    ape__llm_told told[APE__LLM_MEASURES];
    ape__llm_quota q;

    read_head(told, lines);
    ape__llm_quota_init(&q, 0, 0, 0);
    ape__llm_quota_tell(&q, told, 0);
    cr_assert_eq(wait_for(&q, &one, 0), 0);
}

Test(llm_quota, pace_knows_nothing_at_first_then_p95)
{
    ape__llm_pace pace = { 0 };

    for (int i = 0; i < 19; i++)
        ape__llm_pace_add(&pace, 100);
    cr_assert_eq(ape__llm_pace_p95_ms(&pace), 0);
    for (int i = 0; i < 77; i++)
        ape__llm_pace_add(&pace, 100);
    for (int i = 0; i < 4; i++)
        ape__llm_pace_add(&pace, 20000);
    cr_assert_geq(ape__llm_pace_p95_ms(&pace), 100);
    cr_assert_leq(ape__llm_pace_p95_ms(&pace), 125); /* a cell is a quarter wide */
    for (int i = 0; i < 10; i++)
        ape__llm_pace_add(&pace, 20000);
    cr_assert_geq(ape__llm_pace_p95_ms(&pace), 20000);
}

Test(llm_quota, pace_forgets)
{
    ape__llm_pace pace = { 0 };

    for (int i = 0; i < 300; i++)
        ape__llm_pace_add(&pace, 9000);
    for (int i = 0; i < 8000; i++)
        ape__llm_pace_add(&pace, 0);
    cr_assert_eq(ape__llm_pace_p95_ms(&pace), 10);
    for (int i = 0; i < 8000; i++)
        ape__llm_pace_add(&pace, UINT64_MAX); /* beyond the last cell */
    cr_assert_gt(ape__llm_pace_p95_ms(&pace), 40000);
}

Test(llm_quota, a_ledger_holds_and_settles)
{
    const ape__llm_budget budget = { 0, 1000, 60000 };
    ape__llm_ledger l;

    ape__llm_ledger_init(&l);
    cr_assert_eq(ape__llm_ledger_hold(&l, &budget, 10, 600, 120000), 600);
    cr_assert_eq(ape__llm_ledger_hold(&l, &budget, 10, 600, 120000), 400); /* what is left */
    cr_assert_eq(ape__llm_ledger_hold(&l, &budget, 1, 1, 120000), -1);
    ape__llm_ledger_settle(&l, &budget, 600, 100, 120000);
    ape__llm_ledger_settle(&l, &budget, 400, 400, 120000);
    cr_assert_eq(ape__llm_ledger_hold(&l, &budget, 501, 900, 179999), -1);
    cr_assert_eq(ape__llm_ledger_hold(&l, &budget, 501, 900, 180000), 900); /* a new period */
    cr_assert_eq(ape__llm_ledger_hold(&l, &budget, 101, 101, 130000), -1);  /* set back: no */
    ape__llm_ledger_clear(&l);
}

Test(llm_quota, a_ledger_without_a_limit_counts_only)
{
    const ape__llm_budget budget = { 500, 0, 60000 };
    ape__llm_ledger l;

    ape__llm_ledger_init(&l);
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(ape__llm_ledger_hold(&l, &budget, 10, 400, 120000), 400);
        ape__llm_ledger_settle(&l, &budget, 400, 400, 120000);
    }
    cr_assert_eq(l.spent, 40000);
    cr_assert_eq(l.held, 0);
    ape__llm_ledger_clear(&l);
}
