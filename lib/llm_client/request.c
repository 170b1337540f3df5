/* SPDX-License-Identifier: MIT */
#include "llm_client/request.h"

#include <math.h>
#include <string.h>

#include "core/host.h"
#include "core/utf8.h"

enum { MOST_STOPS = 4 };

ape_status ape__llm_messages_add(ape_host *host, ape__llm_messages *messages, ape_llm_role role,
                                 const char *text, size_t size, ape_error *err)
{
    ape__llm_message *message = ape__alloc(host, sizeof(*message) + size + 1);

    if (!message)
        return ape__fail_no_memory(err);
    message->role = role;
    message->size = size;
    if (size)
        memcpy(message->text, text, size);
    if (messages->last)
        messages->last->next = message;
    else
        messages->first = message;
    messages->last = message;
    return APE_OK;
}

void ape__llm_messages_clear(ape_host *host, ape__llm_messages *messages)
{
    while (messages->first) {
        ape__llm_message *message = messages->first;

        messages->first = message->next;
        ape__free(host, message, sizeof(*message) + message->size + 1);
    }
    messages->last = NULL;
}

static void make_condition(ape_llm_request *request)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&request->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&request->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

ape_status ape_llm_request_new(ape_host *host, ape_llm_request **out, ape_error *err)
{
    ape_llm_request *request;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    request = ape__alloc(host, sizeof(*request));
    if (!request)
        return ape__fail_no_memory(err);
    make_condition(request);
    request->host = ape__host_ref(host);
    request->temperature = NAN;
    atomic_init(&request->shares, 1);
    *out = request;
    return APE_OK;
}

ape_llm_request *ape__llm_request_ref(ape_llm_request *request)
{
    atomic_fetch_add_explicit(&request->shares, 1, memory_order_relaxed);
    return request;
}

void ape_llm_request_free(ape_llm_request *request)
{
    ape_host *host;

    if (!request || atomic_fetch_sub_explicit(&request->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = request->host;
    ape__llm_messages_clear(host, &request->messages);
    ape__llm_messages_clear(host, &request->stops);
    ape__strfree(host, request->provider);
    pthread_cond_destroy(&request->changed);
    pthread_mutex_destroy(&request->lock);
    ape__free(host, request, sizeof(*request));
    ape_host_free(host);
}

static ape_status check_text(const char *text, size_t size, ape_error *err)
{
    if (!text && size > 0)
        return ape__fail(err, APE_ERR_INVALID, "text is NULL");
    if (!ape__utf8_valid(text, size))
        return ape__fail(err, APE_ERR_INVALID, "the text is not UTF-8");
    return APE_OK;
}

ape_status ape_llm_request_add_message(ape_llm_request *request, ape_llm_role role,
                                       const char *text, size_t size, ape_error *err)
{
    ape_status st;

    if (!request)
        return ape__fail(err, APE_ERR_INVALID, "request is NULL");
    if (role < APE_LLM_SYSTEM || role > APE_LLM_ASSISTANT)
        return ape__fail(err, APE_ERR_INVALID, "no such role: %d", (int)role);
    st = check_text(text, size, err);
    if (st != APE_OK)
        return st;
    return ape__llm_messages_add(request->host, &request->messages, role, text, size, err);
}

ape_status ape_llm_request_set_provider(ape_llm_request *request, const char *name, ape_error *err)
{
    char *copy = NULL;

    if (!request)
        return ape__fail(err, APE_ERR_INVALID, "request is NULL");
    if (name && !(copy = ape__strdup(request->host, name)))
        return ape__fail_no_memory(err);
    ape__strfree(request->host, request->provider);
    request->provider = copy;
    return APE_OK;
}

void ape_llm_request_set_timeout_ms(ape_llm_request *request, uint64_t timeout_ms)
{
    request->timeout_ms = timeout_ms;
}

void ape_llm_request_set_judge(ape_llm_request *request, ape_llm_judge judge, void *user)
{
    request->judge = judge;
    request->judge_user = user;
}

ape_status ape_llm_request_set_temperature(ape_llm_request *request, double temperature,
                                           ape_error *err)
{
    if (!request || !(isnan(temperature) || (temperature >= 0 && temperature <= 2)))
        return ape__fail(err, APE_ERR_INVALID, "temperature must be from 0 to 2, or NaN");
    request->temperature = temperature;
    return APE_OK;
}

void ape_llm_request_set_max_tokens(ape_llm_request *request, uint32_t max_tokens)
{
    request->max_tokens = max_tokens;
}

ape_status ape_llm_request_add_stop(ape_llm_request *request, const char *text, ape_error *err)
{
    size_t count = 0;

    if (!request || !text || !*text || !ape__utf8_valid(text, strlen(text)))
        return ape__fail(err, APE_ERR_INVALID, "a stop text must be UTF-8 and not empty");
    for (const ape__llm_message *m = request->stops.first; m; m = m->next)
        count++;
    if (count == MOST_STOPS)
        return ape__fail(err, APE_ERR_LIMIT, "a request has at most %d stop texts", MOST_STOPS);
    return ape__llm_messages_add(request->host, &request->stops, APE_LLM_USER, text, strlen(text),
                                 err);
}

void ape_llm_request_set_json_mode(ape_llm_request *request, bool wants_json)
{
    request->wants_json = wants_json;
}

void ape_llm_request_set_cacheable(ape_llm_request *request, bool is_cacheable)
{
    request->is_cacheable = is_cacheable;
}

void ape_llm_request_set_listener(ape_llm_request *request, ape_llm_listener listener, void *user)
{
    request->listener = listener;
    request->listener_user = user;
}

void ape_llm_request_cancel(ape_llm_request *request)
{
    pthread_mutex_lock(&request->lock);
    if (request->is_running) {
        request->is_cancelled = true;
        pthread_cond_broadcast(&request->changed);
    }
    pthread_mutex_unlock(&request->lock);
}

const ape__llm_message *ape__llm_request_question(const ape_llm_request *request)
{
    const ape__llm_message *question = NULL;

    for (const ape__llm_message *m = request->messages.first; m; m = m->next)
        if (m->role == APE_LLM_USER)
            question = m;
    return question;
}
