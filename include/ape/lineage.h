/* SPDX-License-Identifier: MIT */
#ifndef APE_LINEAGE_H
#define APE_LINEAGE_H

#include <ape/metrics_registry.h>
#include <ape/settings.h>

APE_BEGIN_DECLS

/**
 * Where answers come from, as a graph in Neo4j:
 *
 *     (:Query)-[:USED]->(:Fact)-[:FROM]->(:Dataset)
 *
 * A fact is a number that a program printed; the same program over the same data is the same
 * fact, however often it was asked. Answers wait in a queue of bounded length, and a thread writes
 * what has gathered over Neo4j's HTTP API (the Query API of 5.19 and later, else the transactional
 * endpoint). Writing again changes nothing, so a write whose outcome is unknown is repeated. What
 * cannot be written, or finds the queue full, is dropped and counted: lineage is never in the way
 * of an answer.
 *
 * Ownership: the caller frees it. An orchestrator keeps its lineage alive.
 * Threads:   any number of threads may use one at the same time.
 * Blocking:  ape_lineage_post() never waits; _flush does, and _free for the thread's end.
 */
typedef struct ape_lineage ape_lineage;

/** Fill with ape_lineage_options_init(), then change what you need. */
typedef struct ape_lineage_options {
    uint32_t size;                /**< set by _init; leave it alone */
    uint32_t queue_limit;         /**< answers that wait, 1 to 100000 (default 1000); also bounded
                                       to 16 MiB */
    uint32_t interval_ms;         /**< between two writes, 10 to 600000 (default 200) */
    uint32_t timeout_ms;          /**< for one write, 10 to 600000 (default 10000) */
    uint32_t retries;             /**< after a failure that may pass, 0 to 20 (default 8) */
    uint32_t reserved;            /**< must be 0 */
    const ape_settings *settings; /**< NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD; read during _new only.
                                       The path of the URI names the database (default neo4j) */
    ape_metrics_registry *metrics; /**< gets ape_lineage_answers_total; NULL: none. Kept alive */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_lineage_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_lineage_options_init(ape_lineage_options *opts, size_t size);

/**
 * Create a lineage, and its thread. Without NEO4J_URI there is none: @p out is set to NULL, which
 * every function here and an orchestrator take for "off". A Neo4j that is away is no error.
 *
 * @param opts  read during the call only; NULL for the defaults: off
 * @param out   set on success, untouched on failure; free with ape_lineage_free()
 * @return APE_OK; APE_ERR_INVALID for an option out of range or a URI that is none (the message
 *         never shows it); APE_ERR_UNSUPPORTED for an option newer than this library; APE_ERR_IO
 *         if no thread could be started; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_lineage_new(ape_host *host, const ape_lineage_options *opts,
                                                ape_lineage **out, ape_error *err);

/** Give up the caller's share; with the last share, what still waits is dropped and a write on its
 *  way is broken off. NULL is ignored. */
APE_API void ape_lineage_free(ape_lineage *lineage);

/**
 * Queue an answer, in the form that an answer has in JSON.
 *
 * @return APE_OK, also where @p lineage is NULL; APE_ERR_INVALID for NULL or more than 4 MiB;
 *         APE_ERR_LIMIT: the queue is full and the answer was dropped; APE_ERR_NO_MEMORY.
 */
APE_API ape_status ape_lineage_post(ape_lineage *lineage, const char *answer, size_t size,
                                    ape_error *err);

/** Wait until nothing waits any more. @return APE_OK; APE_ERR_TIMEOUT. */
APE_API ape_status ape_lineage_flush(ape_lineage *lineage, uint32_t timeout_ms);

APE_END_DECLS

#endif /* APE_LINEAGE_H */
