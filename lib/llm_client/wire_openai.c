/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "llm_client/classify.h"
#include "llm_client/wire.h"

/* OpenAI chat completions, and the many that speak like it. */

static void write_body(ape__json_writer *w, const ape__llm_ask *ask)
{
    const ape_llm_request *request = ask->request;

    ape__json_begin_object(w, NULL);
    ape__json_string(w, "model", ask->model);
    ape__llm_write_messages(w, ask, true);
    ape__json_bool(w, "stream", true);
    if (!(ask->quirks & APE__LLM_NO_STREAM_OPTIONS)) {
        ape__json_begin_object(w, "stream_options");
        ape__json_bool(w, "include_usage", true);
        ape__json_end_object(w);
    }
    if (!isnan(request->temperature))
        ape__json_number(w, "temperature", request->temperature);
    if (ask->max_tokens)
        ape__json_integer(w,
                          ask->quirks & APE__LLM_MAX_COMPLETION_TOKENS ? "max_completion_tokens"
                                                                       : "max_tokens",
                          ask->max_tokens);
    if (request->stops.first) {
        ape__json_begin_array(w, "stop");
        for (const ape__llm_message *m = request->stops.first; m; m = m->next)
            ape__json_string_sized(w, NULL, m->text, m->size);
        ape__json_end_array(w);
    }
    if (request->wants_json) {
        ape__json_begin_object(w, "response_format");
        ape__json_string(w, "type", "json_object");
        ape__json_end_object(w);
    }
    ape__json_end_object(w);
}

static void take_usage(ape__llm_usage *out, const cJSON *usage)
{
    const cJSON *in = ape__json_get_object(usage, "prompt_tokens_details");
    const cJSON *output = ape__json_get_object(usage, "completion_tokens_details");
    int64_t prompt = -1, read = -1, write = -1;

    if (!usage)
        return;
    ape__llm_read_tokens(usage, "prompt_tokens", &prompt);
    ape__llm_read_tokens(in, "cached_tokens", &read);
    ape__llm_read_tokens(usage, "prompt_cache_hit_tokens", &read); /* DeepSeek */
    ape__llm_read_tokens(in, "cache_write_tokens", &write);
    if (prompt >= 0) {
        /* prompt_tokens holds the cached ones too */
        out->cache_read = read > 0 && read <= prompt ? read : 0;
        out->cache_write = write > 0 && write <= prompt - out->cache_read ? write : 0;
        out->input = prompt - out->cache_read - out->cache_write;
    }
    ape__llm_read_tokens(usage, "completion_tokens", &out->output);
    ape__llm_read_tokens(output, "reasoning_tokens", &out->reasoning);
}

/* Content is a text, or a list of parts. */
static void take_content(ape__llm_reply *reply, const cJSON *content)
{
    const cJSON *part;

    if (cJSON_IsString(content))
        ape__llm_reply_add_text(reply, content->valuestring);
    if (!cJSON_IsArray(content))
        return;
    cJSON_ArrayForEach(part, content)
    {
        const char *text = ape__json_get_string(part, "text");

        if (text)
            ape__llm_reply_add_text(reply, text);
    }
}

static void take_delta(ape__llm_reply *reply, const cJSON *delta)
{
    const char *reasoning = ape__json_get_string(delta, "reasoning_content");
    const char *refusal = ape__json_get_string(delta, "refusal");

    if (!reasoning)
        reasoning = ape__json_get_string(delta, "reasoning");
    if (reasoning)
        reply->progress += strlen(reasoning);
    if (refusal && *refusal)
        reply->has_refusal = true;
    if (ape__json_get_array(delta, "tool_calls"))
        reply->has_tool_call = true;
    take_content(reply, ape__json_get(delta, "content"));
}

/* The first choice; others were not asked for. */
static const cJSON *first_choice(const cJSON *root)
{
    const cJSON *choice;

    cJSON_ArrayForEach(choice, ape__json_get_array(root, "choices"))
    {
        double index = 0;

        ape__json_get_number(choice, "index", &index);
        if (index == 0)
            return choice;
    }
    return NULL;
}

static void take_chunk(ape__llm_reply *reply, const cJSON *root, const char *delta_name)
{
    const cJSON *choice = first_choice(root);
    const char *finish = ape__json_get_string(choice, "finish_reason");
    const char *model = ape__json_get_string(root, "model");

    if (model)
        ape__llm_reply_set_model(reply, model);
    take_usage(&reply->usage, ape__json_get_object(root, "usage"));
    take_delta(reply, ape__json_get_object(choice, delta_name));
    if (finish && *finish) {
        ape__llm_reply_set_finish(reply, finish);
        reply->is_whole = true;
    }
}

/* A line of Ollama's own stream. */
static void take_native(ape__llm_reply *reply, const cJSON *root)
{
    const char *reason = ape__json_get_string(root, "done_reason");

    take_delta(reply, ape__json_get_object(root, "message"));
    if (!cJSON_IsTrue(ape__json_get(root, "done")))
        return;
    ape__llm_reply_set_finish(reply, reason ? reason : "stop");
    reply->is_whole = reply->is_over = true;
    ape__llm_read_tokens(root, "prompt_eval_count", &reply->usage.input);
    ape__llm_read_tokens(root, "eval_count", &reply->usage.output);
}

static bool is_done_marker(const char *data, size_t size)
{
    while (size > 0 && (data[size - 1] == ' ' || data[size - 1] == '\t'))
        size--;
    return size == 6 && memcmp(data, "[DONE]", 6) == 0;
}

static void take_event(ape__llm_reply *reply, const char *data, size_t size)
{
    cJSON *root;

    if (is_done_marker(data, size)) {
        reply->is_over = true;
        return;
    }
    root = ape__llm_parse_event(reply, data, size);
    if (!root)
        return;
    if (!ape__llm_take_error(reply, 0, root)) {
        if (!cJSON_IsObject(root))
            ape__llm_reply_fail(reply, APE_LLM_MALFORMED, "an event that is no object");
        else if (ape__json_get(root, "done"))
            take_native(reply, root);
        else
            take_chunk(reply, root, "delta");
    }
    cJSON_Delete(root);
}

static void take_whole(ape__llm_reply *reply, const cJSON *root)
{
    if (ape__json_get(root, "done"))
        take_native(reply, root);
    else if (first_choice(root))
        take_chunk(reply, root, "message");
    else
        ape__llm_reply_fail(reply, APE_LLM_NOT_AN_ANSWER, "JSON without choices");
    reply->is_over = true;
}

const ape__llm_wire ape__llm_wire_openai = {
    .name = "openai",
    .path = "/chat/completions",
    .models_path = "/models",
    .key_header = "Authorization: Bearer %s",
    .write_body = write_body,
    .take_event = take_event,
    .take_whole = take_whole,
};
