/* SPDX-License-Identifier: MIT */
#include "rate_limit.h"

#include <pthread.h>
#include <stdlib.h>

enum { SHARDS = 64, WAYS = 64 };

/* The bucket of a client is full at full_us, and every token taken moves that on. */
typedef struct bucket {
    uint64_t client; /* hash; 0: free */
    uint64_t full_us;
} bucket;

typedef struct shard {
    pthread_mutex_t lock;
    bucket buckets[WAYS];
} shard;

struct rate_limit {
    uint32_t quota;
    uint32_t window_s;
    uint64_t token_us; /* time in which one token comes back */
    uint64_t seed;
    shard shards[SHARDS];
};

rate_limit *rate_limit_new(uint32_t quota, uint32_t window_s)
{
    rate_limit *limit = calloc(1, sizeof(*limit));

    if (!limit)
        return NULL;
    limit->quota = quota;
    limit->window_s = window_s;
    limit->token_us = (uint64_t)window_s * 1000000 / quota;
    arc4random_buf(&limit->seed, sizeof(limit->seed));
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&limit->shards[i].lock, NULL);
    return limit;
}

void rate_limit_free(rate_limit *limit)
{
    if (!limit)
        return;
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&limit->shards[i].lock);
    free(limit);
}

/* FNV-1a from a seed that no client knows, so that nobody can aim at a shard. */
static uint64_t hash(const rate_limit *limit, const char *client)
{
    uint64_t h = 0xcbf29ce484222325ull ^ limit->seed;

    for (const unsigned char *c = (const unsigned char *)client; *c; c++)
        h = (h ^ *c) * 0x100000001b3ull;
    h ^= h >> 29;
    return h ? h : 1;
}

static bucket *find(shard *s, uint64_t client)
{
    bucket *fullest = &s->buckets[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (s->buckets[i].client == client)
            return &s->buckets[i];
        if (s->buckets[i].full_us < fullest->full_us)
            fullest = &s->buckets[i];
    }
    *fullest = (bucket){ .client = client };
    return fullest;
}

static uint32_t seconds_up(uint64_t us)
{
    return (uint32_t)((us + 999999) / 1000000);
}

rate_state rate_limit_take(rate_limit *limit, const char *client, uint64_t now_ms)
{
    uint64_t now = now_ms * 1000;
    uint64_t capacity = limit->token_us * limit->quota;
    uint64_t id = hash(limit, client);
    shard *s = &limit->shards[id % SHARDS];
    rate_state state = { .quota = limit->quota, .window_s = limit->window_s };
    bucket *b;
    uint64_t used;

    pthread_mutex_lock(&s->lock);
    b = find(s, id);
    used = b->full_us > now ? b->full_us - now : 0;
    state.allowed = used + limit->token_us <= capacity;
    if (state.allowed) {
        used += limit->token_us;
        b->full_us = now + used;
    }
    pthread_mutex_unlock(&s->lock);
    state.remaining = (uint32_t)((capacity - used) / limit->token_us);
    state.reset_s = seconds_up(state.allowed ? used : used + limit->token_us - capacity);
    return state;
}
