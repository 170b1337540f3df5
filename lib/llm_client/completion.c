/* SPDX-License-Identifier: MIT */
#include "llm_client/completion.h"

#include <string.h>

#include "core/host.h"

#include "llm_client/classes.h"

ape_status ape__llm_completion_new(ape_host *host, ape_llm_completion **out, ape_error *err)
{
    ape_llm_completion *completion = ape__alloc(host, sizeof(*completion));

    if (!completion)
        return ape__fail_no_memory(err);
    completion->host = ape__host_ref(host);
    ape__buffer_init(&completion->text, host);
    ape__buffer_init(&completion->feedback, host);
    *out = completion;
    return APE_OK;
}

void ape_llm_completion_free(ape_llm_completion *completion)
{
    ape_host *host;

    if (!completion)
        return;
    host = completion->host;
    ape__buffer_clear(&completion->text);
    ape__buffer_clear(&completion->feedback);
    if (completion->entries)
        ape__free(host, completion->entries, completion->capacity * sizeof(*completion->entries));
    ape__free(host, completion, sizeof(*completion));
    ape_host_free(host);
}

ape__llm_entry *ape__llm_completion_add(ape_llm_completion *completion)
{
    ape__llm_entry *entry;

    if (completion->count == completion->capacity) {
        size_t capacity = completion->capacity ? completion->capacity * 2 : 4;
        ape__llm_entry *entries =
            ape__resize(completion->host, completion->entries,
                        completion->capacity * sizeof(*entries), capacity * sizeof(*entries));

        if (!entries)
            return NULL;
        completion->entries = entries;
        completion->capacity = capacity;
    }
    entry = &completion->entries[completion->count++];
    memset(entry, 0, sizeof(*entry));
    ape__llm_usage_init(&entry->usage);
    entry->cost = -1;
    return entry;
}

void ape_llm_completion_set_feedback(ape_llm_completion *candidate, const char *text, size_t size)
{
    ape__buffer_rewind(&candidate->feedback);
    ape__buffer_append(&candidate->feedback, text, size);
    if (candidate->feedback.failed)
        ape__buffer_clear(&candidate->feedback);
}

const char *ape_llm_completion_text(const ape_llm_completion *completion)
{
    if (!completion || !completion->has_text)
        return NULL;
    return completion->text.data ? completion->text.data : "";
}

size_t ape_llm_completion_text_size(const ape_llm_completion *completion)
{
    return completion && completion->has_text ? completion->text.size : 0;
}

const char *ape_llm_completion_provider(const ape_llm_completion *completion)
{
    return completion && completion->has_text ? completion->provider : NULL;
}

static void write_count(ape__json_writer *w, const char *name, int64_t count)
{
    if (count < 0)
        ape__json_null(w, name);
    else
        ape__json_integer(w, name, count);
}

static void write_usage(ape__json_writer *w, const char *name, const ape__llm_usage *usage)
{
    ape__json_begin_object(w, name);
    write_count(w, "input_tokens", usage->input);
    write_count(w, "cache_read_tokens", usage->cache_read);
    write_count(w, "cache_write_tokens", usage->cache_write);
    write_count(w, "output_tokens", usage->output);
    write_count(w, "reasoning_tokens", usage->reasoning);
    ape__json_end_object(w);
}

static void write_text(ape__json_writer *w, const char *name, const char *text)
{
    ape__json_string(w, name, text[0] ? text : NULL);
}

static void write_cost(ape__json_writer *w, int64_t cost)
{
    if (cost < 0)
        ape__json_null(w, "cost_usd");
    else
        ape__json_number(w, "cost_usd", (double)cost / 1e6);
}

static void write_entry(ape__json_writer *w, const ape__llm_entry *e)
{
    ape__json_begin_object(w, NULL);
    ape__json_string(w, "provider", e->provider);
    write_text(w, "model", e->model);
    ape__json_string(w, "class", ape_llm_class_name(e->class_));
    ape__json_string(w, "message", e->note[0] ? e->note : ape__llm_class_meaning(e->class_));
    ape__json_bool(w, "asked", e->was_asked);
    ape__json_integer(w, "ms", (int64_t)e->ms);
    if (e->was_asked && !e->is_local) {
        ape__json_string(w, "phase", ape__llm_phase_name(e->phase));
        write_count(w, "http_status", e->status ? e->status : -1);
        write_count(w, "first_content_ms",
                    e->first_content_ms || e->content_bytes ? (int64_t)e->first_content_ms : -1);
        ape__json_integer(w, "bytes", (int64_t)e->bytes);
        ape__json_integer(w, "content_bytes", (int64_t)e->content_bytes);
        write_text(w, "request_id", e->request_id);
        ape__json_bool(w, "may_be_billed", ape__llm_class_may_be_billed(e->class_));
        write_usage(w, "usage", &e->usage);
        write_cost(w, e->cost);
    }
    ape__json_end_object(w);
}

/* True if an attempt says nothing of usage, and need not. */
static bool is_free(const ape__llm_entry *e)
{
    return e->is_local || !e->was_asked ||
           (e->usage.input < 0 && !ape__llm_class_may_be_billed(e->class_));
}

/* Over all attempts, the abandoned ones too; unknown as soon as one that may be
 * billed did not say. */
static int64_t sum_cost(const ape_llm_completion *c)
{
    int64_t sum = 0;

    for (size_t i = 0; i < c->count; i++)
        if (!is_free(&c->entries[i]))
            sum = sum < 0 || c->entries[i].cost < 0 ? -1 : sum + c->entries[i].cost;
    return sum;
}

static ape__llm_usage sum_usage(const ape_llm_completion *c)
{
    ape__llm_usage sum = { 0 };
    int64_t *const into[] = { &sum.input, &sum.cache_read, &sum.cache_write, &sum.output,
                              &sum.reasoning };

    for (size_t i = 0; i < c->count; i++) {
        const ape__llm_usage *u = &c->entries[i].usage;
        const int64_t from[] = { u->input, u->cache_read, u->cache_write, u->output, u->reasoning };

        if (is_free(&c->entries[i]))
            continue;
        for (size_t k = 0; k < sizeof(into) / sizeof(into[0]); k++)
            *into[k] = *into[k] < 0 || from[k] < 0 ? -1 : *into[k] + from[k];
    }
    return sum;
}

ape_status ape_llm_completion_to_json(const ape_llm_completion *completion, ape_text **out,
                                      ape_error *err)
{
    ape__buffer buffer;
    ape__json_writer w;
    ape__llm_usage usage;

    if (!completion || !out)
        return ape__fail(err, APE_ERR_INVALID, "completion or out is NULL");
    ape__buffer_init(&buffer, completion->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    if (completion->has_text)
        ape__json_string_sized(&w, "text", ape_llm_completion_text(completion),
                               completion->text.size);
    else
        ape__json_null(&w, "text");
    ape__json_string(&w, "provider", ape_llm_completion_provider(completion));
    write_text(&w, "model", completion->has_text ? completion->model : "");
    write_text(&w, "finish", completion->has_text ? completion->finish : "");
    ape__json_begin_array(&w, "attempts");
    for (size_t i = 0; i < completion->count; i++)
        write_entry(&w, &completion->entries[i]);
    ape__json_end_array(&w);
    usage = sum_usage(completion);
    write_usage(&w, "usage", &usage);
    write_cost(&w, sum_cost(completion));
    ape__json_number(&w, "total_ms", (double)completion->total_us / 1000);
    ape__json_number(&w, "overhead_ms", (double)completion->overhead_us / 1000);
    ape__json_end_object(&w);
    return ape__buffer_take(&buffer, out, err);
}
