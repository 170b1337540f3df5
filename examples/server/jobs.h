/* SPDX-License-Identifier: MIT */
#ifndef SERVER_JOBS_H
#define SERVER_JOBS_H

#include "queries.h"

/**
 * The queue of questions that nobody waits for, shared by all servers of one Redis:
 * whichever has time takes the next. A question whose server died is taken by another
 * when its lease is over; it has one outcome in any case. Any number of threads may use it.
 */
typedef struct jobs jobs;

/**
 * @param threads  questions of the queue at one time on this server; 0: it only puts
 * @return NULL if threads or memory are missing
 */
jobs *jobs_new(server *s, uint32_t threads);

/** Take no more questions. */
void jobs_quiesce(jobs *all);

/** Questions of the queue that run here. */
size_t jobs_busy(jobs *all);

/** Finish what runs here, end the threads. */
void jobs_free(jobs *all);

/**
 * Put a question into the queue; waits for Redis, two seconds at most.
 *
 * @param id  gets the query's id
 * @return as ape_bus_put_job()
 */
ape_status jobs_put(server *s, const ask *asked, char id[37], ape_error *err);

/** Tell other servers how far a query is; the record is freed. */
void jobs_publish(server *s, const char *id, cJSON *record);

/** The record of a query of the queue, wherever it runs or ran; NULL if there is none, or Redis
 *  is away. Waits for Redis. */
cJSON *jobs_record(server *s, const char *id);

#endif /* SERVER_JOBS_H */
