/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "llm_client/classify.h"
#include "llm_client/wire.h"

/* Anthropic Messages. */

static void write_system(ape__json_writer *w, const ape_llm_request *request)
{
    bool any = false;

    for (const ape__llm_message *m = request->messages.first; m; m = m->next) {
        if (m->role != APE_LLM_SYSTEM)
            continue;
        if (!any)
            ape__json_begin_array(w, "system");
        any = true;
        ape__json_begin_object(w, NULL);
        ape__json_string(w, "type", "text");
        ape__json_string_sized(w, "text", m->text, m->size);
        ape__json_end_object(w);
    }
    if (any)
        ape__json_end_array(w);
}

static void write_body(ape__json_writer *w, const ape__llm_ask *ask)
{
    const ape_llm_request *request = ask->request;

    ape__json_begin_object(w, NULL);
    ape__json_string(w, "model", ask->model);
    ape__json_integer(w, "max_tokens", ask->max_tokens ? ask->max_tokens : APE__LLM_LONGEST_ANSWER);
    write_system(w, request);
    ape__llm_write_messages(w, ask, false);
    ape__json_bool(w, "stream", true);
    if (!isnan(request->temperature))
        ape__json_number(w, "temperature", request->temperature > 1 ? 1 : request->temperature);
    if (request->stops.first) {
        ape__json_begin_array(w, "stop_sequences");
        for (const ape__llm_message *m = request->stops.first; m; m = m->next)
            ape__json_string_sized(w, NULL, m->text, m->size);
        ape__json_end_array(w);
    }
    ape__json_end_object(w);
}

/* Cumulative: each overwrites what came before. */
static void take_usage(ape__llm_usage *out, const cJSON *usage)
{
    ape__llm_read_tokens(usage, "input_tokens", &out->input);
    ape__llm_read_tokens(usage, "cache_read_input_tokens", &out->cache_read);
    ape__llm_read_tokens(usage, "cache_creation_input_tokens", &out->cache_write);
    ape__llm_read_tokens(usage, "output_tokens", &out->output);
    ape__llm_read_tokens(ape__json_get_object(usage, "output_tokens_details"), "thinking_tokens",
                         &out->reasoning);
}

static void take_block(ape__llm_reply *reply, const cJSON *block)
{
    const char *type = ape__json_get_string(block, "type");
    const char *text = ape__json_get_string(block, "text");

    if (type && strcmp(type, "tool_use") == 0)
        reply->has_tool_call = true;
    if (type && strcmp(type, "text") == 0 && text)
        ape__llm_reply_add_text(reply, text);
}

static void take_delta(ape__llm_reply *reply, const cJSON *delta)
{
    const char *type = ape__json_get_string(delta, "type");
    const char *text = ape__json_get_string(delta, "text");
    const char *thinking = ape__json_get_string(delta, "thinking");
    const char *partial = ape__json_get_string(delta, "partial_json");

    if (type && strcmp(type, "text_delta") == 0 && text)
        ape__llm_reply_add_text(reply, text);
    if (thinking)
        reply->progress += strlen(thinking);
    if (partial)
        reply->progress += strlen(partial);
}

static void take_message(ape__llm_reply *reply, const cJSON *message)
{
    const char *model = ape__json_get_string(message, "model");
    const char *finish = ape__json_get_string(message, "stop_reason");

    if (model)
        ape__llm_reply_set_model(reply, model);
    take_usage(&reply->usage, ape__json_get_object(message, "usage"));
    if (finish)
        ape__llm_reply_set_finish(reply, finish);
}

static void take_stop(ape__llm_reply *reply)
{
    reply->is_whole = reply->finish[0] != '\0';
    reply->is_over = true;
}

static void take_typed(ape__llm_reply *reply, const char *type, const cJSON *root)
{
    const cJSON *delta = ape__json_get_object(root, "delta");

    if (strcmp(type, "message_start") == 0)
        take_message(reply, ape__json_get_object(root, "message"));
    else if (strcmp(type, "content_block_start") == 0)
        take_block(reply, ape__json_get_object(root, "content_block"));
    else if (strcmp(type, "content_block_delta") == 0)
        take_delta(reply, delta);
    else if (strcmp(type, "message_delta") == 0) {
        take_message(reply, delta);
        take_usage(&reply->usage, ape__json_get_object(root, "usage"));
    } else if (strcmp(type, "message_stop") == 0)
        take_stop(reply);
}

static void take_event(ape__llm_reply *reply, const char *data, size_t size)
{
    cJSON *root = ape__llm_parse_event(reply, data, size);
    const char *type = ape__json_get_string(root, "type");

    if (!root)
        return;
    if (!ape__llm_take_error(reply, 0, root)) {
        if (type)
            take_typed(reply, type, root);
        else
            ape__llm_reply_fail(reply, APE_LLM_MALFORMED, "an event without a type");
    }
    cJSON_Delete(root);
}

static void take_whole(ape__llm_reply *reply, const cJSON *root)
{
    const cJSON *content = ape__json_get_array(root, "content");
    const cJSON *block;

    if (!content) {
        ape__llm_reply_fail(reply, APE_LLM_NOT_AN_ANSWER, "JSON without content");
        return;
    }
    cJSON_ArrayForEach(block, content)
    {
        take_block(reply, block);
    }
    take_message(reply, root);
    take_stop(reply);
}

const ape__llm_wire ape__llm_wire_anthropic = {
    .name = "anthropic",
    .path = "/v1/messages",
    .models_path = "/v1/models",
    .key_header = "x-api-key: %s",
    .more_header = "anthropic-version: 2023-06-01",
    .write_body = write_body,
    .take_event = take_event,
    .take_whole = take_whole,
};
