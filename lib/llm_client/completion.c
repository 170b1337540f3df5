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
    ape__llm_usage_init(&entry->estimate);
    entry->cost = entry->estimated_cost = -1;
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

bool ape__llm_entry_is_free(const ape__llm_entry *entry)
{
    return entry->is_local || !entry->was_asked ||
           (entry->usage.input < 0 && !ape__llm_class_may_be_billed(entry->class_));
}

int64_t ape__llm_entry_cost(const ape__llm_entry *entry)
{
    if (ape__llm_entry_is_free(entry))
        return 0;
    return entry->cost >= 0 ? entry->cost : entry->estimated_cost;
}

ape__llm_usage ape__llm_completion_usage(const ape_llm_completion *c)
{
    ape__llm_usage sum = { 0 };
    int64_t *const into[] = { &sum.input, &sum.cache_read, &sum.cache_write, &sum.output,
                              &sum.reasoning };

    for (size_t i = 0; i < c->count; i++) {
        const ape__llm_usage *u = &c->entries[i].usage;
        const int64_t from[] = { u->input, u->cache_read, u->cache_write, u->output, u->reasoning };

        if (ape__llm_entry_is_free(&c->entries[i]))
            continue;
        for (size_t k = 0; k < sizeof(into) / sizeof(into[0]); k++)
            *into[k] = *into[k] < 0 || from[k] < 0 ? -1 : *into[k] + from[k];
    }
    return sum;
}

const char *ape_llm_completion_model(const ape_llm_completion *completion)
{
    return completion && completion->has_text && completion->model[0] ? completion->model : NULL;
}

int64_t ape_llm_completion_count_tokens(const ape_llm_completion *completion, ape_llm_tokens kind)
{
    ape__llm_usage sum;

    if (!completion)
        return -1;
    sum = ape__llm_completion_usage(completion);
    switch (kind) {
    case APE_LLM_TOKENS_INPUT:
        return sum.input;
    case APE_LLM_TOKENS_CACHE_READ:
        return sum.cache_read;
    case APE_LLM_TOKENS_CACHE_WRITE:
        return sum.cache_write;
    case APE_LLM_TOKENS_OUTPUT:
        return sum.output;
    case APE_LLM_TOKENS_REASONING:
        return sum.reasoning;
    default:
        return -1;
    }
}
