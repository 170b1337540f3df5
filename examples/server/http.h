/* SPDX-License-Identifier: MIT */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "request.h"

/** The threads that speak HTTP. */
typedef struct http http;

/**
 * Serve a listening socket, which it takes over.
 *
 * @return NULL if that cannot be done; errno says why
 */
http *http_start(server *s, int listen_fd);

/** Accept no more connections: who has come is heard, who rests between requests leaves. */
void http_quiesce(http *h);

/** Requests being answered. */
unsigned http_in_flight(http *h);

/** Is anyone connected, with or without a request? */
bool http_has_connections(http *h);

/** Close all connections and end the threads. No request may be with a worker. */
void http_stop(http *h);

/** Put a request to sleep until http_resume(). On its thread of HTTP. */
void http_suspend(request *r);

/** Put a request to sleep and run a function on a worker, which fills its reply; 503 if all are
 *  busy. On its thread of HTTP. */
void http_defer(request *r, void (*function)(request *r));

/**
 * Give a suspended request, whose reply is filled, back to HTTP. The caller must not
 * touch it any more.
 */
void http_resume(request *r);

#endif /* SERVER_HTTP_H */
