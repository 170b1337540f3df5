/* SPDX-License-Identifier: MIT */
#include "llm_client/try.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/host.h"

#include "llm_client/call.h"
#include "llm_client/classes.h"

enum {
    KEY_REST_MS = 30000,    /* of a key that was told no more than "too many" */
    CLOSED_REST_MS = 60000, /* of a provider that will not have us */
    BYTES_A_TOKEN = 3,      /* of a prompt: cautious, English has four */
    TOKENS_A_MESSAGE = 8,   /* for what stands around it */
    BYTES_A_TOKEN_OUT = 4,  /* of an answer that nobody counted */
    USUAL_ANSWER = 512,     /* in tokens, where nobody says how long it may be */
    SHORTEST_ANSWER = 16,   /* for less, a budget is as good as used up */
};

static ape__llm_provider *provider_at(const ape__llm_call *call, size_t link)
{
    return &call->chain->providers[link];
}

static int64_t count_input(const ape__llm_messages *messages)
{
    int64_t tokens = 0;

    for (const ape__llm_message *m = messages->first; m; m = m->next)
        tokens += (int64_t)(m->size / BYTES_A_TOKEN) + TOKENS_A_MESSAGE;
    return tokens;
}

static int64_t estimate_input(const ape__llm_call *call)
{
    return count_input(&call->request->messages) + count_input(&call->more);
}

/* The budget. */

static bool has_budget(const ape__llm_budget *budget)
{
    return budget->per_call > 0 || budget->per_period > 0;
}

static ape__llm_readiness refuse(ape__llm_obstacle *obstacle, ape_llm_class class_,
                                 const char *note)
{
    obstacle->class_ = class_;
    snprintf(obstacle->note, sizeof(obstacle->note), "%s", note);
    return APE__LLM_PASS_OVER;
}

/* From the least that makes sense to the most that it can cost. */
static int64_t hold(ape__llm_call *call, const ape__llm_budget *budget, int64_t least, int64_t most)
{
    int64_t left = budget->per_call - call->spent - call->held;

    if (budget->per_call > 0 && left < most)
        most = left;
    return most < least ? -1
                        : ape__llm_ledger_hold(&call->shared->ledger, budget, least, most,
                                               ape__wall_ms(call->host));
}

static ape__llm_readiness hold_price(ape__llm_try *try, ape__llm_call *call,
                                     const ape__llm_price *price, ape__llm_obstacle *obstacle)
{
    uint32_t wanted =
        call->request->max_tokens ? call->request->max_tokens : APE__LLM_LONGEST_ANSWER;
    uint32_t fewest = wanted < SHORTEST_ANSWER ? wanted : SHORTEST_ANSWER;
    double input = (double)estimate_input(call) * fmax(price->input, price->cache_write);
    int64_t held =
        hold(call, &call->chain->policy.budget, (int64_t)ceil(input + fewest * price->output),
             (int64_t)ceil(input + wanted * price->output));

    if (held < 0)
        return refuse(obstacle, APE_LLM_BUDGET, "it might cost more than the budget has left");
    try->held = held;
    call->held += held;
    try->max_tokens = wanted;
    if (price->output > 0 && ((double)held - input) / price->output < wanted)
        try->max_tokens = (uint32_t)(((double)held - input) / price->output);
    return APE__LLM_READY;
}

static ape__llm_readiness hold_money(ape__llm_try *try, ape__llm_call *call,
                                     ape__llm_obstacle *obstacle)
{
    const ape__llm_provider *p = provider_at(call, try->link);
    const ape__llm_price *price = ape__llm_price_find(&call->chain->prices, p->model);

    try->max_tokens = call->request->max_tokens;
    if (!has_budget(&call->chain->policy.budget) || (!price && p->is_on_this_machine))
        return APE__LLM_READY;
    if (!price)
        return refuse(obstacle, APE_LLM_BUDGET,
                      "its price is not known, and there is a budget: add it to LLM_PRICE_FILE");
    return hold_price(try, call, price, obstacle);
}

static void settle_money(ape__llm_try *try, ape__llm_call *call, int64_t spent)
{
    if (try->held == 0)
        return;
    ape__llm_ledger_settle(&call->shared->ledger, &call->chain->policy.budget, try->held, spent,
                           ape__wall_ms(call->host));
    call->held -= try->held;
    call->spent += spent;
    try->held = 0;
}

/* The quota. */

static ape__llm_readiness take_quota(ape__llm_try *try, ape__llm_call *call,
                                     ape__llm_obstacle *obstacle)
{
    ape__llm_provider *p = provider_at(call, try->link);
    int64_t input = estimate_input(call);
    int64_t output = try->max_tokens ? try->max_tokens : USUAL_ANSWER;

    try->taken = (ape__llm_amounts){ { 1, input + output, input, output } };
    try->key =
        ape__llm_provider_take_key(p, &try->taken, ape__now_ms(call->host), &obstacle->wait_ms);
    if (obstacle->wait_ms == 0)
        return APE__LLM_READY;
    obstacle->class_ = APE_LLM_RESTING;
    snprintf(obstacle->note, sizeof(obstacle->note),
             "its rate limit is used up for another %llu ms",
             (unsigned long long)obstacle->wait_ms);
    try->key = NULL;
    return APE__LLM_LATER;
}

