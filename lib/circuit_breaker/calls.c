/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include "core/error.h"
#include "core/host.h"

#include "circuit_breaker/breaker.h"

static uint64_t load(const ape_circuit_breaker *b)
{
    return atomic_load_explicit(&b->word, memory_order_acquire);
}

static uint64_t lock(ape_circuit_breaker *b)
{
    /* The clock is the host's code, and no lock is held while that runs. */
    uint64_t now_ms = ape__now_coarse_ms(b->host);

    pthread_mutex_lock(&b->lock);
    return now_ms;
}

/* Lets go of trial calls that nobody reported in time. */
static void collect_lost(ape_circuit_breaker *b, uint64_t now_ms)
{
    for (uint32_t i = 0; i < APE__PROBES && b->probes_running; i++)
        if (b->probes[i].serial && now_ms >= b->probes[i].lease_ends_ms) {
            b->probes[i].serial = 0;
            b->probes_running--;
            b->totals.lost++;
        }
}

/* The token's part for a trial call, or 0 if no place is free. */
static uint64_t take_probe(ape_circuit_breaker *b, uint64_t now_ms)
{
    uint64_t place = 0;

    collect_lost(b, now_ms);
    if (b->probes_running >= ape__breaker_allowed_probes(b, now_ms))
        return 0;
    while (b->probes[place].serial)
        place++;
    b->probe_serial = b->probe_serial % APE__SERIAL_MASK + 1;
    b->probes[place].serial = b->probe_serial;
    b->probes[place].lease_ends_ms = now_ms + b->opts.lease_ms;
    b->probes_running++;
    return b->probe_serial << APE__SERIAL_SHIFT | (place + 1);
}

/* Too many calls slow opens it, also while they are still running. */
static void judge_rates(ape_circuit_breaker *b, uint64_t now_ms)
{
    const ape_circuit_breaker_options *o = &b->opts;
    ape__tally sum = ape__window_sum(&b->window, now_ms);
    uint64_t still = 0;

    if (o->slow_ms && o->slow_percent)
        still = ape__running_slow(&b->running, now_ms, o->slow_ms);
    if (sum.calls >= o->min_calls && sum.failures * 100 >= sum.calls * o->failure_percent)
        ape__breaker_open(b, APE_CIRCUIT_BREAKER_BY_FAILURES, now_ms);
    else if (o->slow_percent && sum.calls + still >= o->min_calls &&
             (sum.slow + still) * 100 >= (sum.calls + still) * o->slow_percent)
        ape__breaker_open(b, APE_CIRCUIT_BREAKER_BY_SLOWNESS, now_ms);
}

static bool has_rules(ape_circuit_breaker_mode mode)
{
    return mode == APE_CIRCUIT_BREAKER_AUTOMATIC || mode == APE_CIRCUIT_BREAKER_OBSERVE;
}

/* Leave under the lock. False: none. */
static bool admit(ape_circuit_breaker *b, uint64_t now_ms, uint64_t *token)
{
    ape_circuit_breaker_mode mode = ape__word_mode(load(b));
    uint64_t probe = 0;

    if (has_rules(mode)) {
        ape__breaker_catch_up(b, now_ms);
        if (b->opts.slow_ms && b->opts.slow_percent &&
            ape__word_state(load(b)) == APE_CIRCUIT_BREAKER_CLOSED)
            judge_rates(b, now_ms);
        if (ape__word_state(load(b)) == APE_CIRCUIT_BREAKER_HALF_OPEN)
            probe = take_probe(b, now_ms);
    }
    *token = ape__word_generation(load(b)) << APE__GENERATION_SHIFT | probe;
    if (mode == APE_CIRCUIT_BREAKER_FORCED_OPEN)
        return false;
    return mode != APE_CIRCUIT_BREAKER_AUTOMATIC || probe ||
           ape__word_state(load(b)) == APE_CIRCUIT_BREAKER_CLOSED;
}

static ape_status refuse(ape_circuit_breaker *b, ape_circuit_breaker_ticket *ticket)
{
    bool is_own;
    ape__lane *lane = ape__breaker_lane(b, &is_own);

    ape__lane_count(&lane->not_permitted, is_own);
    ticket->token = 0;
    return APE_ERR_UNAVAILABLE;
}

static ape_status acquire_locked(ape_circuit_breaker *b, ape_circuit_breaker_ticket *ticket)
{
    uint64_t now_ms = lock(b);
    bool ok = admit(b, now_ms, &ticket->token);

    ticket->start_ms = now_ms;
    if (ok && b->opts.slow_ms)
        ape__running_begin(&b->running, now_ms);
    ape__breaker_unlock(b);
    return ok ? APE_OK : refuse(b, ticket);
}

