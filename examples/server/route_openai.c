/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "chain.h"
#include "chat_reply.h"
#include "problem.h"
#include "routes.h"

enum { MAX_MODEL = 128, MAX_MESSAGES = 1000 };

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

/* What would change the answer, and what this door cannot do, is refused, not ignored. */
static bool refuse_the_rest(request *r, const cJSON *body)
{
    static const char *const unknown[] = { "tools", "functions", "audio" };
    int64_t n = 1;

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        const cJSON *member = cJSON_GetObjectItemCaseSensitive(body, unknown[i]);

        if (member && !cJSON_IsNull(member) && cJSON_GetArraySize(member) > 0)
            return complain(r, unknown[i], "is not supported");
    }
    return body_integer(r, body, "n", 1, 1, &n);
}

static bool set_model(request *r, ape_llm_request *out, const char *model)
{
    ape_error err;
    ape_status st;

    if (!model || strcmp(model, "ape") == 0)
        return true;
    st = ape_llm_request_set_provider(out, model, &err);
    if (st == APE_OK)
        return true;
    problem_status(r, st, &err);
    return false;
}

static void answer(request *r, ape_llm_request *asked, const chat_form *form)
{
    ape_llm_completion *completion = NULL;
    ape_error err;
    ape_status st = ape_llm_client_generate(r->parts->llm_client, asked, &completion, &err);

    if (st == APE_OK)
        chat_reply(r, completion, form);
    else if (st == APE_ERR_INVALID && strcmp(form->model, "ape") != 0)
        problem(r, 404, "there is no model %.60s; /v1/models lists what there is", form->model);
    else
        problem_status(r, st, &err);
    ape_llm_completion_free(completion);
}

static bool read_stream_options(request *r, const cJSON *body, chat_form *form)
{
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(body, "stream_options");

    return !cJSON_IsObject(options) || body_bool(r, options, "include_usage", &form->include_usage);
}

static void chat(request *r, const cJSON *body)
{
    chat_form form = { .model = "ape" };
    ape_llm_request *asked;
    ape_error err;
    ape_status st;

    if (!body_string(r, body, "model", false, MAX_MODEL, &form.model) ||
        !body_bool(r, body, "stream", &form.stream) || !read_stream_options(r, body, &form) ||
        !refuse_the_rest(r, body))
        return;
    st = ape_llm_request_new(r->server->host, &asked, &err);
    if (st != APE_OK) {
        problem_status(r, st, &err);
        return;
    }
    if (set_model(r, asked, form.model) && add_messages(r, asked, body))
        answer(r, asked, &form);
    ape_llm_request_free(asked);
}

void route_chat(request *r)
{
    cJSON *body = body_object(r, NULL);

    if (!body)
        return;
    chat(r, body);
    cJSON_Delete(body);
}

static void add_model(void *data, const char *id)
{
    cJSON *model = cJSON_CreateObject();

    cJSON_AddStringToObject(model, "id", id);
    cJSON_AddStringToObject(model, "object", "model");
    cJSON_AddNumberToObject(model, "created", 0);
    cJSON_AddStringToObject(model, "owned_by", "libape");
    cJSON_AddItemToArray(data, model);
}

void route_models(request *r)
{
    cJSON *answer_list = cJSON_CreateObject();
    cJSON *data;

    cJSON_AddStringToObject(answer_list, "object", "list");
    data = cJSON_AddArrayToObject(answer_list, "data");
    add_model(data, "ape");
    chain_for_each(r->parts->settings, add_model, data);
    reply_json(r, 200, answer_list);
}
