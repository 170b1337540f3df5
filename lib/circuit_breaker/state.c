/* SPDX-License-Identifier: MIT */
#include "circuit_breaker/breaker.h"

#include <string.h>

static uint64_t load(const ape_circuit_breaker *b)
{
    return atomic_load_explicit(&b->word, memory_order_relaxed);
}

static uint64_t next_random(ape_circuit_breaker *b)
{
    uint64_t x = b->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    b->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

static void forget(ape_circuit_breaker *b)
{
    memset(b->probes, 0, sizeof(b->probes));
    b->probes_running = 0;
    b->probe_successes = 0;
    b->grant_ends_ms = 0;
    ape__window_clear(&b->window);
    ape__running_clear(&b->running);
}

void ape__breaker_renew(ape_circuit_breaker *breaker, ape_circuit_breaker_mode mode,
                        ape_circuit_breaker_state state)
{
    uint64_t generation = ape__word_generation(load(breaker)) + 1;

    forget(breaker);
    atomic_store_explicit(&breaker->word, ape__word(generation, 0, mode, state),
                          memory_order_release);
}

static void note(ape_circuit_breaker *b, const ape_circuit_breaker_event *event)
{
    b->events[b->event_count % APE__EVENTS] = *event;
    b->events[b->event_count % APE__EVENTS].number = b->event_count + 1;
    b->event_count++;
}

void ape__breaker_enter(ape_circuit_breaker *breaker, ape_circuit_breaker_state state,
                        ape_circuit_breaker_reason reason, uint64_t now_ms)
{
    uint64_t word = load(breaker);
    ape_circuit_breaker_event event = {
        .at_ms = now_ms,
        .from = ape__word_state(word),
        .to = state,
        .reason = reason,
    };

    if (state == APE_CIRCUIT_BREAKER_OPEN) {
        event.open_ms =
            atomic_load_explicit(&breaker->open_until_ms, memory_order_relaxed) - now_ms;
        breaker->totals.openings++;
    }
    if (state == APE_CIRCUIT_BREAKER_CLOSED)
        breaker->last_open_ms = 0;
    ape__breaker_renew(breaker, ape__word_mode(word), state);
    note(breaker, &event);
}

static uint64_t next_open_ms(ape_circuit_breaker *b)
{
    const ape_circuit_breaker_options *o = &b->opts;
    uint64_t ms = o->open_ms;

    /* Only an opening that follows a failed trial lasts longer than the last. */
    if (b->last_open_ms && o->open_max_ms > o->open_ms)
        ms = b->last_open_ms * 2 < o->open_max_ms ? b->last_open_ms * 2 : o->open_max_ms;
    b->last_open_ms = ms;
    return ms + next_random(b) % (ms * o->jitter_percent / 100 + 1);
}

void ape__breaker_open_for(ape_circuit_breaker *breaker, uint64_t open_ms,
                           ape_circuit_breaker_reason reason, uint64_t now_ms)
{
    atomic_store_explicit(&breaker->open_until_ms, now_ms + open_ms, memory_order_relaxed);
    ape__breaker_enter(breaker, APE_CIRCUIT_BREAKER_OPEN, reason, now_ms);
}

void ape__breaker_open(ape_circuit_breaker *breaker, ape_circuit_breaker_reason reason,
                       uint64_t now_ms)
{
    ape__breaker_open_for(breaker, next_open_ms(breaker), reason, now_ms);
}

void ape__breaker_catch_up(ape_circuit_breaker *breaker, uint64_t now_ms)
{
    if (ape__word_state(load(breaker)) == APE_CIRCUIT_BREAKER_OPEN &&
        now_ms >= atomic_load_explicit(&breaker->open_until_ms, memory_order_relaxed))
        ape__breaker_enter(breaker, APE_CIRCUIT_BREAKER_HALF_OPEN, APE_CIRCUIT_BREAKER_BY_TIME,
                           now_ms);
}

uint32_t ape__breaker_allowed_probes(const ape_circuit_breaker *breaker, uint64_t now_ms)
{
    uint32_t grown = breaker->probe_successes + 1;

    if (breaker->on_shared && now_ms >= breaker->grant_ends_ms)
        return 0;
    return breaker->opts.ramp && grown < breaker->opts.probe_count ? grown
                                                                   : breaker->opts.probe_count;
}

static void tell_one(ape_circuit_breaker *b)
{
    ape_circuit_breaker_event event = b->events[b->told++ % APE__EVENTS];
    ape_circuit_breaker_listener on_shared = b->on_shared;
    void *sharing_user = b->sharing_user;

    pthread_mutex_unlock(&b->lock);
    if (b->opts.on_event)
        b->opts.on_event(b->opts.user, &event);
    if (on_shared)
        on_shared(sharing_user, &event);
    pthread_mutex_lock(&b->lock);
}

static void tell(ape_circuit_breaker *b)
{
    while (b->told < b->event_count) {
        if (b->event_count - b->told > APE__EVENTS)
            b->told = b->event_count - APE__EVENTS;
        tell_one(b);
    }
}

void ape__breaker_unlock(ape_circuit_breaker *breaker)
{
    /* Whoever is telling already, perhaps further up this very stack, goes on. */
    if ((breaker->opts.on_event || breaker->on_shared) && !breaker->is_telling) {
        breaker->is_telling = true;
        tell(breaker);
        breaker->is_telling = false;
    }
    pthread_mutex_unlock(&breaker->lock);
}