ape_status ape_circuit_breaker_acquire(ape_circuit_breaker *breaker,
                                       ape_circuit_breaker_ticket *ticket)
{
    uint64_t word = load(breaker);

    if (breaker->is_simple && ape__word_is_closed(word)) {
        ticket->token = ape__word_generation(word) << APE__GENERATION_SHIFT;
        ticket->start_ms = 0;
        return APE_OK;
    }
    if ((word & APE__STATE_AND_MODE) == APE_CIRCUIT_BREAKER_OPEN &&
        ape__now_coarse_ms(breaker->host) <
            atomic_load_explicit(&breaker->open_until_ms, memory_order_relaxed))
        return refuse(breaker, ticket);
    return acquire_locked(breaker, ticket);
}

/* Frees the place of a trial call; false if the ticket's is another's by now. */
static bool give_back_probe(ape_circuit_breaker *b, uint64_t token)
{
    uint64_t place = token & APE__PLACE_MASK;
    ape__probe *probe;

    if (place == 0)
        return true;
    probe = &b->probes[place - 1];
    if (probe->serial != (token >> APE__SERIAL_SHIFT & APE__SERIAL_MASK))
        return false;
    probe->serial = 0;
    b->probes_running--;
    return true;
}

static void set_failures(ape_circuit_breaker *b, uint64_t failures)
{
    uint64_t word = load(b);

    atomic_store_explicit(&b->word,
                          ape__word(ape__word_generation(word), failures, ape__word_mode(word),
                                    ape__word_state(word)),
                          memory_order_release);
}

static void report_closed(ape_circuit_breaker *b, ape_circuit_breaker_outcome outcome,
                          uint64_t now_ms)
{
    uint32_t failures = ape__word_failures(load(b));

    if (b->opts.window != APE_CIRCUIT_BREAKER_CONSECUTIVE) {
        ape__window_add(&b->window, now_ms, outcome);
        judge_rates(b, now_ms);
        return;
    }
    if (outcome != APE_CIRCUIT_BREAKER_FAILURE)
        set_failures(b, 0);
    else if (failures + 1 < b->opts.failure_threshold)
        set_failures(b, failures + 1);
    else
        ape__breaker_open(b, APE_CIRCUIT_BREAKER_BY_FAILURES, now_ms);
}

static void report_probe(ape_circuit_breaker *b, ape_circuit_breaker_outcome outcome,
                         uint64_t now_ms)
{
    if (outcome == APE_CIRCUIT_BREAKER_FAILURE ||
        (outcome == APE_CIRCUIT_BREAKER_SLOW && b->opts.slow_percent))
        ape__breaker_open(b, APE_CIRCUIT_BREAKER_BY_PROBE, now_ms);
    else if (++b->probe_successes >= b->opts.probe_count)
        ape__breaker_enter(b, APE_CIRCUIT_BREAKER_CLOSED, APE_CIRCUIT_BREAKER_BY_PROBE, now_ms);
}

static void count_outcome(ape_circuit_breaker *b, ape_circuit_breaker_outcome outcome)
{
    uint64_t *const counters[] = { &b->totals.successes, &b->totals.failures, &b->totals.slow,
                                   &b->totals.ignored };

    ++*counters[outcome];
}

/* True if the ticket still counts: same generation, and its trial not given up. */
static bool redeem(ape_circuit_breaker *b, const ape_circuit_breaker_ticket *ticket)
{
    if (ape__word_generation(ticket->token) != ape__word_generation(load(b)))
        return false;
    if (b->opts.slow_ms)
        ape__running_end(&b->running, ticket->start_ms);
    return give_back_probe(b, ticket->token);
}

static ape_status report_locked(ape_circuit_breaker *b, const ape_circuit_breaker_ticket *ticket,
                                ape_circuit_breaker_outcome outcome, uint64_t now_ms)
{
    uint64_t word = load(b);

    if (ape__word_mode(word) == APE_CIRCUIT_BREAKER_DISABLED)
        return APE_OK;
    count_outcome(b, outcome);
    if (!redeem(b, ticket)) {
        b->totals.stale++;
        return APE_ERR_STATE;
    }
    if (outcome == APE_CIRCUIT_BREAKER_IGNORED || !has_rules(ape__word_mode(word)))
        return APE_OK;
    if (ape__word_state(word) == APE_CIRCUIT_BREAKER_CLOSED)
        report_closed(b, outcome, now_ms);
    else if (ticket->token & APE__PLACE_MASK)
        report_probe(b, outcome, now_ms);
    return APE_OK;
}

static bool is_late(const ape_circuit_breaker *b, const ape_circuit_breaker_ticket *ticket,
                    uint64_t now_ms)
{
    return b->opts.slow_ms && now_ms >= ticket->start_ms + b->opts.slow_ms;
}

