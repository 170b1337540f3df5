/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <criterion/criterion.h>

#include "counting_host.h"

/*
 * Random histories, against a breaker that is as simple as it can be: a list of
 * the calls that are out, and the rules of the header word by word.
 */

enum { MOST_CALLS = 40, HISTORIES = 4000, STEPS = 300, THRESHOLD = 3 };
static const uint64_t open_ms = 50, lease_ms = 30;

typedef struct oracle_call {
    ape_circuit_breaker_ticket ticket;
    uint64_t round;
    uint64_t lease_ends;
    bool is_out, is_trial;
} oracle_call;

typedef struct oracle {
    ape_circuit_breaker_state state;
    uint64_t now, round, opened_at;
    uint32_t failures, successes, trials;
    oracle_call calls[MOST_CALLS];
} oracle;

static uint64_t dice;

static uint64_t roll(uint64_t sides)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (dice >> 33) % sides;
}

static void turn(oracle *o, ape_circuit_breaker_state state)
{
    o->state = state;
    o->round++;
    o->failures = 0;
    o->successes = 0;
    o->opened_at = o->now;
}

static uint32_t trials_out(const oracle *o)
{
    uint32_t count = 0;

    for (int i = 0; i < MOST_CALLS; i++)
        count += o->calls[i].is_out && o->calls[i].is_trial && o->calls[i].round == o->round &&
                 o->calls[i].lease_ends > o->now;
    return count;
}

static bool oracle_admits(oracle *o, oracle_call *call)
{
    if (o->state == APE_CIRCUIT_BREAKER_OPEN && o->now >= o->opened_at + open_ms)
        turn(o, APE_CIRCUIT_BREAKER_HALF_OPEN);
    call->is_trial = o->state == APE_CIRCUIT_BREAKER_HALF_OPEN;
    call->round = o->round;
    call->lease_ends = o->now + lease_ms;
    return o->state == APE_CIRCUIT_BREAKER_CLOSED || (call->is_trial && trials_out(o) < o->trials);
}

/* True if the report counts. A trial past its lease counts as long as nobody has
 * taken its place, which only happens in acquire. */
static void oracle_reports(oracle *o, ape_circuit_breaker_outcome outcome)
{
    if (outcome == APE_CIRCUIT_BREAKER_IGNORED)
        return;
    if (o->state == APE_CIRCUIT_BREAKER_HALF_OPEN) {
        if (outcome == APE_CIRCUIT_BREAKER_FAILURE)
            turn(o, APE_CIRCUIT_BREAKER_OPEN);
        else if (++o->successes >= o->trials)
            turn(o, APE_CIRCUIT_BREAKER_CLOSED);
    } else if (o->state == APE_CIRCUIT_BREAKER_CLOSED) {
        o->failures = outcome == APE_CIRCUIT_BREAKER_FAILURE ? o->failures + 1 : 0;
        if (o->failures >= THRESHOLD)
            turn(o, APE_CIRCUIT_BREAKER_OPEN);
    }
}

static void step_acquire(oracle *o, ape_circuit_breaker *breaker, oracle_call *call)
{
    bool expected = oracle_admits(o, call);
    bool got = ape_circuit_breaker_acquire(breaker, &call->ticket) == APE_OK;

    cr_assert_eq(got, expected, "acquire in state %d", o->state);
    call->is_out = got;
    if (o->state == APE_CIRCUIT_BREAKER_HALF_OPEN)
        for (int i = 0; i < MOST_CALLS; i++) /* those past their lease are given up now */
            if (o->calls[i].is_trial && o->calls[i].lease_ends <= o->now)
                o->calls[i].round = UINT64_MAX;
}

static void step_report(oracle *o, ape_circuit_breaker *breaker, oracle_call *call)
{
    ape_circuit_breaker_outcome outcome =
        (ape_circuit_breaker_outcome)(roll(5) == 0 ? APE_CIRCUIT_BREAKER_IGNORED
                                                   : (int64_t)roll(2));
    bool counts = call->round == o->round;
    ape_status st = ape_circuit_breaker_report(breaker, &call->ticket, outcome);

    cr_assert_eq(st, counts ? APE_OK : APE_ERR_STATE);
    call->is_out = false;
    if (counts)
        oracle_reports(o, outcome);
}

static void step_cancel(ape_circuit_breaker *breaker, oracle_call *call)
{
    ape_circuit_breaker_cancel(breaker, &call->ticket);
    call->is_out = false;
}

static void run_history(uint64_t seed)
{
    ape_circuit_breaker_options opts;
    ape_circuit_breaker *breaker;
    counting_host counting;
    oracle o = { .round = 1, .trials = 1 };

    dice = seed;
    o.trials = 1 + (uint32_t)roll(3);
    counting_host_init(&counting);
    o.now = counting.now_ms;
    ape_circuit_breaker_options_init(&opts, sizeof(opts));
    opts.failure_threshold = THRESHOLD;
    opts.open_ms = open_ms;
    opts.lease_ms = lease_ms;
    opts.probe_count = o.trials;
    cr_assert_eq(ape_circuit_breaker_new(counting.host, &opts, &breaker, NULL), APE_OK);
    for (int i = 0; i < STEPS; i++) {
        oracle_call *call = &o.calls[roll(MOST_CALLS)];

        o.now += roll(8);
        counting.now_ms = o.now;
        if (!call->is_out)
            step_acquire(&o, breaker, call);
        else if (roll(6) == 0)
            step_cancel(breaker, call);
        else
            step_report(&o, breaker, call);
    }
    ape_circuit_breaker_free(breaker);
    counting_host_end_test(&counting);
}

Test(circuit_breaker_oracle, random_histories_agree)
{
    for (uint64_t seed = 1; seed <= HISTORIES; seed++)
        run_history(seed);
}
