/* SPDX-License-Identifier: MIT */
#include "chat_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_text.h"

void chat_head_init(chat_head *h, const char *request_id, const char *model)
{
    h->created = (long long)time(NULL);
    snprintf(h->id, sizeof(h->id), "chatcmpl-%s", request_id);
    snprintf(h->model, sizeof(h->model), "%s", model);
}

static void add_text(json_text *out, const char *text)
{
    json_text_add_string(out, text, strlen(text));
}

/* Up to the value of "choices". */
static void add_head(json_text *out, const chat_head *h, const char *kind, const char *model)
{
    json_text_add(out, "{\"id\":");
    add_text(out, h->id);
    json_text_add(out, ",\"object\":\"");
    json_text_add(out, kind);
    json_text_add(out, "\",\"created\":");
    json_text_add_number(out, h->created);
    json_text_add(out, ",\"model\":");
    add_text(out, model);
    json_text_add(out, ",\"choices\":");
}

static int64_t known(int64_t tokens)
{
    return tokens < 0 ? 0 : tokens;
}

static void add_count(json_text *out, const char *before, int64_t tokens, const char *after)
{
    json_text_add(out, before);
    json_text_add_number(out, tokens);
    json_text_add(out, after);
}

/* The client's numbers do not overlap; OpenAI's prompt tokens are all of them, cached or not.
   Unknown stays unknown: an invented 0 would be a wrong bill. */
static void add_usage(json_text *out, const ape_llm_completion *completion)
{
    int64_t in = ape_llm_completion_count_tokens(completion, APE_LLM_TOKENS_INPUT);
    int64_t read = ape_llm_completion_count_tokens(completion, APE_LLM_TOKENS_CACHE_READ);
    int64_t write = ape_llm_completion_count_tokens(completion, APE_LLM_TOKENS_CACHE_WRITE);
    int64_t answer = ape_llm_completion_count_tokens(completion, APE_LLM_TOKENS_OUTPUT);
    int64_t thought = ape_llm_completion_count_tokens(completion, APE_LLM_TOKENS_REASONING);
    int64_t prompt = in + known(read) + known(write);

    json_text_add(out, ",\"usage\":");
    if (in < 0 || answer < 0) {
        json_text_add(out, "null}");
        return;
    }
    add_count(out, "{\"prompt_tokens\":", prompt, "");
    add_count(out, ",\"completion_tokens\":", answer, "");
    add_count(out, ",\"total_tokens\":", prompt + answer, "");
    if (read >= 0)
        add_count(out, ",\"prompt_tokens_details\":{\"cached_tokens\":", read, "}");
    if (thought >= 0)
        add_count(out, ",\"completion_tokens_details\":{\"reasoning_tokens\":", thought, "}");
    json_text_add(out, "}}");
}

void chat_reply(request *r, const chat_head *h, const ape_llm_completion *completion)
{
    const char *model = ape_llm_completion_model(completion);
    json_text out = { .data = NULL };

    add_head(&out, h, "chat.completion", model ? model : h->model);
    json_text_add(&out, "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
    json_text_add_string(&out, ape_llm_completion_text(completion),
                         ape_llm_completion_text_size(completion));
    json_text_add(&out, ",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}]");
    add_usage(&out, completion);
    reply_json_text(r, 200, &out);
    reply_header_add(r, "X-Ape-Provider", "%.60s", ape_llm_completion_provider(completion));
}

/* What finds no memory is NULL, and breaks the stream off. */
static void send_event(stream *events, json_text *out)
{
    char *text = json_text_take(out);

    stream_send(events, NULL, text);
    free(text);
}

void chat_send_text(stream *events, const chat_head *h, const char *text, size_t size, bool first)
{
    json_text out = { .data = NULL };

    add_head(&out, h, "chat.completion.chunk", h->model);
    json_text_add(&out, "[{\"index\":0,\"delta\":{");
    if (first)
        json_text_add(&out, "\"role\":\"assistant\",");
    json_text_add(&out, "\"content\":");
    json_text_add_string(&out, text, size);
    json_text_add(&out, "},\"finish_reason\":null}]}");
    send_event(events, &out);
}

void chat_send_end(stream *events, const chat_head *h, const ape_llm_completion *completion,
                   bool include_usage)
{
    json_text out = { .data = NULL };

    add_head(&out, h, "chat.completion.chunk", h->model);
    json_text_add(&out, "[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
    send_event(events, &out);
    if (include_usage) {
        add_head(&out, h, "chat.completion.chunk", h->model);
        json_text_add(&out, "[]");
        add_usage(&out, completion);
        send_event(events, &out);
    }
    stream_send(events, NULL, "[DONE]");
}

void chat_send_error(stream *events, const char *code, const char *detail)
{
    json_text out = { .data = NULL };

    json_text_add(&out, "{\"error\":{\"message\":");
    add_text(&out, detail);
    json_text_add(&out, ",\"type\":\"server_error\",\"code\":");
    add_text(&out, code);
    json_text_add(&out, "}}");
    send_event(events, &out);
}
