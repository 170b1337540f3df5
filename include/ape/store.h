/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_H
#define APE_STORE_H

#include <ape/market.h>
#include <ape/metrics_registry.h>
#include <ape/settings.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Queries and predictions, kept: in a SQLite file, or in PostgreSQL.
 *
 * What a put function acknowledged with APE_STORE_STORED is in the database,
 * synced to its disk. While PostgreSQL is away a put function answers
 * APE_STORE_QUEUED: the write is in a file of this machine, synced, and reaches
 * PostgreSQL once it is back, exactly once and in order. Reads then fail with
 * APE_ERR_UNAVAILABLE.
 *
 * Ownership: the caller frees it. An orchestrator keeps its store alive.
 * Threads:   any number of threads may use one store at the same time. Several
 *            processes may share a SQLite file or a PostgreSQL database.
 * Blocking:  every function waits for a disk or for a server, at most for
 *            statement_timeout_ms and a little more.
 */
typedef struct ape_store ape_store;

/** Fill with ape_store_options_init(), then change what you need. */
typedef struct ape_store_options {
    uint32_t size;                 /**< set by _init; leave it alone */
    uint32_t statement_timeout_ms; /**< longest statement in PostgreSQL, 1 to 600000
                                        (default 10000) */
    const ape_settings *settings;  /**< APE_STORE, DATABASE_URL, POSTGRES_*, APE_STATE_DIR; read
                                        during _new only; NULL: a SQLite file */
    const char *state_dir;         /**< folder of the SQLite file and of the outbox, made if it is
                                        not there; NULL: APE_STATE_DIR of the settings, else ape in
                                        XDG_STATE_HOME or in ~/.local/state */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_store_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_store_options_init(ape_store_options *opts, size_t size);

/**
 * Open a store. Schema migrations run by themselves. A PostgreSQL that is away is
 * no error: writes are queued until it is there. A corrupt SQLite file is moved
 * aside, never deleted, and the log says so.
 *
 * @param opts  read during the call only; NULL for the defaults
 * @param out   set on success, untouched on failure
 * @return APE_OK; APE_ERR_INVALID for an option or a database URL that makes no
 *         sense (the message names it, never a password); APE_ERR_IO for a folder
 *         or file that cannot be written; APE_ERR_UNAVAILABLE for a SQLite file that
 *         another process keeps locked; APE_ERR_UNSUPPORTED: this build lacks the
 *         database, or its schema is newer than this library; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_store_new(ape_host *host, const ape_store_options *opts,
                                              ape_store **out, ape_error *err);

/**
 * Count reads and writes, their time and what waits into a registry: ape_store_*
 * (docs/operations.md lists them). Call it once, before the store is used. The registry is kept
 * alive; it shows one store, the last.
 *
 * @return APE_OK; APE_ERR_INVALID for NULL; APE_ERR_STATE for a second registry, or
 *         where the registry has other families of these names; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_store_set_metrics(ape_store *store,
                                                      ape_metrics_registry *registry,
                                                      ape_error *err);

/** Give up the caller's share of a store; with the last share it is
 *  closed. What is queued stays in its file and is sent by the next store with the same state_dir.
 * NULL is ignored. */
APE_API void ape_store_free(ape_store *store);

/** Where a write is, once acknowledged. */
typedef int32_t ape_store_place;
enum {
    APE_STORE_STORED = 0, /**< in the database */
    APE_STORE_QUEUED = 1, /**< in the outbox of this machine */
};

/** "stored", "queued". Static storage. */
APE_API const char *ape_store_place_name(ape_store_place place);

/**
 * Keep a query, new or changed: the answer object in the form that an answer has
 * in JSON, with at least "query_id", "question" and "status". A query of the same id
 * is replaced.
 *
 * @param place  set on success; NULL if you do not need it
 * @return APE_OK; APE_ERR_INVALID for what is no such object (the message names the
 *         member), or is larger than 4 MiB; for SQLite also APE_ERR_IO (full disk,
 *         read-only file) and APE_ERR_UNAVAILABLE (locked); APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_store_put_query(ape_store *store, const char *answer,
                                                    size_t size, ape_store_place *place,
                                                    ape_error *err);

/**
 * A past query: {"query_id", "question", "status", "created", "updated", "answer": {...}}.
 *
 * @return APE_OK; APE_ERR_NOT_FOUND; APE_ERR_UNAVAILABLE: the database is away, try
 *         later; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_store_get_query(ape_store *store, const char *query_id,
                                                    ape_text **out, ape_error *err);

/**
 * Queries, newest first, without their answers:
 * {"queries": [{"query_id", "question", "status", "created", "updated"}], "next": cursor or null}.
 *
 * @param limit   1 to 1000; 0: 50
 * @param cursor  "next" of the page before; NULL: the first page
 */
APE_API APE_MUST_USE ape_status ape_store_list_queries(ape_store *store, uint32_t limit,
                                                       const char *cursor, ape_text **out,
                                                       ape_error *err);

/** Fill with ape_prediction_init(), then set what you know. */
typedef struct ape_prediction {
    uint32_t size;           /**< set by _init; leave it alone */
    uint32_t reserved;       /**< must be 0 */
    const char *id;          /**< 1 to 64 of A-Z a-z 0-9 - _; NULL: a new one is made */
    const char *query_id;    /**< the query that made it; NULL: none */
    const char *ticker;      /**< "AAPL" */
    const char *as_of;       /**< "2022-12-28": what was known */
    const char *target_date; /**< "2023-01-28": what it is about; not before as_of */
    int64_t created_ms;      /**< since 1970-01-01 UTC; 0: now */
    double low;              /**< lower end of the corridor, > 0 */
    double base;             /**< low <= base <= high */
    double high;             /**< upper end */
    double confidence;       /**< that the price will be in the corridor: 0.8; within (0, 1) */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_prediction;

/** Write defaults into the first @p size bytes; pass sizeof(*prediction). */
APE_API void ape_prediction_init(ape_prediction *prediction, size_t size);

/**
 * Keep a prediction. One of the same id is left as it is, so that a write may be
 * repeated when its outcome is not known.
 *
 * @param id     gets its id, 65 bytes with the NUL; NULL if you do not need it
 * @param place  set on success; NULL if you do not need it
 * @return as ape_store_put_query().
 */
APE_API APE_MUST_USE ape_status ape_store_put_prediction(ape_store *store,
                                                         const ape_prediction *prediction,
                                                         char id[65], ape_store_place *place,
                                                         ape_error *err);

/** Fill with ape_prediction_filter_init(), then set what you look for. */
typedef struct ape_prediction_filter {
    uint32_t size;           /**< set by _init; leave it alone */
    uint32_t limit;          /**< 1 to 1000; 0: 50 (default) */
    const char *ticker;      /**< NULL: all */
    const char *outcome;     /**< HIT, NEAR, MISS or PENDING; NULL: all */
    const char *target_from; /**< first target date; NULL: none */
    const char *target_to;   /**< last target date; NULL: none */
    const char *cursor;      /**< "next" of the page before; NULL: the first page */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_prediction_filter;

/** Write defaults into the first @p size bytes; pass sizeof(*filter). */
APE_API void ape_prediction_filter_init(ape_prediction_filter *filter, size_t size);

/**
 * Predictions, newest first: {"predictions": [PREDICTION], "next": cursor or null}, where
 * PREDICTION is {"id", "query_id", "ticker", "created", "as_of", "target_date", "low", "base",
 * "high", "confidence", "actual", "outcome"}; the last two are null until the target date has a
 * price. Pages neither repeat nor skip one while others are added.
 *
 * @param filter  read during the call only; NULL: all
 * @return APE_OK; APE_ERR_INVALID for a filter that makes no sense (the message
 *         names the field); APE_ERR_UNAVAILABLE; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_store_list_predictions(ape_store *store,
                                                           const ape_prediction_filter *filter,
                                                           ape_text **out, ape_error *err);

/** Newest PREDICTION of a ticker. @return APE_OK; APE_ERR_NOT_FOUND; as above. */
APE_API APE_MUST_USE ape_status ape_store_latest_prediction(ape_store *store, const char *ticker,
                                                            ape_text **out, ape_error *err);

/**
 * The corridor of a ticker: for each target date its newest prediction, by date.
 * {"ticker", "corridor": [{"target_date", "low", "base", "high", "confidence", "actual",
 * "outcome", "id"}]}.
 *
 * @param from, to  target dates, both included; NULL: no bound. At most 1000 dates, the
 *                  latest ones.
 */
APE_API APE_MUST_USE ape_status ape_store_corridor(ape_store *store, const char *ticker,
                                                   const char *from, const char *to, ape_text **out,
                                                   ape_error *err);

/**
 * How good the predictions were: {"ticker", "from", "to", "checked", "hits", "nears", "misses",
 * "hit_rate", "near_rate", "mean_error", "mean_absolute_error", "calibration": [{"confidence",
 * "checked", "covered", "coverage"}]}. Errors are (actual - base) / base. Rates of nothing are
 * null.
 *
 * @param ticker    NULL: all
 * @param from, to  target dates, both included; NULL: no bound
 */
APE_API APE_MUST_USE ape_status ape_store_track_record(ape_store *store, const char *ticker,
                                                       const char *from, const char *to,
                                                       ape_text **out, ape_error *err);

/**
 * Fill in what became of predictions whose target date has a price: the close of that day, or of
 * the last trading day before it, in the shares of the as-of date where a split came between.
 * HIT: within the corridor. NEAR: outside by no more than a quarter of its width. MISS: farther.
 * {"checked", "hits", "nears", "misses", "pending", "unknown_tickers"}.
 *
 * @param market  where prices come from
 * @param today   predictions for later dates are left alone; NULL: the market's newest date
 */
APE_API APE_MUST_USE ape_status ape_store_check_actuals(ape_store *store, ape_market *market,
                                                        const char *today, ape_text **out,
                                                        ape_error *err);

/**
 * {"backend": "sqlite" | "postgres", "state": "ok" | "away", "reason", "queued", "set_aside"}:
 * queued writes wait in the outbox; those set aside were refused by PostgreSQL for good, and
 * are kept in the outbox file with the reason. Never waits for a server.
 */
APE_API APE_MUST_USE ape_status ape_store_health(ape_store *store, ape_text **out, ape_error *err);

/** Wait until the outbox is empty. @return APE_OK; APE_ERR_TIMEOUT: it is not. */
APE_API APE_MUST_USE ape_status ape_store_flush(ape_store *store, uint64_t timeout_ms,
                                                ape_error *err);

APE_END_DECLS

#endif /* APE_STORE_H */
