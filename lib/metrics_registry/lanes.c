/* SPDX-License-Identifier: MIT */
#include "metrics_registry/lanes.h"

_Thread_local uint64_t ape__thread_number = UINT64_MAX;

static uint64_t number_of_this_thread(void)
{
    static _Atomic uint64_t last_number;

    if (ape__thread_number == UINT64_MAX)
        ape__thread_number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    return ape__thread_number;
}

/* True if this thread owns the series, maybe from now on. */
static bool owns(ape__metric_series *series)
{
    uint64_t me = number_of_this_thread(), nobody = APE__NOBODY_YET;
    uint64_t owner = atomic_load_explicit(&series->owner, memory_order_relaxed);

    return owner == me ||
           (owner == APE__NOBODY_YET &&
            atomic_compare_exchange_strong_explicit(&series->owner, &nobody, me,
                                                    memory_order_relaxed, memory_order_relaxed));
}

static size_t shards_size(const ape_metric_family *family)
{
    return family->registry->shard_count * family->lane_stride * sizeof(ape__word);
}

/* Without memory the series goes on with its shared lane. */
static void install_shards(ape__metric_series *series)
{
    ape_host *host = series->family->registry->host;
    ape__word *shards, *none = NULL;

    if (atomic_load_explicit(&series->shards, memory_order_relaxed))
        return;
    shards = ape__alloc(host, shards_size(series->family));
    if (!shards)
        return;
    if (!atomic_compare_exchange_strong_explicit(&series->shards, &none, shards,
                                                 memory_order_acq_rel, memory_order_acquire))
        ape__free(host, shards, shards_size(series->family));
    /* The owner's plain additions go to its own lane, which stays its: no harm if it
     * is in the middle of one. */
    atomic_store_explicit(&series->owner, APE__NOBODY_ANY_MORE, memory_order_relaxed);
}

/* The lane for this thread, which is not the owner. */
static ape__word *common_lane(ape__metric_series *series)
{
    const ape_metric_family *family = series->family;
    ape__word *shards = atomic_load_explicit(&series->shards, memory_order_acquire);

    if (!shards)
        return ape__metric_series_words(series) + family->lane_words;
    return shards +
           (ape__thread_number & (family->registry->shard_count - 1)) * family->lane_stride;
}

void ape__lane_add_whole_slowly(ape__metric_series *series, size_t word, uint64_t value)
{
    uint64_t before;

    if (owns(series)) {
        ape__own_add_whole(series, word, value);
        return;
    }
    before = atomic_fetch_add_explicit(common_lane(series) + word, value, memory_order_relaxed);
    /* Once in about a thousand: worth a look whether shards are there. */
    if ((before ^ (before + value)) >> 10)
        install_shards(series);
}

void ape__lane_add_double_slowly(ape__metric_series *series, double value)
{
    ape__word *word;
    uint64_t before;

    if (owns(series)) {
        ape__own_add_double(series, value);
        return;
    }
    word = common_lane(series) + APE__LANE_SUM;
    before = atomic_load_explicit(word, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(word, &before,
                                                  ape__to_bits(ape__to_double(before) + value),
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

uint64_t ape__lane_whole(ape__metric_series *series, size_t word)
{
    const ape_metric_family *family = series->family;
    ape__word *words = ape__metric_series_words(series);
    ape__word *shards = atomic_load_explicit(&series->shards, memory_order_acquire);
    uint64_t sum = atomic_load_explicit(words + word, memory_order_relaxed) +
                   atomic_load_explicit(words + family->lane_words + word, memory_order_relaxed);

    for (size_t i = 0; shards && i < family->registry->shard_count; i++)
        sum += atomic_load_explicit(shards + i * family->lane_stride + word, memory_order_relaxed);
    return sum;
}

double ape__lane_double(ape__metric_series *series)
{
    const ape_metric_family *family = series->family;
    ape__word *words = ape__metric_series_words(series);
    ape__word *shards = atomic_load_explicit(&series->shards, memory_order_acquire);
    double sum = ape__word_double(words + APE__LANE_SUM) +
                 ape__word_double(words + family->lane_words + APE__LANE_SUM);

    for (size_t i = 0; shards && i < family->registry->shard_count; i++)
        sum += ape__word_double(shards + i * family->lane_stride + APE__LANE_SUM);
    return sum;
}
