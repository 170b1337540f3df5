/* SPDX-License-Identifier: MIT */
#include "chat_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "problem.h"

void chat_head_init(chat_head *h, const char *request_id, const char *model)
{
    h->created = (double)time(NULL);
    snprintf(h->id, sizeof(h->id), "chatcmpl-%s", request_id);
    snprintf(h->model, sizeof(h->model), "%s", model);
}

static cJSON *new_object(const chat_head *h, const char *kind)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "id", h->id);
    cJSON_AddStringToObject(object, "object", kind);
    cJSON_AddNumberToObject(object, "created", h->created);
    cJSON_AddStringToObject(object, "model", h->model);
    return object;
}

static const cJSON *number(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(member) ? member : NULL;
}

static double value_or_zero(const cJSON *number_or_null)
{
    return number_or_null ? number_or_null->valuedouble : 0;
}

static void add_detail(cJSON *usage, const char *group, const char *name, const cJSON *value)
{
    if (value)
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(usage, group), name, value->valuedouble);
}

/* The client's numbers do not overlap; OpenAI's prompt tokens are all of them, cached or not.
   Unknown stays unknown: an invented 0 would be a wrong bill. */
static void add_usage(cJSON *object, const cJSON *story)
{
    const cJSON *usage = cJSON_GetObjectItemCaseSensitive(story, "usage");
    const cJSON *in = number(usage, "input_tokens");
    const cJSON *read = number(usage, "cache_read_tokens");
    const cJSON *out = number(usage, "output_tokens");
    double prompt;
    cJSON *added;

    if (!in || !out) {
        cJSON_AddNullToObject(object, "usage");
        return;
    }
    prompt =
        in->valuedouble + value_or_zero(read) + value_or_zero(number(usage, "cache_write_tokens"));
    added = cJSON_AddObjectToObject(object, "usage");
    cJSON_AddNumberToObject(added, "prompt_tokens", prompt);
    cJSON_AddNumberToObject(added, "completion_tokens", out->valuedouble);
    cJSON_AddNumberToObject(added, "total_tokens", prompt + out->valuedouble);
    add_detail(added, "prompt_tokens_details", "cached_tokens", read);
    add_detail(added, "completion_tokens_details", "reasoning_tokens",
               number(usage, "reasoning_tokens"));
}

static cJSON *add_choice(cJSON *object)
{
    cJSON *choice = cJSON_CreateObject();

    cJSON_AddNumberToObject(choice, "index", 0);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(object, "choices"), choice);
    return choice;
}

/* What the client tells of a completion; NULL without memory. */
static cJSON *story_of(const ape_llm_completion *completion)
{
    ape_text *json;
    cJSON *story;

    if (ape_llm_completion_to_json(completion, &json, NULL) != APE_OK)
        return NULL;
    story = cJSON_Parse(ape_text_data(json));
    ape_text_free(json);
    return story;
}

void chat_reply(request *r, const chat_head *h, const ape_llm_completion *completion)
{
    cJSON *story = story_of(completion);
    cJSON *object = new_object(h, "chat.completion");
    const char *model = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(story, "model"));
    cJSON *choice = add_choice(object);
    cJSON *message = cJSON_AddObjectToObject(choice, "message");

    if (model)
        cJSON_ReplaceItemInObjectCaseSensitive(object, "model", cJSON_CreateString(model));
    cJSON_AddStringToObject(message, "role", "assistant");
    cJSON_AddStringToObject(message, "content", ape_llm_completion_text(completion));
    cJSON_AddNullToObject(message, "refusal");
    cJSON_AddNullToObject(choice, "logprobs");
    cJSON_AddStringToObject(choice, "finish_reason", "stop");
    add_usage(object, story);
    cJSON_Delete(story);
    reply_json(r, 200, object);
    reply_header_add(r, "X-Ape-Provider", "%.60s", ape_llm_completion_provider(completion));
}

void chat_send_object(stream *events, cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    /* What finds no memory breaks the stream off, as NULL does. */
    stream_send(events, NULL, text);
    cJSON_free(text);
    cJSON_Delete(object);
}

void chat_send_text(stream *events, const chat_head *h, const char *text, size_t size, bool first)
{
    cJSON *object = new_object(h, "chat.completion.chunk");
    cJSON *choice = add_choice(object);
    cJSON *delta = cJSON_AddObjectToObject(choice, "delta");
    char *piece = strndup(text, size);

    if (first)
        cJSON_AddStringToObject(delta, "role", "assistant");
    cJSON_AddStringToObject(delta, "content", piece);
    cJSON_AddNullToObject(choice, "finish_reason");
    free(piece);
    chat_send_object(events, object);
}

void chat_send_end(stream *events, const chat_head *h, const ape_llm_completion *completion,
                   bool include_usage)
{
    cJSON *object = new_object(h, "chat.completion.chunk");
    cJSON *choice = add_choice(object);

    cJSON_AddObjectToObject(choice, "delta");
    cJSON_AddStringToObject(choice, "finish_reason", "stop");
    chat_send_object(events, object);
    if (include_usage) {
        cJSON *story = story_of(completion);

        object = new_object(h, "chat.completion.chunk");
        cJSON_AddArrayToObject(object, "choices");
        add_usage(object, story);
        cJSON_Delete(story);
        chat_send_object(events, object);
    }
    stream_send(events, NULL, "[DONE]");
}
