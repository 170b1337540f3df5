/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_POOL_H
#define APE_STORE_POOL_H

#include <pthread.h>

#include "store/sql.h"

enum { APE__POOL_SIZE = 4 };

/** A few sessions that threads take turns with; opened when first needed. */
typedef struct ape__pool {
    ape_host *host; /* borrowed */
    ape__sql_source source;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    ape__sql *idle[APE__POOL_SIZE];
    size_t idle_count;
    size_t open_count; /* idle ones and those in use */
} ape__pool;

void ape__pool_init(ape__pool *pool, ape_host *host, ape__sql_source source);

/** Close all sessions; none may be in use. */
void ape__pool_clear(ape__pool *pool);

/** Take a session; waits for one. @p was_idle: it may have been cut meanwhile. */
ape_status ape__pool_take(ape__pool *pool, ape__sql **out, bool *was_idle, ape_error *err);

/** Give it back; a broken one is closed. */
void ape__pool_give(ape__pool *pool, ape__sql *sql);

#endif /* APE_STORE_POOL_H */
