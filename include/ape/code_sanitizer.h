/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_H
#define APE_CODE_SANITIZER_H

#include <ape/host.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * From a model's raw answer to Python code that may run: extract it, repair what
 * is surely wrong, explain what is doubtful, reject what must not run. Code that
 * is right is never touched. Nothing is executed.
 *
 * The sandbox is the wall; the sanitizer is the early, explained "no".
 *
 * Ownership: the caller frees it. An orchestrator keeps its sanitizer alive.
 * Threads:   immutable after _new; any number of threads may use one. It keeps up to
 *            1 MB of memory from one answer for the next.
 */
typedef struct ape_code_sanitizer ape_code_sanitizer;

/** Division by a number that may be zero, and that comes from market data. */
typedef int32_t ape_code_division;
enum {
    APE_CODE_DIVISION_HONEST = 0, /**< the quotient becomes NaN, shown as undefined */
    APE_CODE_DIVISION_SKETCH = 1, /**< divides by (d or 1e-10): a huge number, never wanted */
    APE_CODE_DIVISION_OFF = 2,    /**< left alone */
};

/** A price frame used where a series is meant. */
typedef int32_t ape_code_history;
enum {
    APE_CODE_HISTORY_TYPED = 0, /**< rules APE201 and APE203: repaired where the frame comes from */
    APE_CODE_HISTORY_SKETCH = 1, /**< .squeeze() behind a column that is surely a frame */
    APE_CODE_HISTORY_OFF = 2,    /**< left alone */
};

/** Fill with ape_code_sanitizer_options_init(), then change what you need. */
typedef struct ape_code_sanitizer_options {
    uint32_t size;         /**< set by _init; leave it alone */
    uint32_t unsafe_fixes; /**< 1: also repairs that may change the meaning (default 0) */
    const char *profile;   /**< versions to repair for, as "python=3.11,pandas=1.5.3,numpy=1.24.2,
                                yfinance=1.1.0"; NULL: those (default) */
    const char *allow_imports; /**< modules that may be imported besides those that always may,
                                    as "statsmodels,sklearn"; NULL: none (default) */
    const char *rules; /**< levels of single rules, as "APE601=off,APE604=warn,APE205=safe": off,
                          info, warn, unsafe, safe or reject; "all=off" leaves extraction alone
                          at work; NULL: as in docs/rules.md (default) */
    ape_code_division division; /**< what becomes of a division by what may be zero (default
                                     APE_CODE_DIVISION_HONEST) */
    ape_code_history history;   /**< what becomes of a frame where a series is meant (default
                                     APE_CODE_HISTORY_TYPED) */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_code_sanitizer_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_code_sanitizer_options_init(ape_code_sanitizer_options *opts, size_t size);

/**
 * Create a sanitizer.
 *
 * @return APE_OK; APE_ERR_INVALID for a profile that names no known target (the
 *         message says which part); APE_ERR_UNSUPPORTED; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_code_sanitizer_new(ape_host *host,
                                                       const ape_code_sanitizer_options *opts,
                                                       ape_code_sanitizer **out, ape_error *err);

/** Give up the caller's share of a sanitizer. NULL is ignored. */
APE_API void ape_code_sanitizer_free(ape_code_sanitizer *sanitizer);

/** What is known of the question that the code is to answer. All optional. */
typedef struct ape_code_request {
    uint32_t size;       /**< set by _init; leave it alone */
    uint32_t reserved;   /**< must be 0 */
    const char *as_of;   /**< "2022-12-28": code must not ask for later data; NULL: not checked */
    const char *tickers; /**< what the question is about, as "AAPL,MSFT": APE608 warns of code that
                              fetches something else instead; NULL: not known */
    const char *start;   /**< first day that the question is about, as "2021-01-04": APE607 warns of
                              code that begins later; NULL: not known */
    const char *end; /**< last day of it, not before start: APE607 warns of code that ends sooner;
                          NULL: not known */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_code_request;

/** Write defaults into the first @p size bytes; pass sizeof(*request). */
APE_API void ape_code_request_init(ape_code_request *request, size_t size);

typedef int32_t ape_code_verdict;
enum {
    APE_CODE_OK = 0,     /**< run it */
    APE_CODE_REJECT = 1, /**< do not run it; the reason can go back to the model */
};

/** The outcome for one answer. Immutable; the caller frees it. */
typedef struct ape_sanitized_code ape_sanitized_code;

/**
 * Sanitize one raw answer.
 *
 * Any bytes are welcome: what is not UTF-8, too long or no code at all gets the
 * verdict APE_CODE_REJECT with its reason, not an error.
 *
 * @param request  read during the call only; NULL: nothing is known
 * @param out      set on success, untouched on failure
 * @return APE_OK; APE_ERR_INVALID for a NULL argument, or a request with what is no
 *         date, an end before its start or a ticker of more than 31 bytes;
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_code_sanitizer_sanitize(const ape_code_sanitizer *sanitizer,
                                                            const char *raw, size_t size,
                                                            const ape_code_request *request,
                                                            ape_sanitized_code **out,
                                                            ape_error *err);

/** Free an outcome. NULL is ignored. */
APE_API void ape_sanitized_code_free(ape_sanitized_code *code);

APE_API ape_code_verdict ape_sanitized_code_verdict(const ape_sanitized_code *code);

/** The code to run, NUL-ended; "" if there is none. Lives as long as the outcome. */
APE_API const char *ape_sanitized_code_text(const ape_sanitized_code *code);
APE_API size_t ape_sanitized_code_text_size(const ape_sanitized_code *code);

/** Why it was rejected, in sentences fit to be sent back to the model; NULL for APE_CODE_OK. */
APE_API const char *ape_sanitized_code_reason(const ape_sanitized_code *code);

/** Edits beyond extraction. */
APE_API size_t ape_sanitized_code_fix_count(const ape_sanitized_code *code);

/**
 * {"verdict": "ok" | "reject", "code", "fixes", "diagnostics": [{"rule": "APE203",
 *  "level", "line", "column", "end_line", "end_column", "message", "fixed"}]}. Lines and columns
 * count from 1, in the raw answer; columns are code points.
 */
APE_API APE_MUST_USE ape_status ape_sanitized_code_to_json(const ape_sanitized_code *code,
                                                           ape_text **out, ape_error *err);

/**
 * What a rule looks for, why, and what it does, as a page of plain text.
 *
 * @param rule  "APE203"; NULL: a line for each rule
 * @param out   set on success, untouched on failure; freed by the caller
 * @return APE_OK; APE_ERR_NOT_FOUND for a rule that does not exist; APE_ERR_INVALID;
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_code_rule_explain(ape_host *host, const char *rule,
                                                      ape_text **out, ape_error *err);

APE_END_DECLS

#endif /* APE_CODE_SANITIZER_H */
