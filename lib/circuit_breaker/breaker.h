/* SPDX-License-Identifier: MIT */
#ifndef APE_CIRCUIT_BREAKER_BREAKER_H
#define APE_CIRCUIT_BREAKER_BREAKER_H

#include <pthread.h>
#include <stdatomic.h>

#include <ape/circuit_breaker.h>

#include "core/thread_number.h"

#include "circuit_breaker/window.h"
#include "circuit_breaker/word.h"

enum { APE__PROBES = 32, APE__EVENTS = 32, APE__OWN_LANES = 4, APE__LANES = 5 };

/**
 * Counts that threads make without meeting on one cache line. The first threads that count get a
 * lane of their own, where adding costs next to nothing; the last lane is everybody else's.
 */
typedef struct ape__lane {
    _Alignas(64) _Atomic uint64_t owner; /* number of the thread; 0: nobody yet */
    _Atomic uint64_t successes;
    _Atomic uint64_t not_permitted;
} ape__lane;

typedef struct ape__probe {
    uint64_t serial; /* 0: the place is free */
    uint64_t lease_ends_ms;
} ape__probe;

struct ape_circuit_breaker {
    ape__lane lanes[APE__LANES];
    _Alignas(64) _Atomic uint64_t word; /* written with the lock held, read without */
    _Atomic uint64_t open_until_ms;     /* of the open state; likewise */
    bool is_simple;                     /* consecutive window, calls not timed */
    ape_host *host;
    ape_circuit_breaker_options opts;
    void *block; /* as allocated; the breaker stands in it on a cache line */
    size_t block_size;

    pthread_mutex_t lock;  /* guards everything below */
    uint64_t last_open_ms; /* length of the newest opening, without jitter */
    uint64_t random;
    uint32_t probe_successes;
    uint32_t probes_running;
    uint64_t probe_serial;
    ape__probe probes[APE__PROBES];
    ape__window window;
    ape__running running;
    ape_circuit_breaker_stats totals; /* successes and not_permitted are in the lanes too */
    ape_circuit_breaker_event events[APE__EVENTS];
    uint64_t event_count;
    uint64_t told; /* events given to on_event */
    bool is_telling;

    ape_circuit_breaker_listener on_shared; /* NULL: not shared */
    void *sharing_user;
    uint64_t grant_ends_ms; /* of trial calls, while it is shared; 0: none was given */
};

/** The lane of this thread, from now on perhaps its own. */
ape__lane *ape__breaker_find_lane(ape_circuit_breaker *breaker);

/** The lane to count in, and whether this thread alone writes it. */
static inline ape__lane *ape__breaker_lane(ape_circuit_breaker *breaker, bool *is_own)
{
    ape__lane *lane = &breaker->lanes[ape__thread_number % APE__OWN_LANES];

    if (atomic_load_explicit(&lane->owner, memory_order_relaxed) != ape__thread_number)
        lane = ape__breaker_find_lane(breaker);
    *is_own = lane != &breaker->lanes[APE__OWN_LANES];
    return lane;
}

static inline void ape__lane_count(_Atomic uint64_t *count, bool is_own)
{
    if (is_own)
        atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
                              memory_order_relaxed);
    else
        atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* All of these want the lock held. */

/** Change state: a new generation, nothing left of the old one, one event. */
void ape__breaker_enter(ape_circuit_breaker *breaker, ape_circuit_breaker_state state,
                        ape_circuit_breaker_reason reason, uint64_t now_ms);
void ape__breaker_open(ape_circuit_breaker *breaker, ape_circuit_breaker_reason reason,
                       uint64_t now_ms);
void ape__breaker_open_for(ape_circuit_breaker *breaker, uint64_t open_ms,
                           ape_circuit_breaker_reason reason, uint64_t now_ms);

/** How many trial calls may run now. */
uint32_t ape__breaker_allowed_probes(const ape_circuit_breaker *breaker, uint64_t now_ms);

/** Go from OPEN to HALF_OPEN if it is time. */
void ape__breaker_catch_up(ape_circuit_breaker *breaker, uint64_t now_ms);

/** A new generation in the same state: tickets given out so far are too late. */
void ape__breaker_renew(ape_circuit_breaker *breaker, ape_circuit_breaker_mode mode,
                        ape_circuit_breaker_state state);

/** Tell what happened, if somebody listens, and give up the lock. */
void ape__breaker_unlock(ape_circuit_breaker *breaker);

#endif /* APE_CIRCUIT_BREAKER_BREAKER_H */
