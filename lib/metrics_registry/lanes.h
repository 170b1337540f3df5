/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_LANES_H
#define APE_METRICS_REGISTRY_LANES_H

#include <string.h>

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
 *                   over lanes on cache lines of their own; there is no owner any more
 *
 * The first thread that counts becomes the owner. Thread numbers are never used
 * twice, so that the own lane never has a second writer.
 */

enum {
    APE__LANE_SUM = 0,   /* the word that is a double */
    APE__LANE_COUNT = 1, /* the first that is a whole number */
    APE__LANE_GAP = 8,   /* words between shards: a cache line */
};

/* Owners that are no thread. */
#define APE__NOBODY_YET UINT64_C(0)
#define APE__NOBODY_ANY_MORE (UINT64_MAX - 1)
#define APE__NO_NUMBER UINT64_MAX

/** Number of this thread; APE__NO_NUMBER before it first counted. */
extern _Thread_local uint64_t ape__thread_number
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

void ape__lane_add_whole_slowly(ape__metric_series *series, size_t word, uint64_t value);
void ape__lane_add_double_slowly(ape__metric_series *series, double value);

/** Sums over all lanes. */
uint64_t ape__lane_whole(ape__metric_series *series, size_t word);
double ape__lane_double(ape__metric_series *series);

static inline bool ape__lane_is_own(const ape__metric_series *series)
{
    return __builtin_expect(
        atomic_load_explicit(&series->owner, memory_order_relaxed) == ape__thread_number, 1);
}

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

static inline void ape__own_add_whole(ape__metric_series *series, size_t index, uint64_t value)
{
    ape__word *word = ape__metric_series_words(series) + index;

    atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + value,
                          memory_order_relaxed);
}

static inline void ape__own_add_double(ape__metric_series *series, double value)
{
    ape__word *word = ape__metric_series_words(series) + APE__LANE_SUM;

    atomic_store_explicit(word, ape__to_bits(ape__word_double(word) + value), memory_order_relaxed);
}

static inline void ape__lane_add_whole(ape__metric_series *series, size_t index, uint64_t value)
{
    if (ape__lane_is_own(series))
        ape__own_add_whole(series, index, value);
    else
        ape__lane_add_whole_slowly(series, index, value);
}

static inline void ape__lane_add_double(ape__metric_series *series, double value)
{
    if (ape__lane_is_own(series))
        ape__own_add_double(series, value);
    else
        ape__lane_add_double_slowly(series, value);
}

#endif /* APE_METRICS_REGISTRY_LANES_H */
