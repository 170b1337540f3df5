/* SPDX-License-Identifier: MIT */
#include "core/json.h"

#include "llm_client/classes.h"
#include "llm_client/completion.h"

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

static void write_cost(ape__json_writer *w, const char *name, int64_t cost)
{
    if (cost < 0)
        ape__json_null(w, name);
    else
        ape__json_number(w, name, (double)cost / 1e6);
}

static void write_network(ape__json_writer *w, const ape__llm_entry *e)
{
    ape__json_string(w, "phase", ape__llm_phase_name(e->phase));
    write_count(w, "http_status", e->status ? e->status : -1);
    write_count(w, "first_content_ms",
                e->first_content_ms || e->content_bytes ? (int64_t)e->first_content_ms : -1);
    ape__json_integer(w, "bytes", (int64_t)e->bytes);
    ape__json_integer(w, "content_bytes", (int64_t)e->content_bytes);
    write_text(w, "request_id", e->request_id);
    ape__json_bool(w, "hedge", e->is_hedge);
    ape__json_bool(w, "may_be_billed", ape__llm_class_may_be_billed(e->class_));
    write_usage(w, "usage", &e->usage);
    write_cost(w, "cost_usd", e->cost);
    if (e->estimate.input < 0)
        return;
    ape__json_begin_object(w, "estimate");
    ape__json_integer(w, "input_tokens", e->estimate.input);
    ape__json_integer(w, "output_tokens", e->estimate.output);
    write_cost(w, "cost_usd", e->estimated_cost);
    ape__json_end_object(w);
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
    if (e->was_asked && !e->is_local)
        write_network(w, e);
    ape__json_end_object(w);
}

/* Over all attempts, the abandoned ones too; unknown as soon as one that may be
 * billed did not say. */
static int64_t sum_cost(const ape_llm_completion *c)
{
    int64_t sum = 0;

    for (size_t i = 0; i < c->count; i++)
        if (!ape__llm_entry_is_free(&c->entries[i]))
            sum = sum < 0 || c->entries[i].cost < 0 ? -1 : sum + c->entries[i].cost;
    return sum;
}

/* Known where it is known, else estimated. */
static int64_t sum_estimated_cost(const ape_llm_completion *c)
{
    int64_t sum = 0;

    for (size_t i = 0; i < c->count; i++) {
        int64_t cost = ape__llm_entry_cost(&c->entries[i]);

        sum = sum < 0 || cost < 0 ? -1 : sum + cost;
    }
    return sum;
}

/* What went into attempts that gave no answer. */
static void write_abandoned(ape__json_writer *w, const ape_llm_completion *c)
{
    int64_t attempts = 0, input = 0, output = 0, cost = 0;
    bool is_estimated = false;

    for (size_t i = 0; i < c->count; i++) {
        const ape__llm_entry *e = &c->entries[i];
        const ape__llm_usage *u = e->estimate.input >= 0 ? &e->estimate : &e->usage;
        int64_t one = ape__llm_entry_cost(e);

        if (i + 1 == c->answer || ape__llm_entry_is_free(e))
            continue;
        attempts++;
        is_estimated |= u == &e->estimate;
        input += u->input + (u->cache_read > 0 ? u->cache_read : 0) +
                 (u->cache_write > 0 ? u->cache_write : 0);
        output += u->output > 0 ? u->output : 0;
        cost = cost < 0 || one < 0 ? -1 : cost + one;
    }
    ape__json_begin_object(w, "abandoned");
    ape__json_integer(w, "attempts", attempts);
    ape__json_integer(w, "input_tokens", input);
    ape__json_integer(w, "output_tokens", output);
    write_cost(w, "cost_usd", cost);
    ape__json_bool(w, "is_estimated", is_estimated);
    ape__json_end_object(w);
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
    usage = ape__llm_completion_usage(completion);
    write_usage(&w, "usage", &usage);
    write_cost(&w, "cost_usd", sum_cost(completion));
    write_cost(&w, "estimated_cost_usd", sum_estimated_cost(completion));
    write_abandoned(&w, completion);
    ape__json_bool(&w, "from_cache", completion->is_from_cache);
    ape__json_number(&w, "total_ms", (double)completion->total_us / 1000);
    ape__json_number(&w, "overhead_ms", (double)completion->overhead_us / 1000);
    ape__json_end_object(&w);
    return ape__buffer_take(&buffer, out, err);
}
