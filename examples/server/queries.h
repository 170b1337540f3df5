/* SPDX-License-Identifier: MIT */
#ifndef SERVER_QUERIES_H
#define SERVER_QUERIES_H

#include "request.h"
#include "stream.h"

/** What a client asks for. */
typedef struct ask {
    const char *question;
    const char *as_of;    /* NULL: the newest date */
    const char *provider; /* NULL: the whole chain */
    uint64_t timeout_ms;  /* 0: the chain's own */
} ask;

/** Queries that run, and the last ones that ran. Any number of threads may use it. */
typedef struct query query;

queries *queries_new(server *s);

/** No query may be running. */
void queries_free(queries *all);

/**
 * Make a query and give it to a worker. Exactly one of the three learns of its end:
 * @p waiting, whose reply is filled and which is resumed; @p events, which gets
 * stages and answer; or nobody but those who ask for its record.
 *
 * @param id  gets the query's id
 * @return false if every worker is busy: nothing was begun, @p waiting and @p events
 *         are still the caller's
 */
bool queries_start(queries *all, parts *p, const ask *asked, request *waiting, stream *events,
                   char id[37]);

/**
 * Run a query that any server may have begun, and wait for its end.
 *
 * @return its record with the answer, to be freed; NULL without memory
 */
cJSON *queries_run_job(queries *all, parts *p, const ask *asked, const char *id,
                       const char *created);

/** The record of a query as the API shows it; NULL if it is not among them. */
cJSON *queries_record(queries *all, const char *id);

#endif /* SERVER_QUERIES_H */
