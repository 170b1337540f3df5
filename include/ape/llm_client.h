/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_H
#define APE_LLM_CLIENT_H

#include <ape/circuit_breaker.h>
#include <ape/host.h>
#include <ape/metrics_registry.h>
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

/** How an attempt ended. Values are never renumbered; more may follow. */
typedef int32_t ape_llm_class;
enum {
    APE_LLM_OK = 0,                    /**< whole */
    APE_LLM_CONNECT = 1,               /**< no such host, or nobody listens there */
    APE_LLM_TLS = 2,                   /**< the certificate or the handshake is wrong */
    APE_LLM_LOST = 3,                  /**< the connection broke before any answer */
    APE_LLM_CONNECT_TIMEOUT = 4,       /**< LLM_CONNECT_TIMEOUT_MS */
    APE_LLM_HEADERS_TIMEOUT = 5,       /**< LLM_HEADERS_TIMEOUT_MS */
    APE_LLM_FIRST_CONTENT_TIMEOUT = 6, /**< LLM_FIRST_CONTENT_TIMEOUT_MS */
    APE_LLM_IDLE_TIMEOUT = 7,          /**< LLM_IDLE_TIMEOUT_MS */
    APE_LLM_TOTAL_TIMEOUT = 8,         /**< the deadline of the whole request */
    APE_LLM_CRAWLING = 9,              /**< alive, but slower than LLM_MIN_BYTES_PER_S */
    APE_LLM_CUT = 10,                  /**< the stream ended and did not say that it is whole */
    APE_LLM_MALFORMED = 11,            /**< an event that is no JSON, or not of the protocol */
    APE_LLM_NOT_AN_ANSWER = 12,        /**< a web page, a redirect or something else */
    APE_LLM_EMPTY = 13,                /**< whole, but without text */
    APE_LLM_LENGTH = 14,               /**< the model ran into its limit of output */
    APE_LLM_ODD_FINISH = 15,           /**< ended for a reason that this library does not know */
    APE_LLM_TOO_LARGE = 16,            /**< more than this library is willing to keep */
    APE_LLM_DECLINED = 17,             /**< the model or its filter declined; never routed around */
    APE_LLM_RATE_LIMITED = 18,         /**< too many requests, for now */
    APE_LLM_OVERLOADED = 19,           /**< the provider has no capacity, for now */
    APE_LLM_SERVER = 20,               /**< any other error on the provider's side */
    APE_LLM_QUOTA = 21,          /**< no money or quota left: no rate limit, it will not pass */
    APE_LLM_KEY = 22,            /**< the key is wrong or may not do this */
    APE_LLM_MODEL = 23,          /**< no such model, or no such address */
    APE_LLM_CONTEXT = 24,        /**< the prompt is longer than the model takes */
    APE_LLM_REQUEST = 25,        /**< the provider does not accept the request as it is */
    APE_LLM_RESTING = 26,        /**< not asked: its circuit breaker is open, or its rate limit
                                      used up */
    APE_LLM_NO_KEY = 27,         /**< not asked: it has no key */
    APE_LLM_NOT_UNDERSTOOD = 28, /**< builtin does not know what is asked for */
    APE_LLM_JUDGED = 29,         /**< whole, but the judge did not accept it */
    APE_LLM_CANCELLED = 30,      /**< the caller asked to stop */
    APE_LLM_INTERNAL = 31,       /**< out of memory, or a bug of this library */
    APE_LLM_BUDGET = 32,         /**< not asked: the budget has not enough money left */
};

/** What follows from a class. */
typedef int32_t ape_llm_action;
enum {
    APE_LLM_TAKE = 0,      /**< done */
    APE_LLM_RETRY = 1,     /**< the same provider again after a pause, while retries are left;
                                then the next */
    APE_LLM_ELSEWHERE = 2, /**< the next provider; the same again only where no other is left but
                                builtin */
    APE_LLM_GO_ON = 3,     /**< the next provider, never the same */
    APE_LLM_END = 4,       /**< the request has failed */
};

/** Name of a class, as "rate_limited"; it is what journals and metrics show. Static storage. */
APE_API const char *ape_llm_class_name(ape_llm_class class_);
APE_API ape_llm_action ape_llm_class_action(ape_llm_class class_);

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

