/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_SSE_H
#define APE_LLM_CLIENT_SSE_H

#include "core/buffer.h"

/**
 * Who listens to a stream. Every text is NUL-ended, and lives during the call only.
 */
typedef struct ape__sse_listener {
    void *user;

    /** One event: its type ("" where none was given) and its data. */
    void (*on_event)(void *user, const char *type, const char *data, size_t size);

    /** A line that is no event stream: a bare JSON value, or a field "error" (then
     *  its value), as some servers send instead of an event when they fail. */
    void (*on_stray)(void *user, const char *line, size_t size);
} ape__sse_listener;

/** Parser of an event stream (WHATWG HTML, 9.2). Bytes in, in pieces of any size. */
typedef struct ape__sse {
    ape__sse_listener listener;
    ape__buffer line;
    ape__buffer data;
    char type[64];
    size_t limit; /* of one line, and of the data of one event */
    uint8_t mark; /* bytes of the byte order mark seen; 3: it is behind us */
    bool after_cr;
    bool has_data;
} ape__sse;

void ape__sse_init(ape__sse *sse, ape_host *host, const ape__sse_listener *listener, size_t limit);
void ape__sse_clear(ape__sse *sse);

/** @return APE_OK; APE_ERR_LIMIT for a line or an event over the limit; APE_ERR_NO_MEMORY. */
ape_status ape__sse_feed(ape__sse *sse, const char *bytes, size_t size);

/** The stream is over: a last line without its end, and an event without its blank
 *  line, are taken as if they had them. */
ape_status ape__sse_end(ape__sse *sse);

#endif /* APE_LLM_CLIENT_SSE_H */
