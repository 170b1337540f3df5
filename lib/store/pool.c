/* SPDX-License-Identifier: MIT */
#include "store/pool.h"

void ape__pool_init(ape__pool *pool, ape_host *host, ape__sql_source source)
{
    *pool = (ape__pool){ .host = host, .source = source };
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->freed, NULL);
}

void ape__pool_clear(ape__pool *pool)
{
    while (pool->idle_count > 0) {
        ape__sql *sql = pool->idle[--pool->idle_count];

        sql->kind->close(sql);
    }
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->freed);
}

static void forget_one(ape__pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->open_count--;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

/* Opening is slow, so the place is taken first and the lock let go. */
static ape_status open_one(ape__pool *pool, ape__sql **out, ape_error *err)
{
    ape_status st = pool->source.open(pool->host, pool->source.user, out, err);

    if (st != APE_OK)
        forget_one(pool);
    return st;
}

ape_status ape__pool_take(ape__pool *pool, ape__sql **out, bool *was_idle, ape_error *err)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count == 0 && pool->open_count == APE__POOL_SIZE)
        pthread_cond_wait(&pool->freed, &pool->lock);
    *was_idle = pool->idle_count > 0;
    if (*was_idle)
        *out = pool->idle[--pool->idle_count];
    else
        pool->open_count++;
    pthread_mutex_unlock(&pool->lock);
    return *was_idle ? APE_OK : open_one(pool, out, err);
}

void ape__pool_give(ape__pool *pool, ape__sql *sql)
{
    if (sql->broken) {
        sql->kind->close(sql);
        forget_one(pool);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->idle[pool->idle_count++] = sql;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}
