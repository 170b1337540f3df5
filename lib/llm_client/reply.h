/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_REPLY_H
#define APE_LLM_CLIENT_REPLY_H

#include <ape/llm_client.h>

#include "core/json.h"

enum {
    APE__LLM_NOTE_SIZE = 201,
    APE__LLM_EVENT_LIMIT = 8 << 20,
    APE__LLM_TEXT_LIMIT = 16 << 20,
};

/** Tokens, in buckets that do not overlap; -1: unknown, which is not 0. */
typedef struct ape__llm_usage {
    int64_t input; /* neither from nor into a cache */
    int64_t cache_read;
    int64_t cache_write;
    int64_t output;
    int64_t reasoning; /* part of output */
} ape__llm_usage;

void ape__llm_usage_init(ape__llm_usage *usage);

/** What one provider has said so far. */
typedef struct ape__llm_reply {
    ape__buffer text;
    uint64_t progress; /* bytes of content, reasoning included */
    char model[96];
    char finish[40]; /* in the provider's words; "" until it said so */
    bool is_whole;   /* the terminal marker was seen */
    bool is_over;    /* and nothing more will follow */
    bool has_refusal;
    bool has_tool_call;
    ape_llm_class failure;         /* APE_LLM_OK, or what went wrong first */
    char note[APE__LLM_NOTE_SIZE]; /* about the failure, for the journal */
    ape__llm_usage usage;
    ape_llm_listener listener;
    void *listener_user;
} ape__llm_reply;

void ape__llm_reply_init(ape__llm_reply *reply, ape_host *host);
void ape__llm_reply_clear(ape__llm_reply *reply);

/** The reply is of no use; the first reason stays. @p note may hold anything: it is
 *  made fit for a journal. NULL: none. */
void ape__llm_reply_fail(ape__llm_reply *reply, ape_llm_class class_, const char *note);

/** Text of the answer. */
void ape__llm_reply_add_text(ape__llm_reply *reply, const char *text);

/** The reason for its end; two that differ are a failure. */
void ape__llm_reply_set_finish(ape__llm_reply *reply, const char *finish);
void ape__llm_reply_set_model(ape__llm_reply *reply, const char *model);

/** The class of a reply after which nothing more comes. */
ape_llm_class ape__llm_reply_judge(ape__llm_reply *reply);

/** Text cut to 200 bytes, in one line, without markup and what looks like a key. */
void ape__llm_excerpt(char out[APE__LLM_NOTE_SIZE], const char *text, size_t size);

/** A count of tokens, if the member is one. */
void ape__llm_read_tokens(const cJSON *usage, const char *name, int64_t *out);

#endif /* APE_LLM_CLIENT_REPLY_H */
