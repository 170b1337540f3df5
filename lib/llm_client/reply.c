/* SPDX-License-Identifier: MIT */
#include "llm_client/reply.h"

#include <string.h>

#include "core/utf8.h"

void ape__llm_usage_init(ape__llm_usage *usage)
{
    *usage = (ape__llm_usage){ -1, -1, -1, -1, -1 };
}

void ape__llm_reply_init(ape__llm_reply *reply, ape_host *host)
{
    memset(reply, 0, sizeof(*reply));
    ape__buffer_init(&reply->text, host);
    reply->text.limit = APE__LLM_TEXT_LIMIT;
    ape__llm_usage_init(&reply->usage);
}

void ape__llm_reply_clear(ape__llm_reply *reply)
{
    ape__buffer_clear(&reply->text);
}

static void copy(char *out, size_t out_size, const char *text)
{
    size_t size = strlen(text);

    if (size >= out_size)
        size = ape__utf8_cut(text, out_size - 1);
    memcpy(out, text, size);
    out[size] = '\0';
}

void ape__llm_reply_fail(ape__llm_reply *reply, ape_llm_class class_, const char *note)
{
    if (reply->failure != APE_LLM_OK)
        return;
    reply->failure = class_;
    if (note)
        ape__llm_excerpt(reply->note, note, strlen(note));
}

void ape__llm_reply_add_text(ape__llm_reply *reply, const char *text)
{
    size_t size = strlen(text);

    if (size == 0)
        return;
    if (reply->finish[0])
        ape__llm_reply_fail(reply, APE_LLM_MALFORMED, "text after the end");
    if (reply->text.size + size > APE__LLM_TEXT_LIMIT)
        ape__llm_reply_fail(reply, APE_LLM_TOO_LARGE, NULL);
    if (reply->failure != APE_LLM_OK)
        return;
    ape__buffer_append(&reply->text, text, size);
    if (reply->text.failed)
        ape__llm_reply_fail(reply, APE_LLM_INTERNAL, "out of memory");
    reply->progress += size;
    if (reply->listener)
        reply->listener(reply->listener_user, text, size);
}

void ape__llm_reply_set_finish(ape__llm_reply *reply, const char *finish)
{
    if (reply->finish[0] && strcmp(reply->finish, finish) != 0)
        ape__llm_reply_fail(reply, APE_LLM_ODD_FINISH, "two different ends");
    copy(reply->finish, sizeof(reply->finish), finish);
}

void ape__llm_reply_set_model(ape__llm_reply *reply, const char *model)
{
    if (ape__utf8_valid(model, strlen(model)))
        copy(reply->model, sizeof(reply->model), model);
}

static ape_llm_class class_of_finish(const char *finish)
{
    static const struct {
        const char *finish;
        ape_llm_class class_;
    } known[] = {
        { "stop", APE_LLM_OK },
        { "end_turn", APE_LLM_OK },
        { "stop_sequence", APE_LLM_OK },
        { "eos_token", APE_LLM_OK },
        { "eos", APE_LLM_OK },
        { "length", APE_LLM_LENGTH },
        { "max_tokens", APE_LLM_LENGTH },
        { "model_context_window_exceeded", APE_LLM_LENGTH },
        { "content_filter", APE_LLM_DECLINED },
        { "refusal", APE_LLM_DECLINED },
        { "insufficient_system_resource", APE_LLM_OVERLOADED },
        { "error", APE_LLM_SERVER },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(finish, known[i].finish) == 0)
            return known[i].class_;
    return APE_LLM_ODD_FINISH;
}

ape_llm_class ape__llm_reply_judge(ape__llm_reply *reply)
{
    ape_llm_class class_;

    if (reply->failure != APE_LLM_OK)
        return reply->failure;
    if (!reply->is_whole) {
        ape__llm_reply_fail(reply, APE_LLM_CUT, NULL);
        return reply->failure;
    }
    class_ = class_of_finish(reply->finish);
    if (class_ == APE_LLM_OK && reply->has_refusal)
        class_ = APE_LLM_DECLINED;
    if (class_ == APE_LLM_OK && reply->text.size == 0)
        class_ = reply->has_tool_call ? APE_LLM_ODD_FINISH : APE_LLM_EMPTY;
    if (class_ != APE_LLM_OK)
        ape__llm_reply_fail(reply, class_, class_ == APE_LLM_ODD_FINISH ? reply->finish : NULL);
    return class_;
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

static bool is_key_like(const char *word, size_t size)
{
    static const char *const starts[] = { "sk-", "AIza", "gsk_", "Bearer", "xai-" };

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (size > strlen(starts[i]) && memcmp(word, starts[i], strlen(starts[i])) == 0)
            return true;
    return size >= 32 && !memchr(word, '/', size);
}

/* Skips a tag of markup; 0: there is none at this place. */
static size_t tag_size(const char *text, size_t size)
{
    const char *end = text[0] == '<' ? memchr(text, '>', size) : NULL;

    return end ? (size_t)(end - text) + 1 : 0;
}

static size_t word_size(const char *text, size_t size)
{
    size_t n = 0;

    while (n < size && !is_blank(text[n]) && text[n] != '<' && text[n] != '"' && text[n] != '\'')
        n++;
    return n ? n : 1;
}

/* Question marks for what is not UTF-8; a character that was cut goes. Returns the size. */
static size_t clean(char *text, size_t size)
{
    size_t at = 0;

    while (at < size) {
        uint32_t code_point;
        size_t n = ape__utf8_decode(text + at, size - at, &code_point);

        if (n == 0 && size - at < 4 && (unsigned char)text[at] >= 0xc0)
            return at;
        if (n == 0)
            text[at] = '?';
        at += n ? n : 1;
    }
    return size;
}

void ape__llm_excerpt(char out[APE__LLM_NOTE_SIZE], const char *text, size_t size)
{
    size_t used = 0, at = 0;

    while (at < size && used < APE__LLM_NOTE_SIZE - 1) {
        size_t skip = tag_size(text + at, size - at);
        const char *piece = text + at;

        if (skip || is_blank(text[at])) {
            at += skip ? skip : 1;
            if (used && out[used - 1] != ' ')
                out[used++] = ' ';
            continue;
        }
        skip = word_size(piece, size - at);
        at += skip;
        if (is_key_like(piece, skip)) {
            piece = "***";
            skip = 3;
        }
        if (skip > APE__LLM_NOTE_SIZE - 1 - used)
            skip = APE__LLM_NOTE_SIZE - 1 - used;
        memcpy(out + used, piece, skip);
        used += skip;
    }
    out[clean(out, used)] = '\0';
}

void ape__llm_read_tokens(const cJSON *usage, const char *name, int64_t *out)
{
    double number;

    if (ape__json_get_number(usage, name, &number) && number >= 0 && number < 1e15)
        *out = (int64_t)number;
}
