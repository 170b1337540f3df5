/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_REQUEST_H
#define APE_LLM_CLIENT_REQUEST_H

#include <pthread.h>
#include <stdatomic.h>

#include <ape/llm_client.h>

#include "core/buffer.h"

typedef struct ape__llm_message {
    struct ape__llm_message *next;
    ape_llm_role role;
    size_t size;
    char text[]; /* NUL-ended */
} ape__llm_message;

/** Messages in their order. */
typedef struct ape__llm_messages {
    ape__llm_message *first;
    ape__llm_message *last;
} ape__llm_messages;

ape_status ape__llm_messages_add(ape_host *host, ape__llm_messages *messages, ape_llm_role role,
                                 const char *text, size_t size, ape_error *err);
void ape__llm_messages_clear(ape_host *host, ape__llm_messages *messages);

struct ape_llm_request {
    ape_host *host;
    atomic_size_t shares; /* the caller's, and one for each submitted call */
    ape__llm_messages messages;
    char *provider;
    uint64_t timeout_ms;
    double temperature; /* NaN: the model's own */
    uint32_t max_tokens;
    bool wants_json;
    bool is_cacheable;
    ape__llm_messages stops; /* of any role */
    ape_llm_judge judge;
    void *judge_user;
    ape_llm_listener listener;
    void *listener_user;

    pthread_mutex_t lock;   /* guards the flags of a call that blocks */
    pthread_cond_t changed; /* on CLOCK_MONOTONIC */
    bool is_decided;
    bool is_cancelled;
    bool is_running;
};

ape_llm_request *ape__llm_request_ref(ape_llm_request *request);

/** The newest message of the user, or NULL. */
const ape__llm_message *ape__llm_request_question(const ape_llm_request *request);

#endif /* APE_LLM_CLIENT_REQUEST_H */
