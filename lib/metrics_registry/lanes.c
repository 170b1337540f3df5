/* SPDX-License-Identifier: MIT */
#include "metrics_registry/lanes.h"

/* True if the owner is this thread, maybe from now on. */
static bool owns(_Atomic(uint64_t) *owner, uint64_t me)
{
    uint64_t nobody = APE__NOBODY_YET, is = atomic_load_explicit(owner, memory_order_relaxed);

    return is == me || (is == APE__NOBODY_YET &&
                        atomic_compare_exchange_strong_explicit(
                            owner, &nobody, me, memory_order_relaxed, memory_order_relaxed));
}

ape__word *ape__claim_lane(ape__metric_series *series)
{
    uint64_t me = ape__number_of_this_thread();
    ape__shards *shards = atomic_load_explicit(&series->shards, memory_order_acquire);
    ape__word *shard;

    if (!shards)
        return owns(&series->owner, me) ? ape__metric_series_words(series) : NULL;
    shard = ape__shard_of(shards);
    return owns(shard + APE__SHARD_OWNER, me) ? shard + APE__SHARD_LANE : NULL;
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
    size_t stride = APE__SHARD_LANE + 2 * series->family->lane_words + APE__LANE_GAP;
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

/* The lane for threads that have none of their own. */
static ape__word *shared_lane(ape__metric_series *series)
{
    ape__shards *shards = atomic_load_explicit(&series->shards, memory_order_acquire);
    size_t lane_words = series->family->lane_words;

    return shards ? ape__shard_of(shards) + APE__SHARD_LANE + lane_words
                  : ape__metric_series_words(series) + lane_words;
}

void ape__shared_add_whole(ape__metric_series *series, size_t word, uint64_t value)
{
    uint64_t before =
        atomic_fetch_add_explicit(shared_lane(series) + word, value, memory_order_relaxed);

    /* Once in about a thousand: worth a look whether shards are there. */
    if ((before ^ (before + value)) >> 10)
        install_shards(series);
}

void ape__shared_add_double(ape__metric_series *series, double value)
{
    ape__word *word = shared_lane(series) + APE__LANE_SUM;
    uint64_t before = atomic_load_explicit(word, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(word, &before,
                                                  ape__to_bits(ape__to_double(before) + value),
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

/* The lanes of a series: two of its own, then two of each shard. */
typedef struct lanes {
    ape__word *own;
    size_t size; /* of one */
    ape__shards *shards;
    uint64_t next_shard;
} lanes;

static lanes lanes_of(ape__metric_series *series)
{
    return (lanes){ .own = ape__metric_series_words(series),
                    .size = series->family->lane_words,
                    .shards = atomic_load_explicit(&series->shards, memory_order_acquire) };
}

/* On to the next pair of lanes. */
static bool next_pair(lanes *l)
{
    if (!l->shards || l->next_shard > l->shards->mask)
        return false;
    l->own = l->shards->words + l->next_shard++ * l->shards->stride + APE__SHARD_LANE;
    return true;
}

uint64_t ape__lane_whole(ape__metric_series *series, size_t word)
{
    lanes l = lanes_of(series);
    uint64_t sum = 0;

    do
        sum += atomic_load_explicit(l.own + word, memory_order_relaxed) +
               atomic_load_explicit(l.own + l.size + word, memory_order_relaxed);
    while (next_pair(&l));
    return sum;
}

double ape__lane_double(ape__metric_series *series)
{
    lanes l = lanes_of(series);
    double sum = 0;

    do
        sum += ape__word_double(l.own + APE__LANE_SUM) +
               ape__word_double(l.own + l.size + APE__LANE_SUM);
    while (next_pair(&l));
    return sum;
}
