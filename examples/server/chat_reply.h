/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHAT_REPLY_H
#define SERVER_CHAT_REPLY_H

#include "chat_request.h"
#include "stream.h"

/** What all chunks of one completion share. */
typedef struct chat_head {
    char id[REQUEST_ID_SIZE + 16];
    long long created;
    char model[129];
} chat_head;

void chat_head_init(chat_head *h, const char *request_id, const char *model);

/** Answer with a whole completion in one object. */
void chat_reply(request *r, const chat_head *h, const ape_llm_completion *completion);

/* The pieces of a stream. */

void chat_send_text(stream *events, const chat_head *h, const char *text, size_t size, bool first);
void chat_send_end(stream *events, const chat_head *h, const ape_llm_completion *completion,
                   bool include_usage);
void chat_send_error(stream *events, const char *code, const char *detail);

#endif /* SERVER_CHAT_REPLY_H */
