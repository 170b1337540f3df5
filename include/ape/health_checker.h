/* SPDX-License-Identifier: MIT */
#ifndef APE_HEALTH_CHECKER_H
#define APE_HEALTH_CHECKER_H

#include <ape/host.h>
#include <ape/metrics_registry.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Is the process alive, may it get work, and how are the services it leans on?
 *
 *     liveness   the process alone: never looks at a service
 *     readiness  every critical check passed, and the process is not draining
 *     detailed   every check: status, latency, since when, last error
 *
 * Checks run in the background, each on its period; whoever asks reads what the
 * last runs found and waits for nothing. A check that hangs is failed when its time
 * is over, holds one worker until it returns, and is never run twice at a time.
 *
 * Ownership: the caller frees the checker.
 * Threads:   any number of threads may use one checker at the same time.
 * Blocking:  nothing here waits but ape_health_checker_free() and
 *            ape_health_checker_run_due().
 */
typedef struct ape_health_checker ape_health_checker;

typedef int32_t ape_health_status;
enum {
    APE_HEALTH_HEALTHY = 0,
    APE_HEALTH_DEGRADED = 1,  /**< works, but somebody should look */
    APE_HEALTH_UNHEALTHY = 2, /**< does not work */
    APE_HEALTH_UNKNOWN = 3,   /**< not checked yet */
};

/** "healthy", "degraded", "unhealthy", "unknown". Static storage. */
APE_API const char *ape_health_status_name(ape_health_status status);

