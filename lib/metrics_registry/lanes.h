/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_LANES_H
#define APE_METRICS_REGISTRY_LANES_H

#include <string.h>

#include "core/thread_number.h"
#include "metrics_registry/internal.h"

/*
 * How threads count in one series without slowing each other.
 *
 * A lane is a row of words: word 0 is a double, the others are whole numbers. (A
 * counter has one whole number, a histogram one for each bucket.) What a series
 * shows is the sum of its lanes.
 *
 *     own lane      only the thread that owns the series writes it: a plain addition
 *     shared lane   every other thread, by atomic additions
 *     shards        once the shared lane has seen some traffic, all threads spread
 *                   over shards on cache lines of their own; the series has no owner
 *                   any more, but each shard has: again an own lane and a shared one
 *
 * The first thread that counts becomes the owner. Thread numbers are never used
 * twice, so that an own lane never has a second writer.
 */

enum {
    APE__LANE_SUM = 0,    /* the word that is a double */
    APE__LANE_COUNT = 1,  /* the first that is a whole number */
    APE__LANE_GAP = 8,    /* words between shards: a cache line */
    APE__SHARD_OWNER = 0, /* the first word of a shard; its own lane follows, then the shared one */
    APE__SHARD_LANE = 1,
};

/* Owners that are no thread. */
#define APE__NOBODY_YET UINT64_C(0)
#define APE__NOBODY_ANY_MORE (UINT64_MAX - 1)

/** The lane that this thread alone writes, maybe from now on; NULL: it has none here. */
ape__word *ape__claim_lane(ape__metric_series *series);

/** By a thread that has no lane here. */
void ape__shared_add_whole(ape__metric_series *series, size_t word, uint64_t value);
void ape__shared_add_double(ape__metric_series *series, double value);

/** Sums over all lanes. */
uint64_t ape__lane_whole(ape__metric_series *series, size_t word);
double ape__lane_double(ape__metric_series *series);

static inline double ape__to_double(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline uint64_t ape__to_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline double ape__word_double(ape__word *word)
{
    return ape__to_double(atomic_load_explicit(word, memory_order_relaxed));
}

/** The shard that this thread counts in; it has a number. */
static inline ape__word *ape__shard_of(ape__shards *shards)
{
    return shards->words + (ape__thread_number & shards->mask) * shards->stride;
}

/** As ape__claim_lane(), where this thread has counted before. */
static inline ape__word *ape__own_lane(ape__metric_series *series)
{
    ape__shards *shards;
    ape__word *shard;

    if (__builtin_expect(
            atomic_load_explicit(&series->owner, memory_order_relaxed) == ape__thread_number, 1))
        return ape__metric_series_words(series);
    shards = atomic_load_explicit(&series->shards, memory_order_acquire);
    if (!shards || ape__thread_number == APE__NO_NUMBER)
        return ape__claim_lane(series);
    shard = ape__shard_of(shards);
    if (atomic_load_explicit(shard, memory_order_relaxed) != ape__thread_number)
        return ape__claim_lane(series);
    return shard + APE__SHARD_LANE;
}

/* Additions to a lane that this thread alone writes. */

static inline void ape__own_add_whole(ape__word *lane, size_t word, uint64_t value)
{
    atomic_store_explicit(lane + word,
                          atomic_load_explicit(lane + word, memory_order_relaxed) + value,
                          memory_order_relaxed);
}

static inline void ape__own_add_double(ape__word *lane, double value)
{
    ape__word *word = lane + APE__LANE_SUM;

    atomic_store_explicit(word, ape__to_bits(ape__word_double(word) + value), memory_order_relaxed);
}

static inline void ape__lane_add_whole(ape__metric_series *series, size_t word, uint64_t value)
{
    ape__word *lane = ape__own_lane(series);

    if (__builtin_expect(lane != NULL, 1))
        ape__own_add_whole(lane, word, value);
    else
        ape__shared_add_whole(series, word, value);
}

static inline void ape__lane_add_double(ape__metric_series *series, double value)
{
    ape__word *lane = ape__own_lane(series);

    if (__builtin_expect(lane != NULL, 1))
        ape__own_add_double(lane, value);
    else
        ape__shared_add_double(series, value);
}

#endif /* APE_METRICS_REGISTRY_LANES_H */