static int64_t total_input(const ape__llm_usage *u)
{
    return u->input + (u->cache_read > 0 ? u->cache_read : 0) +
           (u->cache_write > 0 ? u->cache_write : 0);
}

static ape__llm_amounts used_amounts(const ape__llm_usage *u)
{
    ape__llm_amounts used = { { 1, -1, -1, -1 } };

    if (u->input >= 0)
        used.of[APE__LLM_INPUT_TOKENS] = total_input(u);
    if (u->output >= 0)
        used.of[APE__LLM_OUTPUT_TOKENS] = u->output;
    if (u->input >= 0 && u->output >= 0)
        used.of[APE__LLM_TOKENS] = total_input(u) + u->output;
    return used;
}

static void settle_quota(ape__llm_try *try, ape__llm_call *call, const ape__llm_amounts *used)
{
    if (!try->key)
        return;
    ape__llm_provider_settle(provider_at(call, try->link), try->key, &try->taken, used,
                             try->task.attempt.told, ape__now_ms(call->host));
}

/* Getting ready. */

static ape__llm_readiness ask_breaker(ape__llm_try *try, ape__llm_call *call,
                                      ape__llm_obstacle *obstacle)
{
    ape__llm_provider *p = provider_at(call, try->link);

    if (ape_circuit_breaker_acquire(p->breaker, &try->ticket) == APE_OK)
        return APE__LLM_READY;
    obstacle->class_ = APE_LLM_RESTING;
    snprintf(obstacle->note, sizeof(obstacle->note), "for another %llu ms, after %s",
             (unsigned long long)ape_circuit_breaker_retry_after_ms(p->breaker),
             ape_llm_class_name(atomic_load(&p->failure)));
    return APE__LLM_PASS_OVER;
}

static bool write_body(ape__llm_try *try, const ape__llm_call *call)
{
    const ape__llm_provider *p = provider_at(call, try->link);
    const ape__llm_ask ask = { call->request, &call->more, p->model, p->quirks, try->max_tokens };
    ape__json_writer w;

    ape__buffer_init(&try->task.body, call->host);
    ape__json_writer_init(&w, &try->task.body);
    p->wire->write_body(&w, &ask);
    return !try->task.body.failed;
}

static bool fill_task(ape__llm_try *try, const ape__llm_call *call)
{
    const ape__llm_provider *p = provider_at(call, try->link);
    ape__llm_task *task = &try->task;

    task->attempt.reply.listener = call->request->listener;
    task->attempt.reply.listener_user = call->request->listener_user;
    task->url = p->url;
    task->key = try->key->value;
    task->key_format = p->quirks & APE__LLM_KEY_HEADER ? "api-key: %s" : p->wire->key_header;
    task->more_header = p->wire->more_header;
    task->ca_file = call->chain->ca_file;
    task->wants_fresh_connection = call->failures > 0;
    task->deadline_ms = call->deadline_ms;
    return write_body(try, call);
}

ape__llm_readiness ape__llm_try_prepare(ape__llm_try *try, ape__llm_call *call, size_t link,
                                        ape__llm_obstacle *obstacle)
{
    ape__llm_provider *p = provider_at(call, link);
    ape__llm_readiness readiness;

    if (ape__llm_provider_lacks_key(p))
        return refuse(obstacle, APE_LLM_NO_KEY, "set its _API_KEY");
    memset(try, 0, sizeof(*try));
    try->link = link;
    readiness = ask_breaker(try, call, obstacle);
    if (readiness != APE__LLM_READY)
        return readiness;
    try->is_live = true;
    ape__llm_attempt_init(&try->task.attempt, call->host, p->wire, &p->limits);
    readiness = hold_money(try, call, obstacle);
    if (readiness == APE__LLM_READY)
        readiness = take_quota(try, call, obstacle);
    if (readiness == APE__LLM_READY && !fill_task(try, call))
        readiness = APE__LLM_NO_MEMORY;
    if (readiness != APE__LLM_READY)
        ape__llm_try_drop(try, call);
    return readiness;
}

void ape__llm_try_clear(ape__llm_try *try)
{
    if (!try->is_live)
        return;
    ape__llm_attempt_clear(&try->task.attempt);
    ape__buffer_clear(&try->task.body);
    try->is_live = false;
}

void ape__llm_try_drop(ape__llm_try *try, ape__llm_call *call)
{
    const ape__llm_amounts nothing = { { 0 } };

    if (!try->is_live)
        return;
    settle_money(try, call, 0);
    settle_quota(try, call, &nothing);
    ape_circuit_breaker_cancel(provider_at(call, try->link)->breaker, &try->ticket);
    ape__llm_try_clear(try);
}

/* The end. */