/**
 * Count requests, attempts, tokens, cost, overhead and the state of the circuit
 * breakers into a registry: ape_llm_*, ape_breaker_* and the OpenTelemetry names
 * gen_ai_client_* (docs/llm-client.md lists them). Call it once, before the client
 * is used. The registry is kept alive.
 *
 * @return APE_OK; APE_ERR_INVALID for NULL; APE_ERR_STATE for a second registry, or
 *         where the registry has other families of these names; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_llm_client_set_metrics(ape_llm_client *client,
                                                           ape_metrics_registry *registry,
                                                           ape_error *err);

/**
 * Hears of the circuit breakers that a client uses: each when it comes (@p is_leaving false), and
 * before it goes. On the thread that calls the client, with a lock of the client held: do not call
 * the client. The breaker may still be used for a while by requests under way when it has left.
 *
 * @param lease_ms  as long as its trial calls may take
 */
typedef void (*ape_llm_on_breaker)(void *user, const char *provider, ape_circuit_breaker *breaker,
                                   uint64_t lease_ms, bool is_leaving);

/**
 * Be told of the circuit breakers there are now, and of those that come and go as the client is
 * reloaded and freed; ape_bus_share_breaker() shares them among processes. NULL: those there are
 * leave, and nobody is told any more.
 */
APE_API void ape_llm_client_watch_breakers(ape_llm_client *client, ape_llm_on_breaker on_breaker,
                                           void *user);

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

/**
 * How freely the model chooses its words, 0 to 2; NaN: the model's own (default).
 *
 * @return APE_OK; APE_ERR_INVALID out of that range.
 */
APE_API APE_MUST_USE ape_status ape_llm_request_set_temperature(ape_llm_request *request,
                                                                double temperature, ape_error *err);

/** Longest answer in tokens; 0: the model's own limit, or 8192 where the protocol wants one
 *  (default). An answer that runs into it is no whole answer. */
APE_API void ape_llm_request_set_max_tokens(ape_llm_request *request, uint32_t max_tokens);

/** Text at which the model stops, 4 at most; copied. @return APE_OK; APE_ERR_INVALID for text that
 *  is empty or not UTF-8; APE_ERR_LIMIT; APE_ERR_NO_MEMORY. */
APE_API APE_MUST_USE ape_status ape_llm_request_add_stop(ape_llm_request *request, const char *text,
                                                         ape_error *err);

/** Ask for one JSON object as the answer, where the protocol knows how to (default: no). */
APE_API void ape_llm_request_set_json_mode(ape_llm_request *request, bool wants_json);

/**
 * Allow an answer that exactly the same request got before, if LLM_CACHE_ENTRIES keeps any
 * (default: no). Right where the answer to the same words stays the same, as with an as-of date
 * among them; wrong for "today". A kept answer goes to the judge as any other; the journal of
 * attempts is empty then.
 */
APE_API void ape_llm_request_set_cacheable(ape_llm_request *request, bool is_cacheable);

/**
 * Hears text as it comes, before anybody knows whether it will be whole: good for
 * showing that something happens, never for use. With @p text NULL, what came so
 * far is void and another attempt may begin. From threads of the client and from the
 * one that asked, one at a time for one request; it must return at once and must
 * not call the client.
 */
typedef void (*ape_llm_listener)(void *user, const char *text, size_t size);

/** Set the listener; NULL: none (default). */
APE_API void ape_llm_request_set_listener(ape_llm_request *request, ape_llm_listener listener,
                                          void *user);

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
 *         without a user message or an unknown provider; APE_ERR_STATE for a request
 *         that another call is using, or in a process that forked since the client was
 *         first used; APE_ERR_TIMEOUT; APE_ERR_CANCELLED; APE_ERR_REFUSED: a model declined to
 * answer, or the judge said stop; APE_ERR_UNAVAILABLE: nobody in the chain gave a whole answer;
 * APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_llm_client_generate(ape_llm_client *client,
                                                        ape_llm_request *request,
                                                        ape_llm_completion **out, ape_error *err);

/**
 * Stop the ape_llm_client_generate() that is using this request; it returns
 * APE_ERR_CANCELLED, its connection closed. From any thread; ignored where no call
 * is using the request.
 */
APE_API void ape_llm_request_cancel(ape_llm_request *request);

/** A submitted request on its way. Any number of threads may use it. */
typedef struct ape_llm_call ape_llm_call;

/**
 * A submitted request has ended. On the client's own thread, which serves all
 * requests: return soon. It may call everything here but
 * ape_llm_client_generate().
 *
 * @param completion  yours to free; also there on failure, with the journal
 * @param err         NULL for APE_OK; lives during the call only
 */
