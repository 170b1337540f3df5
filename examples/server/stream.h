/* SPDX-License-Identifier: MIT */
#ifndef SERVER_STREAM_H
#define SERVER_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * Server-sent events. The connection sleeps while there is nothing to send.
 *
 * Shared by the HTTP library, which reads, and by whoever writes: any thread, also
 * after the client is gone.
 */
typedef struct stream stream;

/** @return NULL without memory. The share is the writer's. */
stream *stream_new(struct MHD_Connection *connection);

/** The response that reads the stream; once. NULL without memory. */
struct MHD_Response *stream_response(stream *s);

/** Call this when the reader goes before the end: on a thread of HTTP; it must not call the stream.
 *  Before the response is queued. */
void stream_on_gone(stream *s, void (*on_gone)(void *user), void *user);

/** Send an event; @p event NULL: none is named. @p data is one line; NULL: it was lost for want of
 *  memory, and the stream breaks off. */
void stream_send(stream *s, const char *event, const char *data);

/** Nothing more will come; gives the writer's share up. */
void stream_end(stream *s);

#endif /* SERVER_STREAM_H */
