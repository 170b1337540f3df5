/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <string.h>
#include <sys/random.h>

#include "core/error.h"
#include "core/host.h"
#include "core/memory.h"
#include "core/options.h"

#include "circuit_breaker/breaker.h"

enum { LINE = 64, MOST_FAILURES = 1000000 };
static const uint64_t longest_ms = UINT64_C(31) * 24 * 3600 * 1000;

static const ape_circuit_breaker_options defaults = {
    .size = sizeof(ape_circuit_breaker_options),
    .failure_threshold = 5,
    .open_ms = 60000,
    .probe_count = 1,
    .window = APE_CIRCUIT_BREAKER_CONSECUTIVE,
    .window_size = 100,
    .window_ms = 10000,
    .min_calls = 10,
    .failure_percent = 50,
    .retry_after_max_ms = 3600000,
    .lease_ms = 60000,
};

void ape_circuit_breaker_options_init(ape_circuit_breaker_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status check(const ape_circuit_breaker_options *o, ape_error *err)
{
    const struct {
        const char *name;
        uint64_t value, min, max;
    } ranges[] = {
        { "failure_threshold", o->failure_threshold, 1, MOST_FAILURES },
        { "open_ms", o->open_ms, 0, longest_ms },
        { "probe_count", o->probe_count, 1, APE__PROBES },
        { "flags", o->flags, 0, 0 },
        { "window", (uint64_t)(int64_t)o->window, 0, APE_CIRCUIT_BREAKER_TIME },
        { "window_size", o->window_size, 1, APE__WINDOW_CALLS },
        { "window_ms", o->window_ms, APE__WINDOW_SLICES, longest_ms },
        { "min_calls", o->min_calls, 1, UINT32_MAX },
        { "failure_percent", o->failure_percent, 1, 100 },
        { "slow_percent", o->slow_percent, 0, 100 },
        { "ramp", o->ramp, 0, 1 },
        { "slow_ms", o->slow_ms, 0, longest_ms },
        { "open_max_ms", o->open_max_ms, 0, longest_ms },
        { "jitter_percent", o->jitter_percent, 0, 100 },
        { "reserved", o->reserved, 0, 0 },
        { "retry_after_max_ms", o->retry_after_max_ms, 0, longest_ms },
        { "lease_ms", o->lease_ms, 1, longest_ms },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return ape__fail(err, APE_ERR_INVALID, "%s must be from %llu to %llu", ranges[i].name,
                             (unsigned long long)ranges[i].min, (unsigned long long)ranges[i].max);
    if (o->slow_percent && o->window == APE_CIRCUIT_BREAKER_CONSECUTIVE)
        return ape__fail(err, APE_ERR_INVALID,
                         "slow_percent wants a window of rates: COUNT or TIME");
    if (o->window == APE_CIRCUIT_BREAKER_COUNT && o->min_calls > o->window_size)
        return ape__fail(err, APE_ERR_INVALID,
                         "min_calls (%u) is more than window_size (%u): it would never open",
                         o->min_calls, o->window_size);
    return APE_OK;
}

static uint64_t make_seed(const ape_circuit_breaker *breaker, uint64_t wanted)
{
    uint64_t seed = wanted;

    if (!seed && getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = ape__now_ms(breaker->host) ^ (uint64_t)(uintptr_t)breaker;
    return seed ? seed : 1;
}

/* The lanes want cache lines of their own, which the host's allocator does not promise. */
static ape_circuit_breaker *allocate(ape_host *host, const ape_circuit_breaker_options *o)
{
    size_t ring = o->window == APE_CIRCUIT_BREAKER_COUNT ? o->window_size : 0;
    size_t size = sizeof(ape_circuit_breaker) + LINE + ring;
    char *block = ape__alloc(host, size);
    ape_circuit_breaker *breaker;

    if (!block)
        return NULL;
    breaker = (ape_circuit_breaker *)(void *)(block + LINE - (uintptr_t)block % LINE);
    breaker->block = block;
    breaker->block_size = size;
    if (ring) {
        breaker->window.outcomes = (uint8_t *)(breaker + 1);
        breaker->window.size = o->window_size;
    }
    return breaker;
}

ape_status ape_circuit_breaker_new(ape_host *host, const ape_circuit_breaker_options *opts,
                                   ape_circuit_breaker **out, ape_error *err)
{
    ape_circuit_breaker_options o = defaults;
    ape_circuit_breaker *breaker;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st == APE_OK)
        st = check(&o, err);
    if (st != APE_OK)
        return st;
    breaker = allocate(host, &o);
    if (!breaker)
        return ape__fail_no_memory(err);
    if (pthread_mutex_init(&breaker->lock, NULL) != 0) {
        ape__free(host, breaker->block, breaker->block_size);
        return ape__fail_no_memory(err);
    }
    breaker->host = ape__host_ref(host);
    breaker->opts = o;
    breaker->is_simple = o.window == APE_CIRCUIT_BREAKER_CONSECUTIVE && o.slow_ms == 0;
    breaker->random = make_seed(breaker, o.seed);
    breaker->window.slice_ms = o.window_ms / APE__WINDOW_SLICES;
    ape__running_init(&breaker->running, o.slow_ms);
    atomic_store(&breaker->word,
                 ape__word(1, 0, APE_CIRCUIT_BREAKER_AUTOMATIC, APE_CIRCUIT_BREAKER_CLOSED));
    *out = breaker;
    return APE_OK;
}

void ape_circuit_breaker_free(ape_circuit_breaker *breaker)
{
    ape_host *host;

    if (!breaker)
        return;
    host = breaker->host;
    pthread_mutex_destroy(&breaker->lock);
    ape__free(host, breaker->block, breaker->block_size);
    ape_host_free(host);
}