/* The everyday report: nothing to remember but that there was one more. */
static bool report_at_once(ape_circuit_breaker *b, const ape_circuit_breaker_ticket *ticket,
                           ape_circuit_breaker_outcome outcome)
{
    uint64_t word = load(b);
    ape__lane *lane;
    bool is_own;

    if (outcome != APE_CIRCUIT_BREAKER_SUCCESS || !b->is_simple || !ape__word_is_closed(word) ||
        ape__word_failures(word) != 0 ||
        ape__word_generation(word) != ape__word_generation(ticket->token))
        return false;
    lane = ape__breaker_lane(b, &is_own);
    ape__lane_count(&lane->successes, is_own);
    return true;
}

ape_status ape_circuit_breaker_report(ape_circuit_breaker *breaker,
                                      ape_circuit_breaker_ticket *ticket,
                                      ape_circuit_breaker_outcome outcome)
{
    ape_status st = APE_OK;
    uint64_t now_ms;

    if (ticket->token == 0 || outcome < APE_CIRCUIT_BREAKER_SUCCESS ||
        outcome > APE_CIRCUIT_BREAKER_IGNORED)
        return APE_ERR_INVALID;
    if (!report_at_once(breaker, ticket, outcome)) {
        now_ms = lock(breaker);
        if (outcome == APE_CIRCUIT_BREAKER_SUCCESS && is_late(breaker, ticket, now_ms))
            outcome = APE_CIRCUIT_BREAKER_SLOW;
        st = report_locked(breaker, ticket, outcome, now_ms);
        ape__breaker_unlock(breaker);
    }
    ticket->token = 0;
    return st;
}

static ape_status reject_locked(ape_circuit_breaker *b, const ape_circuit_breaker_ticket *ticket,
                                uint64_t retry_after_ms, uint64_t now_ms)
{
    uint64_t word = load(b);
    uint64_t most = b->opts.retry_after_max_ms;

    if (ape__word_mode(word) == APE_CIRCUIT_BREAKER_DISABLED)
        return APE_OK;
    b->totals.rejected++;
    if (!redeem(b, ticket)) {
        b->totals.stale++;
        return APE_ERR_STATE;
    }
    if (has_rules(ape__word_mode(word)) && ape__word_state(word) != APE_CIRCUIT_BREAKER_OPEN)
        ape__breaker_open_for(b, retry_after_ms < most ? retry_after_ms : most,
                              APE_CIRCUIT_BREAKER_BY_REJECTION, now_ms);
    return APE_OK;
}

ape_status ape_circuit_breaker_report_rejected(ape_circuit_breaker *breaker,
                                               ape_circuit_breaker_ticket *ticket,
                                               uint64_t retry_after_ms)
{
    ape_status st;
    uint64_t now_ms;

    if (retry_after_ms == 0)
        return ape_circuit_breaker_report(breaker, ticket, APE_CIRCUIT_BREAKER_FAILURE);
    if (ticket->token == 0)
        return APE_ERR_INVALID;
    now_ms = lock(breaker);
    st = reject_locked(breaker, ticket, retry_after_ms, now_ms);
    ticket->token = 0;
    ape__breaker_unlock(breaker);
    return st;
}

void ape_circuit_breaker_cancel(ape_circuit_breaker *breaker, ape_circuit_breaker_ticket *ticket)
{
    if (ticket->token == 0)
        return;
    pthread_mutex_lock(&breaker->lock);
    if (ape__word_mode(load(breaker)) != APE_CIRCUIT_BREAKER_DISABLED)
        breaker->totals.cancelled++;
    redeem(breaker, ticket);
    ticket->token = 0;
    ape__breaker_unlock(breaker);
}

static void report_status(ape_circuit_breaker *b, ape_circuit_breaker_ticket *ticket,
                          ape_status status)
{
    switch (status) {
    case APE_OK:
        ape_circuit_breaker_report(b, ticket, APE_CIRCUIT_BREAKER_SUCCESS);
        return;
    case APE_ERR_UNAVAILABLE:
    case APE_ERR_TIMEOUT:
    case APE_ERR_IO:
    case APE_ERR_FORMAT:
        ape_circuit_breaker_report(b, ticket, APE_CIRCUIT_BREAKER_FAILURE);
        return;
    case APE_ERR_CANCELLED:
        ape_circuit_breaker_cancel(b, ticket);
        return;
    default:
        ape_circuit_breaker_report(b, ticket, APE_CIRCUIT_BREAKER_IGNORED);
    }
}

ape_status ape_circuit_breaker_call(ape_circuit_breaker *breaker,
                                    ape_status (*function)(void *user, ape_error *err), void *user,
                                    ape_error *err)
{
    ape_circuit_breaker_ticket ticket;
    ape_status st;

    if (!breaker || !function)
        return ape__fail(err, APE_ERR_INVALID, "breaker or function is NULL");
    if (ape_circuit_breaker_acquire(breaker, &ticket) != APE_OK)
        return ape__fail(err, APE_ERR_UNAVAILABLE, "circuit open, try again in %llu ms",
                         (unsigned long long)ape_circuit_breaker_retry_after_ms(breaker));
    st = function(user, err);
    report_status(breaker, &ticket, st);
    return st;
}
