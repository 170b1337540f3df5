/* SPDX-License-Identifier: MIT */
#include "chat.h"

#include <stdlib.h>
#include <string.h>

#include "chat_reply.h"
#include "http.h"
#include "problem.h"

/* One completion on its way. Shared by who started it and by the client's thread. */
typedef struct chat {
    atomic_int shares;
    parts *parts;
    ape_llm_request *asked;
    _Atomic(ape_llm_call *) call;
    request *waiting; /* NULL once it was answered, or its stream begun */
    stream *events;   /* from the first text to the end */
    size_t heard;     /* bytes of text, of this attempt */
    size_t sent;
    chat_form form;
    chat_head head;
} chat;

static void unref(chat *c)
{
    if (atomic_fetch_sub(&c->shares, 1) != 1)
        return;
    ape_llm_request_free(c->asked);
    ape_llm_call_free(atomic_load(&c->call));
    parts_free(c->parts);
    free(c);
}

static void cancel(void *user)
{
    chat *c = user;

    ape_llm_call_cancel(atomic_load(&c->call));
}

static void begin_stream(chat *c)
{
    stream *events = stream_new(c->waiting->connection);
    struct MHD_Response *response = events ? stream_response(events) : NULL;
    request *r = c->waiting;

    if (!response) {
        if (events)
            stream_end(events);
        return;
    }
    stream_on_gone(events, cancel, c);
    r->reply.made = response;
    r->reply.status = 200;
    r->reply.content_type = "text/event-stream";
    reply_header_add(r, "X-Accel-Buffering", "no");
    c->events = events;
    c->waiting = NULL;
    http_resume(r);
}

static void end_stream(chat *c)
{
    stream_end(c->events);
    c->events = NULL;
}

static void break_off(chat *c, const char *detail)
{
    chat_send_error(c->events, "broken_off", detail);
    end_stream(c);
}

/* On the client's thread, like all below. Without memory for a stream the text comes at the end. */
static void on_text(void *user, const char *text, size_t size)
{
    chat *c = user;

    if (!text && c->events) {
        break_off(c, "the provider broke off; what came so far is not whole: ask again");
        cancel(c);
    }
    if (c->waiting && size > 0 && c->heard == 0)
        begin_stream(c);
    if (c->events && size > 0) {
        chat_send_text(c->events, &c->head, text, size, c->sent == 0);
        c->sent += size;
    }
    c->heard = text ? c->heard + size : 0;
}

static void fail(chat *c, ape_status st, const ape_error *err)
{
    if (st == APE_ERR_INVALID && strcmp(c->form.model, "ape") != 0)
        problem(c->waiting, 404, "there is no model %.60s; /v1/models lists what there is",
                c->form.model);
    else
        problem_status(c->waiting, st, err);
}

static void complete_stream(chat *c, const ape_llm_completion *completion)
{
    const char *text = ape_llm_completion_text(completion);
    size_t size = ape_llm_completion_text_size(completion);

    if (size > c->sent)
        chat_send_text(c->events, &c->head, text + c->sent, size - c->sent, c->sent == 0);
    chat_send_end(c->events, &c->head, completion, c->form.include_usage);
    end_stream(c);
}

static void on_done(void *user, ape_status st, ape_llm_completion *completion, const ape_error *err)
{
    chat *c = user;

    if (c->waiting && c->form.stream && st == APE_OK)
        begin_stream(c);
    if (c->events && st == APE_OK)
        complete_stream(c, completion);
    else if (c->events)
        break_off(c, err->message);
    if (c->waiting) {
        if (st != APE_OK)
            fail(c, st, err);
        else if (c->form.stream)
            problem(c->waiting, 503, "out of memory; try again");
        else
            chat_reply(c->waiting, &c->head, completion);
        http_resume(c->waiting);
    }
    ape_llm_completion_free(completion);
    unref(c);
}

static chat *make(request *r, ape_llm_request *asked, const chat_form *form)
{
    chat *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    atomic_init(&c->shares, 2);
    c->parts = parts_ref(r->parts);
    c->asked = asked;
    c->waiting = r;
    c->form = *form;
    chat_head_init(&c->head, r->id, form->model);
    if (form->stream)
        ape_llm_request_set_listener(asked, on_text, c);
    return c;
}

void chat_start(request *r, ape_llm_request *asked, const chat_form *form)
{
    chat *c = make(r, asked, form);
    ape_llm_call *call = NULL;
    ape_error err;
    ape_status st;

    if (!c) {
        ape_llm_request_free(asked);
        problem(r, 503, "out of memory; try again");
        return;
    }
    /* Suspended first: it may be answered before the next line. */
    http_suspend(r);
    st = ape_llm_client_submit(c->parts->llm_client, asked, on_done, c, &call, &err);
    if (st == APE_OK) {
        atomic_store(&c->call, call);
        unref(c);
        return;
    }
    fail(c, st, &err);
    http_resume(r);
    unref(c);
    unref(c);
}
