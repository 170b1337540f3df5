/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <sched.h>

#include "core/host.h"

#include "circuit_breaker/breaker.h"

void ape_circuit_breaker_set_sharing(ape_circuit_breaker *breaker,
                                     ape_circuit_breaker_listener on_event, void *user)
{
    pthread_mutex_lock(&breaker->lock);
    while (breaker->is_telling) {
        pthread_mutex_unlock(&breaker->lock);
        sched_yield();
        pthread_mutex_lock(&breaker->lock);
    }
    if (!breaker->opts.on_event)
        breaker->told = breaker->event_count; /* what was before is nobody's business */
    breaker->on_shared = on_event;
    breaker->sharing_user = user;
    ape__breaker_unlock(breaker);
}

/* The lock, if the state is for the rules to decide. */
static bool lock_if_ruled(ape_circuit_breaker *b, uint64_t *now_ms)
{
    ape_circuit_breaker_mode mode;

    *now_ms = ape__now_coarse_ms(b->host);
    pthread_mutex_lock(&b->lock);
    mode = ape__word_mode(atomic_load(&b->word));
    if (mode == APE_CIRCUIT_BREAKER_AUTOMATIC || mode == APE_CIRCUIT_BREAKER_OBSERVE)
        return true;
    pthread_mutex_unlock(&b->lock);
    return false;
}

void ape_circuit_breaker_adopt_open(ape_circuit_breaker *breaker, uint64_t open_ms)
{
    uint64_t now_ms;

    if (open_ms == 0 || !lock_if_ruled(breaker, &now_ms))
        return;
    if (open_ms > breaker->opts.retry_after_max_ms)
        open_ms = breaker->opts.retry_after_max_ms;
    if (ape__word_state(atomic_load(&breaker->word)) != APE_CIRCUIT_BREAKER_OPEN)
        ape__breaker_open_for(breaker, open_ms, APE_CIRCUIT_BREAKER_BY_PEER, now_ms);
    else if (now_ms + open_ms > atomic_load(&breaker->open_until_ms))
        atomic_store(&breaker->open_until_ms, now_ms + open_ms);
    ape__breaker_unlock(breaker);
}

void ape_circuit_breaker_adopt_closed(ape_circuit_breaker *breaker)
{
    uint64_t now_ms;

    if (!lock_if_ruled(breaker, &now_ms))
        return;
    if (ape__word_state(atomic_load(&breaker->word)) != APE_CIRCUIT_BREAKER_CLOSED)
        ape__breaker_enter(breaker, APE_CIRCUIT_BREAKER_CLOSED, APE_CIRCUIT_BREAKER_BY_PEER,
                           now_ms);
    ape__breaker_unlock(breaker);
}

void ape_circuit_breaker_grant(ape_circuit_breaker *breaker, uint64_t lease_ms)
{
    uint64_t now_ms;

    if (!lock_if_ruled(breaker, &now_ms))
        return;
    if (ape__word_state(atomic_load(&breaker->word)) == APE_CIRCUIT_BREAKER_HALF_OPEN)
        breaker->grant_ends_ms = now_ms + lease_ms;
    ape__breaker_unlock(breaker);
}
