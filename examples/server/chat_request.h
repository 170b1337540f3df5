/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHAT_REQUEST_H
#define SERVER_CHAT_REQUEST_H

#include "request.h"

/** In what form an OpenAI client wants its completion. */
typedef struct chat_form {
    char model[129];
    bool stream;
    bool include_usage;
} chat_form;

/**
 * Read the body of a chat completion.
 *
 * @return NULL if the request was answered with a problem; free it with
 *         ape_llm_request_free()
 */
ape_llm_request *chat_request(request *r, const cJSON *body, chat_form *form);

#endif /* SERVER_CHAT_REQUEST_H */
