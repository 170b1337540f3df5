/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_H
#define APE_LLM_CLIENT_H

#include <ape/host.h>
#include <ape/settings.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Completions from a chain of language models: whole, or not at all.
 *
 * The client asks the first provider of its chain; when an attempt fails at any
 * byte, it starts again, on the same provider or on the next, under one deadline
 * and one retry budget. A completion counts only when the provider said that it
 * is finished; a cut stream is never passed on as an answer. Each provider has a
 * circuit breaker.
 *
 * The last link of the default chain is "builtin", the library's own rule-based
 * planner: it needs no key and no network, and answers questions about a
 * documented list of metrics with Python code.
 *
 * Ownership: the caller frees it. An orchestrator keeps its client alive.
 * Threads:   any number of threads may use one client at the same time.
 * Blocking:  ape_llm_client_generate() waits; nothing else does.
 */
typedef struct ape_llm_client ape_llm_client;

/** One request: messages and how to answer them. Used by one thread at a time. */
typedef struct ape_llm_request ape_llm_request;

/** How a request ended: the text if it is whole, and the story of its attempts. */
typedef struct ape_llm_completion ape_llm_completion;

/**
 * Create a client from settings: the chain and its providers from LLM_CHAIN and
 * NAME_API_KEY, NAME_BASE_URL, NAME_MODEL, NAME_WIRE; clocks and retries from the
 * LLM_* settings (docs/llm-client.md lists them).
 *
 * @param settings  read during the call only; NULL for none: the chain is builtin
 * @return APE_OK; APE_ERR_INVALID for a setting that makes no sense (the message
 *         names it, never a key); APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_llm_client_new(ape_host *host, const ape_settings *settings,
                                                   ape_llm_client **out, ape_error *err);

/** Give up the caller's share of a client. NULL is ignored. */
APE_API void ape_llm_client_free(ape_llm_client *client);

/** Create an empty request. @return APE_OK, APE_ERR_NO_MEMORY. */
APE_API APE_MUST_USE ape_status ape_llm_request_new(ape_host *host, ape_llm_request **out,
                                                    ape_error *err);

/** Free a request that no call is using. NULL is ignored. */
APE_API void ape_llm_request_free(ape_llm_request *request);

typedef int32_t ape_llm_role;
enum {
    APE_LLM_SYSTEM = 0,
    APE_LLM_USER = 1,
    APE_LLM_ASSISTANT = 2,
};

/**
 * Append a message; its text is copied.
 *
 * @return APE_OK; APE_ERR_INVALID for an unknown role or text that is not UTF-8;
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_llm_request_add_message(ape_llm_request *request,
                                                            ape_llm_role role, const char *text,
                                                            size_t size, ape_error *err);

/** Use this provider of the chain alone; NULL: the whole chain (default). Copied. */
APE_API APE_MUST_USE ape_status ape_llm_request_set_provider(ape_llm_request *request,
                                                             const char *name, ape_error *err);

/** Deadline over all attempts, in ms from the start of the call; 0: the client's
 *  LLM_TOTAL_TIMEOUT_MS (default). */
APE_API void ape_llm_request_set_timeout_ms(ape_llm_request *request, uint64_t timeout_ms);

/** What a judge thinks of a whole completion. */
typedef int32_t ape_llm_verdict;
enum {
    APE_LLM_ACCEPT = 0,    /**< take it */
    APE_LLM_ASK_AGAIN = 1, /**< send it back to the same model with the feedback, once; then next */
    APE_LLM_NEXT = 2,      /**< go on with the next provider */
    APE_LLM_STOP = 3,      /**< give up: no other answer would do */
};

/**
 * Called for each whole completion, on the thread that called
 * ape_llm_client_generate(), with no lock held; it may take its time, but the
 * request's deadline goes on. @p candidate lives during the call only. For
 * APE_LLM_ASK_AGAIN it says what to mend by ape_llm_completion_set_feedback().
 * A local provider such as builtin gives the same answer every time: for it,
 * APE_LLM_ASK_AGAIN means APE_LLM_NEXT.
 */
typedef ape_llm_verdict (*ape_llm_judge)(void *user, ape_llm_completion *candidate);

/** Set the judge; NULL: every whole completion is accepted (default). */
APE_API void ape_llm_request_set_judge(ape_llm_request *request, ape_llm_judge judge, void *user);

/** What the model should mend; copied. Only within a judge. A text that finds no
 *  memory is dropped, and the model is asked again without it. */
APE_API void ape_llm_completion_set_feedback(ape_llm_completion *candidate, const char *text,
                                             size_t size);

/**
 * Run a request and wait for its end.
 *
 * @param out  set whenever the call was begun, also when it failed: it then has
 *             no text, but the journal of attempts. Free it.
 * @return APE_OK: whole, and accepted by the judge; APE_ERR_INVALID for a request
 *         without a user message or an unknown provider; APE_ERR_TIMEOUT;
 *         APE_ERR_CANCELLED; APE_ERR_REFUSED: a model declined to answer, or the
 *         judge said stop; APE_ERR_UNAVAILABLE: nobody in the chain gave a whole
 *         answer; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_llm_client_generate(ape_llm_client *client,
                                                        ape_llm_request *request,
                                                        ape_llm_completion **out, ape_error *err);

/** Free a completion. NULL is ignored. */
APE_API void ape_llm_completion_free(ape_llm_completion *completion);

/** The text; NULL if there is none. Lives as long as the completion. */
APE_API const char *ape_llm_completion_text(const ape_llm_completion *completion);
APE_API size_t ape_llm_completion_text_size(const ape_llm_completion *completion);

/** Who answered ("deepseek", "builtin"); NULL if nobody did. */
APE_API const char *ape_llm_completion_provider(const ape_llm_completion *completion);

/**
 * {"text", "provider", "model", "finish", "attempts": [{"provider", "model",
 *  "class", "message", "ms", ...}], "usage", "cost_usd"}. Unknown is null, not 0.
 */
APE_API APE_MUST_USE ape_status ape_llm_completion_to_json(const ape_llm_completion *completion,
                                                           ape_text **out, ape_error *err);

APE_END_DECLS

#endif /* APE_LLM_CLIENT_H */
