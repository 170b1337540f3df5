/* SPDX-License-Identifier: MIT */
#include "chat_request.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "problem.h"

enum { MAX_MESSAGES = 1000, MAX_TOKENS = 10000000, MAX_STOP = 256 };

static bool complain(request *r, const char *field, const char *detail)
{
    problem_field(r, field, "%s", detail);
    return false;
}

static bool read_role(const cJSON *message, ape_llm_role *out)
{
    static const struct {
        const char *name;
        ape_llm_role role;
    } roles[] = { { "system", APE_LLM_SYSTEM },
                  { "developer", APE_LLM_SYSTEM },
                  { "user", APE_LLM_USER },
                  { "assistant", APE_LLM_ASSISTANT } };
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "role"));

    for (size_t i = 0; name && i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(roles[i].name, name) == 0) {
            *out = roles[i].role;
            return true;
        }
    }
    return false;
}

/* Text parts joined; NULL if there is any other kind of part. The caller frees it. */
static char *join_parts(const cJSON *content)
{
    size_t size = 0;
    char *text;
    const cJSON *part;

    cJSON_ArrayForEach(part, content)
    {
        const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(part, "type"));
        const char *piece = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(part, "text"));

        if (!type || strcmp(type, "text") != 0 || !piece)
            return NULL;
        size += strlen(piece);
    }
    text = calloc(1, size + 1);
    size = 0;
    cJSON_ArrayForEach(part, content)
    {
        const char *piece = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(part, "text"));

        if (!text)
            break;
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return text;
}

static char *read_content(const cJSON *message)
{
    const cJSON *content = cJSON_GetObjectItemCaseSensitive(message, "content");

    if (cJSON_IsString(content))
        return strdup(content->valuestring);
    return cJSON_IsArray(content) && cJSON_GetArraySize(content) > 0 ? join_parts(content) : NULL;
}

static bool add_message(request *r, ape_llm_request *out, const cJSON *message)
{
    ape_llm_role role;
    ape_error err;
    ape_status st;
    char *text;

    if (!cJSON_IsObject(message) || !read_role(message, &role))
        return complain(r, "messages", "each needs a role: system, developer, user or assistant");
    text = read_content(message);
    if (!text)
        return complain(r, "messages", "each needs content: text, or a list of text parts");
    st = ape_llm_request_add_message(out, role, text, strlen(text), &err);
    free(text);
    if (st == APE_OK)
        return true;
    problem_status(r, st, &err);
    return false;
}

static bool add_messages(request *r, ape_llm_request *out, const cJSON *body)
{
    const cJSON *messages = cJSON_GetObjectItemCaseSensitive(body, "messages");
    const cJSON *message;

    if (!cJSON_IsArray(messages) || cJSON_GetArraySize(messages) < 1)
        return complain(r, "messages", "must be a list of at least one message");
    if (cJSON_GetArraySize(messages) > MAX_MESSAGES)
        return complain(r, "messages", "has more than 1,000 messages");
    cJSON_ArrayForEach(message, messages) if (!add_message(r, out, message)) return false;
    return true;
}

static const cJSON *find(const cJSON *body, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(body, name);

    return cJSON_IsNull(member) ? NULL : member;
}

static bool refuse_lists(request *r, const cJSON *body)
{
    static const char *const unknown[] = { "tools", "functions", "audio", "logit_bias" };

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        const cJSON *member = find(body, unknown[i]);

        if (member && cJSON_GetArraySize(member) > 0)
            return complain(r, unknown[i], "is not supported");
    }
    return true;
}

/* What would change the answer, and what this door cannot do, is refused, not ignored. */
static bool refuse_the_rest(request *r, const cJSON *body)
{
    static const struct {
        const char *name;
        double neutral;
    } usual[] = { { "top_p", 1 }, { "presence_penalty", 0 }, { "frequency_penalty", 0 } };
    bool logprobs = false;
    int64_t n = 1;

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        const cJSON *member = find(body, usual[i].name);

        if (!member || (cJSON_IsNumber(member) && member->valuedouble == usual[i].neutral))
            continue;
        problem_field(r, usual[i].name, "is not supported; leave it out, or send %g",
                      usual[i].neutral);
        return false;
    }
    if (!body_bool(r, body, "logprobs", &logprobs) || !body_integer(r, body, "n", 1, 1, &n))
        return false;
    return !logprobs || complain(r, "logprobs", "is not supported");
}

