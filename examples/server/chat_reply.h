/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHAT_REPLY_H
#define SERVER_CHAT_REPLY_H

#include "request.h"

/** In what form an OpenAI client wants its completion. */
typedef struct chat_form {
    const char *model;
    bool stream;
    bool include_usage;
} chat_form;

/**
 * Answer with a whole completion. A stream, too, is sent when the text is whole:
 * what the chain began with one provider and ended with another cannot be unsaid.
 */
void chat_reply(request *r, const ape_llm_completion *completion, const chat_form *form);

#endif /* SERVER_CHAT_REPLY_H */