typedef void (*ape_llm_done)(void *user, ape_status status, ape_llm_completion *completion,
                             const ape_error *err);

/**
 * Run a request without waiting for it. As ape_llm_client_generate(), but its
 * judge runs on the client's own thread and must return soon. Leave the request
 * alone until @p on_done was called; you may give it up by ape_llm_request_free().
 *
 * @param out  handle for ape_llm_call_cancel(), to be freed; NULL if not needed
 * @return APE_OK: on_done will be called once; else it will not: APE_ERR_INVALID as
 *         ape_llm_client_generate(); APE_ERR_STATE in a process that forked since the
 *         client was first used; APE_ERR_IO; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_llm_client_submit(ape_llm_client *client,
                                                      ape_llm_request *request,
                                                      ape_llm_done on_done, void *user,
                                                      ape_llm_call **out, ape_error *err);

/** Stop a submitted request, from any thread: on_done comes soon, with
 *  APE_ERR_CANCELLED unless it has ended already. NULL is ignored. */
APE_API void ape_llm_call_cancel(ape_llm_call *call);

/** Give up the handle; the request goes on. NULL is ignored. */
APE_API void ape_llm_call_free(ape_llm_call *call);

/**
 * Change chain, keys, clocks, prices and budgets to what the settings say now. Requests
 * under way end with the old ones; circuit breakers and rate limits begin anew; what was
 * spent of the budget and the answers that are kept stay.
 *
 * @return as ape_llm_client_new(); on failure everything stays as it was.
 */
APE_API APE_MUST_USE ape_status ape_llm_client_reload(ape_llm_client *client,
                                                      const ape_settings *settings, ape_error *err);

/** Free a completion. NULL is ignored. */
APE_API void ape_llm_completion_free(ape_llm_completion *completion);

/** The text; NULL if there is none. Lives as long as the completion. */
APE_API const char *ape_llm_completion_text(const ape_llm_completion *completion);
APE_API size_t ape_llm_completion_text_size(const ape_llm_completion *completion);

/** Who answered ("deepseek", "builtin"); NULL if nobody did. */
APE_API const char *ape_llm_completion_provider(const ape_llm_completion *completion);

/** The model that answered, as its provider names it; NULL if it was not told, or nobody answered.
 *  Lives as long as the completion. */
APE_API const char *ape_llm_completion_model(const ape_llm_completion *completion);

/** Kinds of tokens; they do not overlap, but for the last. Values are never renumbered. */
typedef int32_t ape_llm_tokens;
enum {
    APE_LLM_TOKENS_INPUT = 0, /**< neither from nor into a cache */
    APE_LLM_TOKENS_CACHE_READ = 1,
    APE_LLM_TOKENS_CACHE_WRITE = 2,
    APE_LLM_TOKENS_OUTPUT = 3,
    APE_LLM_TOKENS_REASONING = 4, /**< part of the output */
};

/** Tokens of all attempts, those given up too; -1: unknown, since an attempt that may be billed did
 *  not say, or the kind is none of the above. */
APE_API int64_t ape_llm_completion_count_tokens(const ape_llm_completion *completion,
                                                ape_llm_tokens kind);

/**
 * {"text", "provider", "model", "finish", "attempts": [{"provider", "model",
 *  "class", "message", "asked", "ms", ...}], "usage": {"input_tokens",
 *  "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"},
 *  "cost_usd", "estimated_cost_usd", "abandoned": {"attempts", "input_tokens",
 *  "output_tokens", "cost_usd", "is_estimated"}, "from_cache", "total_ms", "overhead_ms"}.
 * Unknown is null, not 0. Abandoned are those attempts that may be billed and gave no
 * answer; "estimated_cost_usd" has what is known, and estimates where nobody told.
 *
 * An attempt over the network also has "phase", "http_status", "first_content_ms",
 * "bytes", "content_bytes", "request_id", "hedge", "may_be_billed", "usage" and
 * "cost_usd"; where it may be billed and did not tell its usage, "estimate":
 * {"input_tokens", "output_tokens", "cost_usd"}.
 * Its message may hold up to 200 bytes of the provider's own words, without markup
 * and without what looks like a key.
 */
APE_API APE_MUST_USE ape_status ape_llm_completion_to_json(const ape_llm_completion *completion,
                                                           ape_text **out, ape_error *err);

APE_END_DECLS

#endif /* APE_LLM_CLIENT_H */
