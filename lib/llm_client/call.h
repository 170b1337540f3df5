/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_CALL_H
#define APE_LLM_CLIENT_CALL_H

#include "llm_client/completion.h"
#include "llm_client/try.h"

/** What a call wants next from whoever drives it. */
typedef enum ape__llm_step {
    APE__LLM_SEND,  /* its first try is ready: run a race, then ape__llm_call_take() */
    APE__LLM_WAIT,  /* until wake_ms */
    APE__LLM_LOCAL, /* ape__llm_call_plan() */
    APE__LLM_JUDGE, /* ape__llm_call_judge() */
    APE__LLM_DONE,  /* status and err stand */
} ape__llm_step;

enum { APE__LLM_TRIES = 2 };

/**
 * One request on its way along the chain: what to do next, and what follows from
 * what came. No I/O, no waiting, no thread of its own; used by one at a time.
 */
typedef struct ape__llm_call {
    ape_host *host;
    ape__llm_shared *shared;  /* borrowed */
    ape__llm_chain *chain;    /* a share */
    ape_llm_request *request; /* a share */
    ape_llm_completion *completion;
    const ape__llm_message *question;
    ape__llm_messages more; /* what was said after the request, to this provider */

    size_t link;
    uint64_t quota_wait_ms;   /* spent waiting for this provider to have quota again */
    bool asked_again;         /* this provider has had its second chance */
    bool has_answer;          /* whole, and not judged yet */
    atomic_bool is_cancelled; /* by any thread */
    uint64_t retries_left;
    uint32_t failures; /* of this provider, for the backoff */
    uint32_t key_changes;
    uint64_t deadline_ms;
    uint64_t wake_ms;
    uint64_t random;
    int64_t spent, held; /* millionths of a dollar */

    ape__llm_try tries[APE__LLM_TRIES]; /* the first, and the one that hedges it */

    char cache_key[APE__CACHE_KEY]; /* "": nothing to do with the cache */

    bool is_done;
    ape_status status;
    ape_error err;     /* if status is not APE_OK */
    ape_error refusal; /* builtin's, if it has status APE_ERR_REFUSED */
    uint64_t began_us, waited_us;
} ape__llm_call;

/**
 * @return APE_OK; APE_ERR_INVALID for a request without a question or with an
 *         unknown provider; APE_ERR_NO_MEMORY. On failure there is nothing to clear.
 */
ape_status ape__llm_call_init(ape__llm_call *call, ape__llm_shared *shared, ape__llm_chain *chain,
                              ape_llm_request *request, ape_error *err);
void ape__llm_call_clear(ape__llm_call *call);

ape__llm_step ape__llm_call_next(ape__llm_call *call);

/** When to ape__llm_call_hedge(), seen from when the first try was sent; 0: not at all. */
uint64_t ape__llm_call_hedge_ms(const ape__llm_call *call);

/** True if the second try is ready to be sent beside the first. */
bool ape__llm_call_hedge(ape__llm_call *call);

/** All tries that were sent have been decided. */
void ape__llm_call_take(ape__llm_call *call);
void ape__llm_call_plan(ape__llm_call *call);
void ape__llm_call_judge(ape__llm_call *call);

/** The first try cannot even be sent: the call ends with this error. */
void ape__llm_call_abandon(ape__llm_call *call, const ape_error *err);

/** A line of the journal for a link; without memory for it, NULL and the end. */
ape__llm_entry *ape__llm_call_add_entry(ape__llm_call *call, size_t link, ape_llm_class class_,
                                        const char *note);

#endif /* APE_LLM_CLIENT_CALL_H */