/* A key that was turned away rests; true if another one can be tried at once. */
static bool change_key(ape__llm_try *try, ape__llm_call *call, ape_llm_class class_)
{
    ape__llm_provider *p = provider_at(call, try->link);
    int64_t wish = try->task.attempt.retry_after_ms;
    uint64_t now_ms = ape__now_ms(call->host);
    uint64_t rest_ms = wish >= 0 ? (uint64_t)wish : KEY_REST_MS;

    if (class_ == APE_LLM_QUOTA || class_ == APE_LLM_KEY)
        rest_ms = CLOSED_REST_MS;
    else if (class_ != APE_LLM_RATE_LIMITED)
        return false;
    return p->key_count > 1 && ape__llm_provider_rest_key(p, try->key, now_ms + rest_ms, now_ms) &&
           ++call->key_changes < p->key_count;
}

static void tell_breaker(ape__llm_try *try, const ape__llm_call *call, ape__llm_blame blame)
{
    ape_circuit_breaker *b = provider_at(call, try->link)->breaker;
    int64_t wish = try->task.attempt.retry_after_ms;

    switch (blame) {
    case APE__LLM_HEALTHY:
        ape_circuit_breaker_report(b, &try->ticket, APE_CIRCUIT_BREAKER_SUCCESS);
        return;
    case APE__LLM_SICK:
        ape_circuit_breaker_report(b, &try->ticket, APE_CIRCUIT_BREAKER_FAILURE);
        return;
    case APE__LLM_BUSY:
        ape_circuit_breaker_report_rejected(b, &try->ticket, wish > 0 ? (uint64_t)wish : 0);
        return;
    case APE__LLM_CLOSED_TO_US:
        ape_circuit_breaker_report_rejected(b, &try->ticket, CLOSED_REST_MS);
        return;
    case APE__LLM_NOBODY:
        ape_circuit_breaker_report(b, &try->ticket, APE_CIRCUIT_BREAKER_IGNORED);
    }
}

/* What an answer that was never counted may come to; one that broke off may have been
 * counted up to its beginning only. */
static void estimate_usage(const ape__llm_call *call, const ape__llm_attempt *a,
                           ape__llm_entry *entry)
{
    const ape__llm_usage *told = &a->reply.usage;
    int64_t output = (int64_t)(a->reply.progress / BYTES_A_TOKEN_OUT);

    if (!ape__llm_class_may_be_billed(entry->class_) || (a->reply.is_whole && told->input >= 0))
        return;
    entry->estimate = *told;
    if (told->input < 0)
        entry->estimate.input = estimate_input(call);
    if (told->output < output)
        entry->estimate.output = output;
    entry->cost = -1;
    entry->estimated_cost = ape__llm_cost(&call->chain->prices, entry->model, &entry->estimate);
}

static void fill_entry(const ape__llm_try *try, const ape__llm_call *call, ape__llm_entry *entry)
{
    const ape__llm_attempt *a = &try->task.attempt;

    if (a->reply.model[0])
        memcpy(entry->model, a->reply.model, sizeof(entry->model));
    memcpy(entry->request_id, a->request_id, sizeof(entry->request_id));
    entry->was_asked = true;
    entry->is_hedge = try->is_hedge;
    entry->phase = a->reached;
    entry->status = a->status;
    entry->ms = a->ended_ms - a->began_ms;
    entry->first_content_ms = a->first_ms ? a->first_ms - a->began_ms : 0;
    entry->bytes = a->bytes;
    entry->content_bytes = a->reply.progress;
    entry->usage = a->reply.usage;
    entry->cost = ape__llm_cost(&call->chain->prices, entry->model, &entry->usage);
    estimate_usage(call, a, entry);
}

/* What is not known was as much as was set aside; without an entry, for want of
 * memory, nothing is known. */
static void settle(ape__llm_try *try, ape__llm_call *call, const ape__llm_entry *entry)
{
    ape__llm_amounts used = { { 1, -1, -1, -1 } };
    int64_t cost = entry ? ape__llm_entry_cost(entry) : -1;

    if (entry)
        used = used_amounts(entry->estimate.input >= 0 ? &entry->estimate : &entry->usage);
    settle_money(try, call, cost >= 0 ? cost : try->held);
    settle_quota(try, call, &used);
}

bool ape__llm_try_close(ape__llm_try *try, ape__llm_call *call)
{
    ape__llm_provider *p = provider_at(call, try->link);
    const ape__llm_attempt *a = &try->task.attempt;
    ape_llm_class class_ = a->result;
    bool has_other_key = change_key(try, call, class_);
    ape__llm_entry *entry;

    if (class_ == APE_LLM_CANCELLED)
        ape_circuit_breaker_cancel(p->breaker, &try->ticket);
    else
        tell_breaker(try, call, has_other_key ? APE__LLM_NOBODY : ape__llm_class_blame(class_));
    if (class_ == APE_LLM_OK && a->first_ms)
        ape__llm_provider_note_pace(p, a->first_ms - a->began_ms);
    else if (class_ != APE_LLM_OK && class_ != APE_LLM_CANCELLED)
        atomic_store(&p->failure, class_);
    entry = ape__llm_call_add_entry(call, try->link, class_, a->reply.note);
    if (entry)
        fill_entry(try, call, entry);
    settle(try, call, entry);
    return has_other_key;
}
