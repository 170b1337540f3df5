/* SPDX-License-Identifier: MIT */
#include "chat_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "problem.h"

enum { CHUNK_BYTES = 2048 };

/* What all chunks of one completion share. */
typedef struct head {
    char id[REQUEST_ID_SIZE + 16];
    double created;
    const char *model;
} head;

static cJSON *new_object(const head *h, const char *kind)
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

/* Unknown stays unknown: an invented 0 would be a wrong bill. */
static void add_usage(cJSON *object, const cJSON *story)
{
    const cJSON *usage = cJSON_GetObjectItemCaseSensitive(story, "usage");
    const cJSON *in = number(usage, "input_tokens");
    const cJSON *out = number(usage, "output_tokens");
    cJSON *added;

    if (!in || !out) {
        cJSON_AddNullToObject(object, "usage");
        return;
    }
    added = cJSON_AddObjectToObject(object, "usage");
    cJSON_AddNumberToObject(added, "prompt_tokens", in->valuedouble);
    cJSON_AddNumberToObject(added, "completion_tokens", out->valuedouble);
    cJSON_AddNumberToObject(added, "total_tokens", in->valuedouble + out->valuedouble);
}

static cJSON *add_choice(cJSON *object)
{
    cJSON *choice = cJSON_CreateObject();

    cJSON_AddNumberToObject(choice, "index", 0);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(object, "choices"), choice);
    return choice;
}

static void reply_whole(request *r, const head *h, const cJSON *story, const char *text)
{
    cJSON *object = new_object(h, "chat.completion");
    cJSON *choice = add_choice(object);
    cJSON *message = cJSON_AddObjectToObject(choice, "message");

    cJSON_AddStringToObject(message, "role", "assistant");
    cJSON_AddStringToObject(message, "content", text);
    cJSON_AddNullToObject(message, "refusal");
    cJSON_AddNullToObject(choice, "logprobs");
    cJSON_AddStringToObject(choice, "finish_reason", "stop");
    add_usage(object, story);
    reply_json(r, 200, object);
}

static void write_event(FILE *out, cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    if (text)
        fprintf(out, "data: %s\n\n", text);
    cJSON_free(text);
    cJSON_Delete(object);
}

static void write_delta(FILE *out, const head *h, const char *content, size_t size, bool first)
{
    cJSON *object = new_object(h, "chat.completion.chunk");
    cJSON *choice = add_choice(object);
    cJSON *delta = cJSON_AddObjectToObject(choice, "delta");
    char piece[CHUNK_BYTES + 1];

    memcpy(piece, content, size);
    piece[size] = '\0';
    if (first)
        cJSON_AddStringToObject(delta, "role", "assistant");
    cJSON_AddStringToObject(delta, "content", piece);
    cJSON_AddNullToObject(choice, "finish_reason");
    write_event(out, object);
}

/* Pieces end between characters. */
static size_t piece_size(const char *text, size_t left)
{
    size_t size = left < CHUNK_BYTES ? left : CHUNK_BYTES;

    while (size < left && size > 1 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

static void write_end(FILE *out, const head *h, const cJSON *story, bool include_usage)
{
    cJSON *object = new_object(h, "chat.completion.chunk");
    cJSON *choice = add_choice(object);

    cJSON_AddObjectToObject(choice, "delta");
    cJSON_AddStringToObject(choice, "finish_reason", "stop");
    write_event(out, object);
    if (include_usage) {
        object = new_object(h, "chat.completion.chunk");
        cJSON_AddArrayToObject(object, "choices");
        add_usage(object, story);
        write_event(out, object);
    }
    fputs("data: [DONE]\n\n", out);
}

static void reply_stream(request *r, const head *h, const cJSON *story, const char *text,
                         bool include_usage)
{
    size_t left = strlen(text);
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    bool first = true;
    bool good;

    if (!out) {
        problem(r, 503, "out of memory; try again");
        return;
    }
    do {
        size_t piece = piece_size(text, left);

        write_delta(out, h, text, piece, first);
        first = false;
        text += piece;
        left -= piece;
    } while (left > 0);
    write_end(out, h, story, include_usage);
    good = !ferror(out);
    if (fclose(out) != 0 || !good) {
        free(bytes);
        problem(r, 503, "out of memory; try again");
        return;
    }
    reply_static(r, 200, "text/event-stream", bytes, size);
    r->reply.owner = bytes;
    r->reply.release = free;
}

static const char *model_of(const cJSON *story, const char *fallback)
{
    const char *model = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(story, "model"));

    return model ? model : fallback;
}

void chat_reply(request *r, const ape_llm_completion *completion, const chat_form *form)
{
    const char *text = ape_llm_completion_text(completion);
    ape_text *json;
    ape_error err;
    ape_status st = ape_llm_completion_to_json(completion, &json, &err);
    head h = { .created = (double)time(NULL) };
    cJSON *story;

    if (st != APE_OK) {
        problem_status(r, st, &err);
        return;
    }
    story = cJSON_Parse(ape_text_data(json));
    ape_text_free(json);
    snprintf(h.id, sizeof(h.id), "chatcmpl-%s", r->id);
    h.model = model_of(story, form->model);
    if (form->stream)
        reply_stream(r, &h, story, text, form->include_usage);
    else
        reply_whole(r, &h, story, text);
    reply_header_add(r, "X-Ape-Provider", "%.60s", ape_llm_completion_provider(completion));
    cJSON_Delete(story);
}
