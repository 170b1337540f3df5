/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <string.h>

#include "core/host.h"

#include "circuit_breaker/breaker.h"

ape__lane *ape__breaker_find_lane(ape_circuit_breaker *breaker)
{
    uint64_t me = ape__number_of_this_thread(), nobody = 0;
    ape__lane *lane = &breaker->lanes[me % APE__OWN_LANES];

    if (atomic_load_explicit(&lane->owner, memory_order_relaxed) == me ||
        atomic_compare_exchange_strong_explicit(&lane->owner, &nobody, me, memory_order_relaxed,
                                                memory_order_relaxed))
        return lane;
    return &breaker->lanes[APE__OWN_LANES];
}

const char *ape_circuit_breaker_state_name(ape_circuit_breaker_state state)
{
    static const char *const names[] = { "closed", "open", "half_open" };

    return state >= 0 && state <= APE_CIRCUIT_BREAKER_HALF_OPEN ? names[state] : "unknown";
}

static uint64_t lock_and_catch_up(ape_circuit_breaker *b)
{
    uint64_t now_ms = ape__now_coarse_ms(b->host);
    ape_circuit_breaker_mode mode;

    pthread_mutex_lock(&b->lock);
    mode = ape__word_mode(atomic_load(&b->word));
    if (mode == APE_CIRCUIT_BREAKER_AUTOMATIC || mode == APE_CIRCUIT_BREAKER_OBSERVE)
        ape__breaker_catch_up(b, now_ms);
    return now_ms;
}

ape_circuit_breaker_state ape_circuit_breaker_get_state(ape_circuit_breaker *breaker)
{
    ape_circuit_breaker_state state;

    lock_and_catch_up(breaker);
    state = ape__word_state(atomic_load(&breaker->word));
    ape__breaker_unlock(breaker);
    return state;
}

/* Until the next place among the trial calls is free; a grant may come at any moment. */
static uint64_t next_place_ms(const ape_circuit_breaker *b, uint64_t now_ms)
{
    uint64_t least = UINT64_MAX;
    uint32_t allowed = ape__breaker_allowed_probes(b, now_ms);

    if (b->probes_running < allowed)
        return 0;
    if (allowed == 0)
        return 1;
    for (uint32_t i = 0; i < APE__PROBES; i++)
        if (b->probes[i].serial && b->probes[i].lease_ends_ms < least)
            least = b->probes[i].lease_ends_ms;
    return least > now_ms ? least - now_ms : 0;
}

static uint64_t retry_after(const ape_circuit_breaker *b, uint64_t now_ms)
{
    uint64_t word = atomic_load(&b->word);

    if (ape__word_mode(word) == APE_CIRCUIT_BREAKER_FORCED_OPEN)
        return UINT64_MAX;
    if (ape__word_mode(word) != APE_CIRCUIT_BREAKER_AUTOMATIC)
        return 0;
    if (ape__word_state(word) == APE_CIRCUIT_BREAKER_OPEN)
        return atomic_load(&b->open_until_ms) - now_ms;
    if (ape__word_state(word) == APE_CIRCUIT_BREAKER_HALF_OPEN)
        return next_place_ms(b, now_ms);
    return 0;
}

uint64_t ape_circuit_breaker_retry_after_ms(ape_circuit_breaker *breaker)
{
    uint64_t now_ms = lock_and_catch_up(breaker);
    uint64_t ms = retry_after(breaker, now_ms);

    ape__breaker_unlock(breaker);
    return ms;
}

ape_status ape_circuit_breaker_set_mode(ape_circuit_breaker *breaker, ape_circuit_breaker_mode mode)
{
    if (mode < APE_CIRCUIT_BREAKER_AUTOMATIC || mode > APE_CIRCUIT_BREAKER_OBSERVE)
        return APE_ERR_INVALID;
    pthread_mutex_lock(&breaker->lock);
    ape__breaker_renew(breaker, mode, APE_CIRCUIT_BREAKER_CLOSED);
    breaker->last_open_ms = 0;
    ape__breaker_unlock(breaker);
    return APE_OK;
}

void ape_circuit_breaker_reset(ape_circuit_breaker *breaker)
{
    uint64_t now_ms = ape__now_coarse_ms(breaker->host), word;

    pthread_mutex_lock(&breaker->lock);
    word = atomic_load(&breaker->word);
    if (ape__word_state(word) != APE_CIRCUIT_BREAKER_CLOSED)
        ape__breaker_enter(breaker, APE_CIRCUIT_BREAKER_CLOSED, APE_CIRCUIT_BREAKER_BY_HAND,
                           now_ms);
    else
        ape__breaker_renew(breaker, ape__word_mode(word), APE_CIRCUIT_BREAKER_CLOSED);
    ape__breaker_unlock(breaker);
}

static void fill_stats(ape_circuit_breaker *b, ape_circuit_breaker_stats *stats, uint64_t now_ms)
{
    uint64_t word = atomic_load(&b->word);

    *stats = b->totals;
    stats->size = sizeof(*stats);
    stats->state = ape__word_state(word);
    stats->mode = ape__word_mode(word);
    stats->consecutive_failures = ape__word_failures(word);
    stats->retry_after_ms = retry_after(b, now_ms);
    stats->last_event = b->event_count;
    stats->probes = b->probes_running;
    for (size_t i = 0; i < APE__LANES; i++) {
        stats->successes += atomic_load(&b->lanes[i].successes);
        stats->not_permitted += atomic_load(&b->lanes[i].not_permitted);
    }
}

ape_status ape_circuit_breaker_get_stats(ape_circuit_breaker *breaker,
                                         ape_circuit_breaker_stats *stats)
{
    ape_circuit_breaker_stats whole;
    uint64_t now_ms;
    uint32_t size = stats->size;

    if (size < sizeof(uint32_t))
        return APE_ERR_INVALID;
    now_ms = lock_and_catch_up(breaker);
    fill_stats(breaker, &whole, now_ms);
    ape__breaker_unlock(breaker);
    whole.size = size;
    memcpy(stats, &whole, size < sizeof(whole) ? size : sizeof(whole));
    return APE_OK;
}

size_t ape_circuit_breaker_read_events(ape_circuit_breaker *breaker, uint64_t after,
                                       ape_circuit_breaker_event *events, size_t capacity)
{
    size_t copied = 0;

    pthread_mutex_lock(&breaker->lock);
    if (breaker->event_count > APE__EVENTS && after < breaker->event_count - APE__EVENTS)
        after = breaker->event_count - APE__EVENTS;
    while (copied < capacity && after < breaker->event_count)
        events[copied++] = breaker->events[after++ % APE__EVENTS];
    pthread_mutex_unlock(&breaker->lock);
    return copied;
}
