/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_H
#define APE_ORCHESTRATOR_H

#include <ape/code_sanitizer.h>
#include <ape/lineage.h>
#include <ape/llm_client.h>
#include <ape/market.h>
#include <ape/metrics_registry.h>
#include <ape/sandbox.h>
#include <ape/settings.h>
#include <ape/store.h>

APE_BEGIN_DECLS

/**
 * A question in plain words goes in; a number that was really computed comes
 * out, or an honest "no".
 *
 *     question -> plan -> sanitize -> execute -> gate -> answer
 *
 * Ownership: the caller frees it. It keeps its parts alive, so they may be freed
 *            in any order.
 * Threads:   any number of threads may ask one orchestrator at the same time.
 * Blocking:  ape_orchestrator_query() waits for the answer.
 */
typedef struct ape_orchestrator ape_orchestrator;

/** Fill with ape_orchestrator_options_init(), then change what you need. */
typedef struct ape_orchestrator_options {
    uint32_t size;                 /**< set by _init; leave it alone */
    uint32_t reserved;             /**< must be 0 */
    const ape_settings *settings;  /**< for the parts below that are NULL; read during _new only */
    ape_llm_client *llm_client;    /**< NULL: made from the settings */
    ape_code_sanitizer *sanitizer; /**< NULL: one for the versions that the sandbox has */
    ape_market *market;   /**< NULL: APE_DATA_DIR of the settings, else the sample prices */
    ape_sandbox *sandbox; /**< NULL: one over the market, with APE_PYTHON of the settings */
    ape_store *store;     /**< where queries and predictions are kept; NULL: nowhere */
    ape_lineage *lineage; /**< where it is written what answers come from; NULL: nowhere */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_orchestrator_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_orchestrator_options_init(ape_orchestrator_options *opts, size_t size);

/**
 * Create an orchestrator, and the parts it was not given.
 *
 * @param opts  read during the call only; NULL for the defaults: builtin
 *              planner, sample prices
 * @param out   set on success, untouched on failure
 * @return APE_OK, or what making a part returned; err->message names the cause.
 */
APE_API APE_MUST_USE ape_status ape_orchestrator_new(ape_host *host,
                                                     const ape_orchestrator_options *opts,
                                                     ape_orchestrator **out, ape_error *err);

/**
 * Count queries and their time into a registry: ape_queries_total, ape_latency_seconds,
 * ape_stage_seconds, ape_accuracy. Its model client and its sandbox count there, too,
 * unless they count already. Call it once, before the first query. The registry is
 * kept alive.
 *
 * @return APE_OK; APE_ERR_INVALID for NULL; APE_ERR_STATE for a second registry, or
 *         where the registry has other families of these names; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_orchestrator_set_metrics(ape_orchestrator *orchestrator,
                                                             ape_metrics_registry *registry,
                                                             ape_error *err);

/**
 * Show how many of a number of checked answers were right, as ape_accuracy{window}.
 *
 * @param window    what was checked, as "golden" or "30d"
 * @param accuracy  0 to 1
 * @return APE_OK, also without metrics; APE_ERR_INVALID; APE_ERR_NO_MEMORY.
 */
APE_API ape_status ape_orchestrator_set_accuracy(ape_orchestrator *orchestrator, const char *window,
                                                 double accuracy, ape_error *err);

/**
 * Fill in what became of predictions, as ape_store_check_actuals() does, by the prices of the
 * orchestrator's market, and show the share of hits as ape_accuracy{window}: windows "30d", "90d"
 * and "365d", days of target dates up to and with today; NaN where nothing was checked.
 *
 * @param today  predictions for later dates are left alone; NULL: the market's newest date
 * @param out    what ape_store_check_actuals() reports; set on success, untouched on failure
 * @return APE_OK; APE_ERR_STATE: it has no store; else as ape_store_check_actuals(). Checking
 *         again after a failure does the rest.
 */
APE_API APE_MUST_USE ape_status ape_orchestrator_check_actuals(ape_orchestrator *orchestrator,
                                                               const char *today, ape_text **out,
                                                               ape_error *err);

/** Free an orchestrator that no thread is asking. NULL is ignored. */
APE_API void ape_orchestrator_free(ape_orchestrator *orchestrator);

/** The way of a question. */
typedef int32_t ape_stage;
enum {
    APE_STAGE_PLAN = 0,
    APE_STAGE_SANITIZE = 1,
    APE_STAGE_EXECUTE = 2,
    APE_STAGE_GATE = 3,
};

/** "plan", "sanitize", "execute", "gate". Static storage. */
APE_API const char *ape_stage_name(ape_stage stage);

/** Fill with ape_query_options_init(), then change what you need. */
typedef struct ape_query_options {
    uint32_t size;        /**< set by _init; leave it alone */
    uint32_t wall_ms;     /**< limit of one execution (default 10000) */
    uint64_t timeout_ms;  /**< limit of the whole query; 0: the client's LLM_TOTAL_TIMEOUT_MS */
    const char *as_of;    /**< "2022-12-28"; NULL: the newest date of the market */
    const char *provider; /**< this link of the chain alone; NULL: the whole chain */
    /** A stage begins; on the thread of the query. A stage may begin several times. NULL: none */
    void (*on_stage)(void *user, ape_stage stage);
    void *user;           /**< for on_stage */
    const char *query_id; /**< 1 to 36 of A-Z a-z 0-9 - _, for a caller that must know it before
                               the answer; NULL: a new one is made */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_query_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_query_options_init(ape_query_options *opts, size_t size);

typedef int32_t ape_answer_status;
enum {
    APE_ANSWER_VERIFIED = 0,  /**< a number that the run printed */
    APE_ANSWER_UNDEFINED = 1, /**< the run shows that there is no such number, as 0/0 */
    APE_ANSWER_REFUSED = 2,   /**< the question cannot be answered; the sentence says why */
    APE_ANSWER_FAILED = 3,    /**< something broke on the way; the sentence says what */
};

/** What came of a question. Immutable; the caller frees it. */
typedef struct ape_answer ape_answer;

/**
 * Ask a question and wait for its answer. "No" is an answer, not an error: a
 * question that nobody understands, or a provider that is down, gives APE_OK and
 * an answer whose status says so.
 *
 * @param question  UTF-8, 1 to 4,000 bytes
 * @param opts      read during the call only; NULL for the defaults
 * @param out       set on success, untouched on failure; free with ape_answer_free()
 * @return APE_OK; APE_ERR_INVALID for an empty, too long or non-UTF-8 question or
 *         an option out of range; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_orchestrator_query(ape_orchestrator *orchestrator,
                                                       const char *question, size_t size,
                                                       const ape_query_options *opts,
                                                       ape_answer **out, ape_error *err);

/** Free an answer. NULL is ignored. */
APE_API void ape_answer_free(ape_answer *answer);

APE_API ape_answer_status ape_answer_get_status(const ape_answer *answer);

/** One sentence, made by the library from verified values. Lives as long as the answer. */
APE_API const char *ape_answer_sentence(const ape_answer *answer);

/** The whole answer as one JSON object (docs/answer.md). Lives as long as the answer. */
APE_API const char *ape_answer_json(const ape_answer *answer);

APE_END_DECLS

#endif /* APE_ORCHESTRATOR_H */
