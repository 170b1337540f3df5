/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "body.h"
#include "chain.h"
#include "http.h"
#include "jobs.h"
#include "negotiate.h"
#include "problem.h"
#include "queries.h"
#include "routes.h"

enum { MAX_QUESTION = 4000, MAX_PROVIDER = 64, MAX_TIMEOUT_MS = 600000 };

typedef enum answer_form { FORM_NONE, FORM_JSON, FORM_EVENTS } answer_form;

/* Events for whoever names them, and wants nothing more than them. */
static answer_form form_wanted(const request *r)
{
    const char *accept = request_header(r, "Accept");
    int json = negotiate_quality(accept, "application/json");
    int events = negotiate_quality(accept, "text/event-stream");

    if (json == 0 && events == 0)
        return FORM_NONE;
    return negotiate_names(accept, "text/event-stream") && events >= json ? FORM_EVENTS : FORM_JSON;
}

static bool wants_async(const request *r)
{
    return negotiate_has_token(request_header(r, "Prefer"), "respond-async");
}

static bool read_ask(request *r, const cJSON *body, ask *out)
{
    int64_t timeout_ms = 0;

    if (!body_string(r, body, "query", true, MAX_QUESTION, &out->question) ||
        !body_date(r, body, "as_of", &out->as_of) ||
        !body_string(r, body, "provider", false, MAX_PROVIDER, &out->provider) ||
        !body_integer(r, body, "timeout_ms", 1, MAX_TIMEOUT_MS, &timeout_ms))
        return false;
    if (out->provider && !chain_has(r->parts->settings, out->provider)) {
        problem_field(r, "provider", "no provider of the chain has this name; /v1/models has them");
        return false;
    }
    out->timeout_ms = (uint64_t)timeout_ms;
    return true;
}

static void busy(request *r)
{
    problem(r, 503, "every worker is busy and the queue is full; try again");
}

static void reply_accepted(request *r, const char *id)
{
    cJSON *accepted = cJSON_CreateObject();
    char url[64];

    snprintf(url, sizeof(url), "/api/query/%s", id);
    cJSON_AddStringToObject(accepted, "query_id", id);
    cJSON_AddStringToObject(accepted, "status", "running");
    cJSON_AddStringToObject(accepted, "status_url", url);
    reply_json(r, 202, accepted);
    reply_header_add(r, "Location", "%s", url);
    reply_header_add(r, "Preference-Applied", "respond-async");
}

static void start_here(request *r, const ask *asked)
{
    char id[37];

    if (queries_start(r->server->queries, r->parts, asked, NULL, NULL, id))
        reply_accepted(r, id);
    else
        busy(r);
}

/* On a worker. While Redis is away a question is answered where it was asked. */
static void put_into_queue(request *r, const ask *asked)
{
    char id[37];
    ape_error err;

    if (jobs_put(r->server, asked, id, &err) == APE_OK)
        reply_accepted(r, id);
    else
        start_here(r, asked);
}

static void with_ask(request *r, void (*function)(request *r, const ask *asked))
{
    static const char *const members[] = { "query", "as_of", "provider", "timeout_ms", NULL };
    cJSON *body = body_object(r, members);
    ask asked = { 0 };

    if (body && read_ask(r, body, &asked))
        function(r, &asked);
    cJSON_Delete(body);
}

static void queue_on_worker(request *r)
{
    with_ask(r, put_into_queue);
}

static void start_async(request *r, const ask *asked)
{
    if (r->server->jobs)
        http_defer(r, queue_on_worker);
    else
        start_here(r, asked);
}

static void start_events(request *r, const ask *asked)
{
    stream *events = stream_new(r->connection);
    struct MHD_Response *response = events ? stream_response(events) : NULL;
    char id[37];

    if (!response || !queries_start(r->server->queries, r->parts, asked, NULL, events, id)) {
        if (events)
            stream_end(events);
        if (response)
            MHD_destroy_response(response);
        busy(r);
        return;
    }
    r->reply.made = response;
    r->reply.status = 200;
    r->reply.content_type = "text/event-stream";
    reply_header_add(r, "X-Accel-Buffering", "no");
    reply_header_add(r, "X-Query-Id", "%s", id);
}

static void start_waiting(request *r, const ask *asked)
{
    char id[37];

    /* Suspended first: the answer may be there before queries_start() returns. */
    http_suspend(r);
    if (queries_start(r->server->queries, r->parts, asked, r, NULL, id))
        return;
    busy(r);
    http_resume(r);
}

static void start(request *r, const ask *asked)
{
    answer_form form = form_wanted(r);

    if (form == FORM_NONE)
        problem(r, 406, "the answer is application/json or text/event-stream");
    else if (wants_async(r))
        start_async(r, asked);
    else if (form == FORM_EVENTS)
        start_events(r, asked);
    else
        start_waiting(r, asked);
}

void route_query(request *r)
{
    with_ask(r, start);
}
