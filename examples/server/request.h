/* SPDX-License-Identifier: MIT */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <cjson/cJSON.h>
#include <microhttpd.h>

#include "server.h"

typedef struct route route;
struct json_text;

enum { REQUEST_ID_SIZE = 65, REQUEST_HEADERS = 8, PATH_ARGUMENT_SIZE = 66 };

typedef struct reply_header {
    const char *name; /* static storage */
    char *value;
} reply_header;

/** What a client gets: filled by a route, then sent. */
typedef struct reply {
    unsigned status;
    const char *content_type;
    const char *body;
    size_t size;
    void *owner; /* what keeps the body alive; NULL: it lives for ever */
    void (*release)(void *owner);
    struct MHD_Response *made; /* in place of a body: a stream, an upgrade */
    size_t header_count;
    reply_header headers[REQUEST_HEADERS];
} reply;

/** One request, from its first line to its last byte. One thread at a time has it. */
typedef struct request {
    server *server;
    parts *parts;
    struct MHD_Connection *connection;
    deadline *deadline;
    const route *route;
    const char *method;
    const char *path;
    char argument[PATH_ARGUMENT_SIZE]; /* what stands for {…} in the route */
    char id[REQUEST_ID_SIZE];
    char client[TOKEN_SUBJECT]; /* name of the key, or the address */
    bool target_bad;
    bool target_too_long;
    bool begun;
    bool answered; /* before its route was asked */
    void (*on_worker)(struct request *r);
    bool deferred; /* was suspended: when it comes back its reply is filled */
    bool too_large;
    bool limited; /* rate is valid */
    rate_state rate;
    char *body;
    size_t body_size;
    size_t body_capacity;
    uint64_t started_us;
    reply reply;
} request;

/** Create a request when its first line is known. NULL without memory. */
request *request_new(server *s, struct MHD_Connection *connection, const char *target);
void request_free(request *r);

/** Its X-Request-Id, if that is a good one; else a new one. */
void request_take_id(request *r);

/** Time since the first line. */
uint64_t request_elapsed_us(const request *r);

/** Value of a header field, or NULL. */
const char *request_header(const request *r, const char *name);

/** Value of a query parameter, or NULL. */
const char *request_parameter(const request *r, const char *name);

/** Append to the body; false if it became too large or memory is missing. */
bool request_append(request *r, const char *bytes, size_t size);

/** Answer with a JSON value, which is freed. */
void reply_json(request *r, unsigned status, cJSON *value);

/** Answer with JSON that was written as text, which is taken. */
void reply_json_text(request *r, unsigned status, struct json_text *text);

/** Answer with a text of the library, which is freed. */
void reply_text(request *r, unsigned status, ape_text *text);

/** Answer with bytes that live for ever. */
void reply_static(request *r, unsigned status, const char *content_type, const char *body,
                  size_t size);

/** Add a header field; printf's way. */
__attribute__((format(printf, 3, 4))) void reply_header_add(request *r, const char *name,
                                                            const char *format, ...);

#endif /* SERVER_REQUEST_H */
