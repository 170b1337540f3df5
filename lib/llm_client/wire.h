/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_WIRE_H
#define APE_LLM_CLIENT_WIRE_H

#include "llm_client/reply.h"
#include "llm_client/request.h"

/** What a request's body is made from. */
typedef struct ape__llm_ask {
    const ape_llm_request *request;
    const ape__llm_messages *more; /* after the request's own; may be NULL */
    const char *model;
    uint32_t quirks;     /* ape__llm_quirk */
    uint32_t max_tokens; /* 0: the model's own limit */
} ape__llm_ask;

/** What a service does in its own way. */
enum ape__llm_quirk {
    APE__LLM_MAX_COMPLETION_TOKENS = 1, /* its name for max_tokens */
    APE__LLM_NO_STREAM_OPTIONS = 2,     /* does not take stream_options */
    APE__LLM_KEY_HEADER = 4,            /* "api-key: ..." instead of a bearer token */
    APE__LLM_KEYLESS = 8,               /* works without a key */
    APE__LLM_PATIENT = 16,              /* runs on people's own machines: no hurry */
};

enum { APE__LLM_LONGEST_ANSWER = 8192 }; /* in tokens, where a limit must be named */

/** A protocol: bytes in, bytes out. */
typedef struct ape__llm_wire {
    const char *name;
    const char *path;        /* after the base URL */
    const char *models_path; /* likewise; the list of models */
    const char *key_header;  /* printf format with one %s */
    const char *more_header; /* or NULL */
    void (*write_body)(ape__json_writer *writer, const ape__llm_ask *ask);
    /** One event of a stream. */
    void (*take_event)(ape__llm_reply *reply, const char *data, size_t size);
    /** A whole answer in one JSON object. */
    void (*take_whole)(ape__llm_reply *reply, const cJSON *root);
} ape__llm_wire;

extern const ape__llm_wire ape__llm_wire_openai;
extern const ape__llm_wire ape__llm_wire_anthropic;

/** Parse the data of an event, or fail the reply. Free with cJSON_Delete(). */
cJSON *ape__llm_parse_event(ape__llm_reply *reply, const char *data, size_t size);

/** {"role", "content"} for each message of the roles wanted. */
void ape__llm_write_messages(ape__json_writer *writer, const ape__llm_ask *ask, bool with_system);

#endif /* APE_LLM_CLIENT_WIRE_H */
