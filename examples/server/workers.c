/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct place {
    worker_job job;
    void *argument;
} place;

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool closing;
    size_t capacity;
    size_t first;
    size_t waiting;
    size_t running;
    size_t thread_count;
    pthread_t *threads;
    place places[];
};

static bool take(workers *pool, place *out)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->waiting == 0 && !pool->closing)
        pthread_cond_wait(&pool->wake, &pool->lock);
    if (pool->waiting == 0) {
        pthread_mutex_unlock(&pool->lock);
        return false;
    }
    *out = pool->places[pool->first];
    pool->first = (pool->first + 1) % pool->capacity;
    pool->waiting--;
    pool->running++;
    pthread_mutex_unlock(&pool->lock);
    return true;
}

static void *work(void *argument)
{
    workers *pool = argument;
    place mine;

    while (take(pool, &mine)) {
        mine.job(mine.argument);
        pthread_mutex_lock(&pool->lock);
        pool->running--;
        pthread_mutex_unlock(&pool->lock);
    }
    return NULL;
}

workers *workers_new(size_t threads, size_t places)
{
    workers *pool = calloc(1, sizeof(*pool) + places * sizeof(place));

    if (!pool)
        return NULL;
    pool->capacity = places;
    pool->threads = calloc(threads, sizeof(pthread_t));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    while (pool->threads && pool->thread_count < threads) {
        if (pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) != 0)
            break;
        pool->thread_count++;
    }
    if (pool->thread_count == threads)
        return pool;
    workers_free(pool);
    return NULL;
}

bool workers_submit(workers *pool, worker_job job, void *argument)
{
    bool accepted;

    pthread_mutex_lock(&pool->lock);
    accepted = !pool->closing && pool->waiting < pool->capacity;
    if (accepted) {
        pool->places[(pool->first + pool->waiting) % pool->capacity] = (place){ job, argument };
        pool->waiting++;
        pthread_cond_signal(&pool->wake);
    }
    pthread_mutex_unlock(&pool->lock);
    return accepted;
}

size_t workers_busy(workers *pool)
{
    size_t busy;

    pthread_mutex_lock(&pool->lock);
    busy = pool->waiting + pool->running;
    pthread_mutex_unlock(&pool->lock);
    return busy;
}

void workers_free(workers *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}
