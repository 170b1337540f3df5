/* SPDX-License-Identifier: MIT */
#include "metrics_registry/lanes.h"

_Thread_local uint64_t ape__thread_number = APE__NO_NUMBER;

static uint64_t number_of_this_thread(void)
{
    static _Atomic uint64_t last_number;

    if (ape__thread_number == APE__NO_NUMBER)
        ape__thread_number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    return ape__thread_number;
}

/* The lane of this thread among the shards; NULL where there are none yet, or the
 * thread has no number yet. */
static ape__word *shard_of_thread(ape__metric_series *series)
{
    ape__shards *shards = atomic_load_explicit(&series->shards, memory_order_acquire);

    if (!shards || ape__thread_number == APE__NO_NUMBER)
        return NULL;
    return shards->words + (ape__thread_number & shards->mask) * shards->stride;
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

static size_t shards_size(uint64_t mask, size_t stride)
{
    return sizeof(ape__shards) + (mask + 1) * stride * sizeof(ape__word);
}

void ape__shards_free(ape_host *host, ape__metric_series *series)
{
    ape__shards *shards = atomic_load_explicit(&series->shards, memory_order_acquire);

    if (shards)
        ape__free(host, shards, shards_size(shards->mask, shards->stride));
}

/* Without memory the series goes on with its shared lane. */
static void install_shards(ape__metric_series *series)
{
    const ape_metrics_registry *registry = series->family->registry;
    size_t stride = series->family->lane_words + APE__LANE_GAP;
    uint64_t mask = registry->shard_count - 1;
    ape__shards *shards, *none = NULL;

    if (atomic_load_explicit(&series->shards, memory_order_relaxed))
        return;
    shards = ape__alloc(registry->host, shards_size(mask, stride));
    if (!shards)
        return;
    shards->mask = mask;
    shards->stride = stride;
    if (!atomic_compare_exchange_strong_explicit(&series->shards, &none, shards,
                                                 memory_order_acq_rel, memory_order_acquire))
        ape__free(registry->host, shards, shards_size(mask, stride));
    /* The owner's plain additions go to its own lane, which stays its: no harm if it
     * is in the middle of one. */
    atomic_store_explicit(&series->owner, APE__NOBODY_ANY_MORE, memory_order_relaxed);
}

/* The lane for this thread, which is not the owner. */
static ape__word *common_lane(ape__metric_series *series)
{
    ape__word *shard = shard_of_thread(series);

    return shard ? shard : ape__metric_series_words(series) + series->family->lane_words;
}

void ape__lane_add_whole_slowly(ape__metric_series *series, size_t word, uint64_t value)
{
    ape__word *shard = shard_of_thread(series);
    uint64_t before;

    if (shard) {
        atomic_fetch_add_explicit(shard + word, value, memory_order_relaxed);
        return;
    }
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
    ape__word *words = ape__metric_series_words(series);
    ape__shards *shards = atomic_load_explicit(&series->shards, memory_order_acquire);
    uint64_t sum =
        atomic_load_explicit(words + word, memory_order_relaxed) +
        atomic_load_explicit(words + series->family->lane_words + word, memory_order_relaxed);

    for (uint64_t i = 0; shards && i <= shards->mask; i++)
        sum +=
            atomic_load_explicit(shards->words + i * shards->stride + word, memory_order_relaxed);
    return sum;
}

double ape__lane_double(ape__metric_series *series)
{
    ape__word *words = ape__metric_series_words(series);
    ape__shards *shards = atomic_load_explicit(&series->shards, memory_order_acquire);
    double sum = ape__word_double(words + APE__LANE_SUM) +
                 ape__word_double(words + series->family->lane_words + APE__LANE_SUM);

    for (uint64_t i = 0; shards && i <= shards->mask; i++)
        sum += ape__word_double(shards->words + i * shards->stride + APE__LANE_SUM);
    return sum;
}