/** Fill with ape_health_checker_options_init(), then change what you need. */
typedef struct ape_health_checker_options {
    uint32_t size;         /**< set by _init; leave it alone */
    uint32_t workers;      /**< threads that run checks, up to 64 (default 4); hung checks come
                                on top. 0: none, the program calls ape_health_checker_run_due() */
    uint32_t heartbeat_ms; /**< with ape_health_checker_beat(): a process whose last beat is
                                longer ago is not alive. 0: no beats are expected (default) */
    uint32_t reserved;     /**< must be 0 */

    /** Gets ape_health_* metrics. NULL: none (default). Kept alive. */
    ape_metrics_registry *metrics;

    /**
     * The status of a check changed. On a thread of the checker, with no lock held;
     * must return soon. @p message is the last error, "" if there is none.
     * NULL: none (default).
     */
    void (*on_change)(void *user, const char *name, ape_health_status from, ape_health_status to,
                      const char *message);
    void *user; /**< for on_change */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_health_checker_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_health_checker_options_init(ape_health_checker_options *opts, size_t size);

/**
 * Create a checker without checks. Its threads start with its first check.
 *
 * @param opts  read during the call only; NULL for the defaults
 * @param out   set on success, untouched on failure; free with ape_health_checker_free()
 * @return APE_OK; APE_ERR_INVALID for an option out of range; APE_ERR_UNSUPPORTED
 *         for an option newer than this library; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_health_checker_new(ape_host *host,
                                                       const ape_health_checker_options *opts,
                                                       ape_health_checker **out, ape_error *err);

/**
 * Stop the checks and free the checker. Waits for checks that are running, each
 * until its time is over; a callback that hangs longer is left behind, and what it
 * uses is given back if it ever returns. NULL is ignored.
 */
APE_API void ape_health_checker_free(ape_health_checker *checker);

/** Fill with ape_health_check_options_init(), then change what you need. */
typedef struct ape_health_check_options {
    uint32_t size;       /**< set by _init; leave it alone */
    uint32_t critical;   /**< 1: not ready without it (default 0: degraded without it) */
    uint32_t period_ms;  /**< from run to run, 10 to 86400000 (default 10000) */
    uint32_t timeout_ms; /**< for one run, 1 to 600000 (default 2000) */
    uint32_t rise;       /**< successes in a row until it counts as healthy, >= 1 (default 2) */
    uint32_t fall;       /**< failures in a row until it counts as unhealthy, >= 1 (default 2) */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_health_check_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_health_check_options_init(ape_health_check_options *opts, size_t size);

/** What one run of a check found; filled with healthy and an empty message before. */
typedef struct ape_health_result {
    ape_health_status status;
    uint32_t reserved;
    char message[240]; /**< one line of UTF-8: what is wrong; shown after passwords are cut out */
} ape_health_result;

/**
 * A check of the program's own. Called on a thread of the checker with 1 MiB of
 * stack and all signals blocked; should return within @p timeout_ms. It must not
 * call ape_health_checker_free() on its own checker.
 */
typedef void (*ape_health_probe)(void *user, uint32_t timeout_ms, ape_health_result *result);

/**
 * Add a check. The first run follows at once and decides alone; after that rise
 * and fall hold.
 *
 * @param name       [a-z0-9_-]+, 40 bytes at most, not used by another check
 * @param opts       read during the call only; NULL for the defaults
 * @param user_free  called with user when the check is gone; NULL: nothing. Not
 *                   called if this function fails.
 * @return APE_OK; APE_ERR_INVALID for a name, option or address out of range;
 *         APE_ERR_STATE if the name is taken; APE_ERR_LIMIT for more than 64
 *         checks; APE_ERR_NO_MEMORY; APE_ERR_IO if no thread could be started.
 */
APE_API APE_MUST_USE ape_status ape_health_checker_add(
    ape_health_checker *checker, const char *name, const ape_health_check_options *opts,
    ape_health_probe probe, void *user, void (*user_free)(void *user), ape_error *err);

/**
 * Take a check out: it is not run again and not shown any more. A run that is going on
 * ends by itself; @p user_free comes after it.
 *
 * @return APE_OK; APE_ERR_INVALID for NULL; APE_ERR_NOT_FOUND: there is no such check.
 */
APE_API ape_status ape_health_checker_remove(ape_health_checker *checker, const char *name,
                                             ape_error *err);

/**
 * PostgreSQL answers a query. The connection is kept from run to run.
 *
 * @param address  as libpq takes it: a URL or "host=... dbname=..."
 * @return as ape_health_checker_add(); APE_ERR_UNSUPPORTED without libpq
 */
APE_API APE_MUST_USE ape_status
ape_health_checker_add_postgres(ape_health_checker *checker, const char *name, const char *address,
                                const ape_health_check_options *opts, ape_error *err);

/**
 * Redis answers PING. The connection is kept from run to run.
 *
 * @param url  redis://[user:password@]host[:port] or unix:///path
 * @return as ape_health_checker_add(); APE_ERR_UNSUPPORTED without hiredis
 */
APE_API APE_MUST_USE ape_status ape_health_checker_add_redis(ape_health_checker *checker,
                                                             const char *name, const char *url,
                                                             const ape_health_check_options *opts,
                                                             ape_error *err);

/** A SQLite database can be read. @return as ape_health_checker_add();
 *  APE_ERR_UNSUPPORTED without SQLite */
APE_API APE_MUST_USE ape_status ape_health_checker_add_sqlite(ape_health_checker *checker,
                                                              const char *name, const char *path,
                                                              const ape_health_check_options *opts,
                                                              ape_error *err);

/** A GET of an http or https URL gives a status from 200 to 399. Redirects are not
 *  followed. @return as ape_health_checker_add() */
APE_API APE_MUST_USE ape_status ape_health_checker_add_http(ape_health_checker *checker,
                                                            const char *name, const char *url,
                                                            const ape_health_check_options *opts,
                                                            ape_error *err);

/**
 * Neo4j answers RETURN 1 over HTTP.
 *
 * @param url       its HTTP address, as http://localhost:7474
 * @param user      NULL: "neo4j"
 * @param password  copied, and never shown; NULL: Neo4j asks for none
 * @return as ape_health_checker_add()
 */
APE_API APE_MUST_USE ape_status ape_health_checker_add_neo4j(ape_health_checker *checker,
                                                             const char *name, const char *url,
                                                             const char *user, const char *password,
                                                             const ape_health_check_options *opts,
                                                             ape_error *err);

/** The file system of @p path has @p min_free_bytes left for us: unhealthy below,
 *  degraded below twice that. @return as ape_health_checker_add() */
APE_API APE_MUST_USE ape_status ape_health_checker_add_disk(ape_health_checker *checker,
                                                            const char *name, const char *path,
                                                            uint64_t min_free_bytes,
                                                            const ape_health_check_options *opts,
                                                            ape_error *err);

/**
 * Run what is due, on this thread. For programs without workers.
 *
 * @return milliseconds until the next check is due; UINT32_MAX if there is none
 */
APE_API uint32_t ape_health_checker_run_due(ape_health_checker *checker);

/** The program's main loop goes round. See heartbeat_ms. */
APE_API void ape_health_checker_beat(ape_health_checker *checker);

/** Liveness: true unless beats are expected and stay away. */
APE_API bool ape_health_checker_is_live(ape_health_checker *checker);

/** The process is about to end: not ready from now on (or again ready). */
APE_API void ape_health_checker_set_draining(ape_health_checker *checker, bool draining);

/** Readiness: not draining, and no critical check is unhealthy or unknown. */
APE_API bool ape_health_checker_is_ready(ape_health_checker *checker);

/** Unhealthy: a critical check is unhealthy or unknown. Degraded: any check is
 *  degraded, or one that is not critical is unhealthy. Else healthy. */
APE_API ape_health_status ape_health_checker_get_status(ape_health_checker *checker);

typedef int32_t ape_health_format;
enum {
    /** {"status": "healthy|degraded|unhealthy", "version", "checks": {NAME: {"status",
     *  "critical", "latency_ms", "since", "checked", "failures", "last_error"}}} */
    APE_HEALTH_DETAILED = 0,
    /** application/health+json: {"status": "pass|warn|fail", "checks": {...}} */
    APE_HEALTH_JSON = 1,
};

/**
 * All checks as one JSON object.
 *
 * @return APE_OK; APE_ERR_INVALID for an unknown format; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_health_checker_to_json(ape_health_checker *checker,
                                                           ape_health_format format, ape_text **out,
                                                           ape_error *err);

APE_END_DECLS

#endif /* APE_HEALTH_CHECKER_H */