static bool set_temperature(request *r, ape_llm_request *out, const cJSON *body)
{
    const cJSON *member = find(body, "temperature");

    if (!member || (cJSON_IsNumber(member) && isfinite(member->valuedouble) &&
                    ape_llm_request_set_temperature(out, member->valuedouble, NULL) == APE_OK))
        return true;
    return complain(r, "temperature", "must be a number from 0 to 2");
}

static bool set_max_tokens(request *r, ape_llm_request *out, const cJSON *body)
{
    int64_t most = 0;

    if (!body_integer(r, body, "max_tokens", 1, MAX_TOKENS, &most) ||
        !body_integer(r, body, "max_completion_tokens", 1, MAX_TOKENS, &most))
        return false;
    ape_llm_request_set_max_tokens(out, (uint32_t)most);
    return true;
}

static bool add_stop(request *r, ape_llm_request *out, const cJSON *stop)
{
    const char *text = cJSON_GetStringValue(stop);

    if (text && *text && strlen(text) <= MAX_STOP &&
        ape_llm_request_add_stop(out, text, NULL) == APE_OK)
        return true;
    return complain(r, "stop", "must be a text of 1 to 256 bytes, or a list of at most 4");
}

static bool set_stops(request *r, ape_llm_request *out, const cJSON *body)
{
    const cJSON *stop = find(body, "stop");
    const cJSON *entry;

    if (!stop || !cJSON_IsArray(stop))
        return !stop || add_stop(r, out, stop);
    cJSON_ArrayForEach(entry, stop) if (!add_stop(r, out, entry)) return false;
    return true;
}

static bool set_format(request *r, ape_llm_request *out, const cJSON *body)
{
    const cJSON *format = find(body, "response_format");
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(format, "type"));

    if (format && (!type || (strcmp(type, "text") != 0 && strcmp(type, "json_object") != 0)))
        return complain(r, "response_format",
                        "must be {\"type\": \"text\"} or "
                        "{\"type\": \"json_object\"}");
    ape_llm_request_set_json_mode(out, type && strcmp(type, "json_object") == 0);
    return true;
}

static bool set_model(request *r, ape_llm_request *out, const char *model)
{
    ape_error err;
    ape_status st;

    if (strcmp(model, "ape") == 0)
        return true;
    st = ape_llm_request_set_provider(out, model, &err);
    if (st == APE_OK)
        return true;
    problem_status(r, st, &err);
    return false;
}

static bool read_form(request *r, const cJSON *body, chat_form *form)
{
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(body, "stream_options");
    const char *model = "ape";

    if (!body_string(r, body, "model", false, sizeof(form->model) - 1, &model) ||
        !body_bool(r, body, "stream", &form->stream))
        return false;
    memcpy(form->model, model, strlen(model) + 1);
    return !cJSON_IsObject(options) || body_bool(r, options, "include_usage", &form->include_usage);
}

static bool fill(request *r, ape_llm_request *out, const cJSON *body, const chat_form *form)
{
    return set_model(r, out, form->model) && set_temperature(r, out, body) &&
           set_max_tokens(r, out, body) && set_stops(r, out, body) && set_format(r, out, body) &&
           add_messages(r, out, body);
}

ape_llm_request *chat_request(request *r, const cJSON *body, chat_form *form)
{
    ape_llm_request *out;
    ape_error err;
    ape_status st;

    if (!read_form(r, body, form) || !refuse_lists(r, body) || !refuse_the_rest(r, body))
        return NULL;
    st = ape_llm_request_new(r->server->host, &out, &err);
    if (st != APE_OK) {
        problem_status(r, st, &err);
        return NULL;
    }
    if (fill(r, out, body, form))
        return out;
    ape_llm_request_free(out);
    return NULL;
}
