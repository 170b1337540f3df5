/* SPDX-License-Identifier: MIT */
#include "respond.h"

#include <stdio.h>
#include <string.h>

#include "gate.h"
#include "limits.h"

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    MHD_add_response_header(response, name, value);
}

static void add_rate(struct MHD_Response *response, const rate_state *rate)
{
    char text[80];

    snprintf(text, sizeof(text), "\"default\";q=%u;w=%u", rate->quota, rate->window_s);
    add(response, "RateLimit-Policy", text);
    snprintf(text, sizeof(text), "\"default\";r=%u;t=%u", rate->remaining, rate->reset_s);
    add(response, "RateLimit", text);
}

static void add_cors(const request *r, struct MHD_Response *response)
{
    const char *origin = request_header(r, "Origin");

    if (!origin || !gate_origin_allowed(r, origin))
        return;
    add(response, "Access-Control-Allow-Origin", origin);
    add(response, "Access-Control-Expose-Headers",
        "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Location");
    add(response, "Vary", "Origin");
}

/* What a route sets itself wins: the page needs another policy than an API. */
static bool sets(const request *r, const char *name)
{
    for (size_t i = 0; i < r->reply.header_count; i++)
        if (strcmp(r->reply.headers[i].name, name) == 0)
            return true;
    return false;
}

static void add_common(const request *r, struct MHD_Response *response)
{
    add(response, "X-Request-Id", r->id);
    add(response, "X-Content-Type-Options", "nosniff");
    if (!sets(r, "Cache-Control"))
        add(response, "Cache-Control", "no-store");
    if (!sets(r, "Content-Security-Policy"))
        add(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    add(response, "Referrer-Policy", "no-referrer");
    if (r->server->config.tls_certificate)
        add(response, "Strict-Transport-Security", "max-age=31536000");
    add(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (r->reply.content_type)
        add(response, "Content-Type", r->reply.content_type);
    for (size_t i = 0; i < r->reply.header_count; i++)
        add(response, r->reply.headers[i].name, r->reply.headers[i].value);
    if (r->limited)
        add_rate(response, &r->rate);
    add_cors(r, response);
    if (atomic_load_explicit(&r->server->draining, memory_order_relaxed))
        add(response, "Connection", "close");
}

static void *not_const(const void *pointer)
{
    return (void *)(uintptr_t)pointer;
}

static struct MHD_Response *make(request *r)
{
    struct MHD_Response *response = r->reply.made;

    r->reply.made = NULL;
    if (response)
        return response;
    return MHD_create_response_from_buffer(r->reply.size, not_const(r->reply.body),
                                           MHD_RESPMEM_PERSISTENT);
}

/* A WebSocket has clocks of its own. */
static uint64_t time_for(const request *r, bool stream)
{
    if (r->reply.status == MHD_HTTP_SWITCHING_PROTOCOLS)
        return 0;
    return stream ? LIMIT_STREAM_MS : LIMIT_RESPONSE_MS + r->reply.size * 1000 / 1024;
}

enum MHD_Result respond(request *r)
{
    bool stream = r->reply.made != NULL;
    struct MHD_Response *response = make(r);
    enum MHD_Result queued;

    if (!response)
        return MHD_NO;
    if (r->reply.status != MHD_HTTP_SWITCHING_PROTOCOLS)
        add_common(r, response);
    deadline_set(r->deadline, time_for(r, stream));
    queued = MHD_queue_response(r->connection, r->reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

bool respond_preflight(request *r)
{
    const char *origin = request_header(r, "Origin");

    if (strcmp(r->method, "OPTIONS") != 0 || !origin ||
        !request_header(r, "Access-Control-Request-Method"))
        return false;
    reply_static(r, 204, NULL, "", 0);
    if (!gate_origin_allowed(r, origin))
        return true;
    reply_header_add(r, "Access-Control-Allow-Methods", "GET, POST, HEAD");
    reply_header_add(r, "Access-Control-Allow-Headers",
                     "Authorization, Content-Type, X-API-Key, X-Request-Id, Prefer, Accept");
    reply_header_add(r, "Access-Control-Max-Age", "600");
    return true;
}
