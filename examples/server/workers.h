/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WORKERS_H
#define SERVER_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A fixed number of threads for whatever waits: questions, completions, the
 * database. The queue is bounded: what finds no place is refused at once, so that
 * a client hears "busy" rather than nothing.
 */
typedef struct workers workers;

typedef void (*worker_job)(void *argument);

/** @return NULL if threads or memory are missing. */
workers *workers_new(size_t threads, size_t places);

/** False if every place is taken, or the pool is closing. */
bool workers_submit(workers *pool, worker_job job, void *argument);

/** Jobs that wait or run. */
size_t workers_busy(workers *pool);

/** Refuse new jobs, finish those submitted, end the threads. */
void workers_free(workers *pool);

#endif /* SERVER_WORKERS_H */
