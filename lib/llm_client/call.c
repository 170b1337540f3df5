/* SPDX-License-Identifier: MIT */
#include "llm_client/call.h"

#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "planner/planner.h"

#include "llm_client/classes.h"

enum {
    FIRST_PAUSE_MS = 500,
    LONGEST_PAUSE_MS = 8000,
    LONGEST_WISH_MS = 60000,   /* a longer Retry-After is not waited for */
    OTHERWISE_WISH_MS = 10000, /* nor one like this, where somebody else can be asked */
    CLOCK_GRAIN_MS = 10,       /* the breaker's clock may be a little behind */
    KEY_REST_MS = 30000,       /* of a key that was told no more than "too many" */
    CLOSED_REST_MS = 60000,    /* of a provider that will not have us */
};

static ape__llm_provider *provider_of(const ape__llm_call *call)
{
    return &call->chain->providers[call->link];
}

static void end(ape__llm_call *call, ape_status status, const char *message)
{
    call->is_done = true;
    call->status = status;
    if (status != APE_OK)
        ape__fail(&call->err, status, "%s", message);
}

static void go_on(ape__llm_call *call)
{
    ape__llm_messages_clear(call->host, &call->more);
    call->link++;
    call->failures = 0;
    call->key_changes = 0;
    call->has_waited = false;
    call->asked_again = false;
    call->wake_ms = 0;
}

static bool is_wanted(const ape__llm_call *call, size_t link)
{
    const char *only = call->request->provider;

    return !only || strcmp(call->chain->providers[link].name, only) == 0;
}

static ape_status check(const ape__llm_chain *chain, const ape_llm_request *request, ape_error *err)
{
    bool known = request->provider == NULL;

    if (!ape__llm_request_question(request))
        return ape__fail(err, APE_ERR_INVALID, "the request has no user message");
    for (size_t i = 0; i < chain->count; i++)
        known = known || strcmp(chain->providers[i].name, request->provider) == 0;
    if (!known)
        return ape__fail(err, APE_ERR_INVALID, "no provider in the chain is called %.64s",
                         request->provider);
    return APE_OK;
}

ape_status ape__llm_call_init(ape__llm_call *call, ape__llm_chain *chain, ape_llm_request *request,
                              ape_error *err)
{
    ape_status st = check(chain, request, err);
    uint64_t total_ms = request->timeout_ms ? request->timeout_ms : chain->limits.total_ms;

    memset(call, 0, sizeof(*call));
    if (st == APE_OK)
        st = ape__llm_completion_new(chain->host, &call->completion, err);
    if (st != APE_OK)
        return st;
    call->host = chain->host;
    call->chain = ape__llm_chain_ref(chain);
    call->request = ape__llm_request_ref(request);
    call->question = ape__llm_request_question(request);
    call->retries_left = chain->limits.retries;
    call->began_us = ape__llm_now_us();
    call->deadline_ms = call->began_us / 1000 + total_ms;
    call->random = call->began_us ^ (uint64_t)(uintptr_t)call;
    return APE_OK;
}

static void drop_task(ape__llm_call *call)
{
    if (!call->has_task)
        return;
    ape__llm_attempt_clear(&call->task.attempt);
    ape__buffer_clear(&call->task.body);
    call->has_task = false;
}

void ape__llm_call_clear(ape__llm_call *call)
{
    drop_task(call);
    ape__llm_messages_clear(call->host, &call->more);
    ape_llm_completion_free(call->completion);
    ape_llm_request_free(call->request);
    ape__llm_chain_free(call->chain);
}

static void copy(char *out, size_t out_size, const char *text)
{
    size_t size = text ? strlen(text) : 0;

    if (size >= out_size)
        size = out_size - 1;
    if (size)
        memcpy(out, text, size);
    out[size] = '\0';
}

/* A line of the journal for the provider at hand; without memory for it, the end. */
static ape__llm_entry *add_entry(ape__llm_call *call, ape_llm_class class_, const char *note)
{
    const ape__llm_provider *p = provider_of(call);
    ape__llm_entry *entry = ape__llm_completion_add(call->completion);

    if (!entry) {
        end(call, APE_ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    copy(entry->provider, sizeof(entry->provider), p->name);
    copy(entry->model, sizeof(entry->model), p->model);
    copy(entry->note, sizeof(entry->note), note);
    entry->class_ = class_;
    entry->is_local = ape__llm_provider_is_local(p);
    return entry;
}

static void pass_over(ape__llm_call *call, ape_llm_class class_, const char *note)
{
    add_entry(call, class_, note);
    go_on(call);
}

/* The end of the chain: why, in one line. */
static void write_failures(const ape__llm_call *call, ape__buffer *b)
{
    const ape_llm_completion *c = call->completion;

    ape__buffer_puts(b, "nobody gave a whole answer");
    for (size_t i = 0; i < c->count; i++) {
        const ape__llm_entry *e = &c->entries[i];

        if (i + 1 < c->count && strcmp(c->entries[i + 1].provider, e->provider) == 0)
            continue; /* its last word will do */
        ape__buffer_printf(b, "%s%s %s", i == 0 || b->size < 30 ? ": " : ", ", e->provider,
                           ape_llm_class_name(e->class_));
        if (e->status >= 300)
            ape__buffer_printf(b, " (HTTP %d)", e->status);
    }
}

static void end_of_chain(ape__llm_call *call)
{
    const ape_llm_completion *c = call->completion;
    bool anybody_failed = false;
    ape__buffer b;

    for (size_t i = 0; i < c->count; i++)
        anybody_failed |= c->entries[i].was_asked && !c->entries[i].is_local;
    if (call->refusal.status == APE_ERR_REFUSED && !anybody_failed) {
        end(call, APE_ERR_REFUSED, call->refusal.message);
        return;
    }
    ape__buffer_init(&b, call->host);
    write_failures(call, &b);
    if (b.failed)
        end(call, APE_ERR_NO_MEMORY, "out of memory");
    else
        end(call, APE_ERR_UNAVAILABLE, b.data);
    ape__buffer_clear(&b);
}

static void rest(ape__llm_call *call)
{
    ape__llm_provider *p = provider_of(call);
    char note[120];

    snprintf(note, sizeof(note), "for another %llu ms, after %s",
             (unsigned long long)ape_circuit_breaker_retry_after_ms(p->breaker),
             ape_llm_class_name(atomic_load(&p->failure)));
    pass_over(call, APE_LLM_RESTING, note);
}

static bool write_body(ape__llm_call *call)
{
    const ape__llm_provider *p = provider_of(call);
    const ape__llm_ask ask = { call->request, &call->more, p->model, p->quirks };
    ape__json_writer w;

    ape__buffer_init(&call->task.body, call->host);
    ape__json_writer_init(&w, &call->task.body);
    p->wire->write_body(&w, &ask);
    return !call->task.body.failed;
}

static void prepare_task(ape__llm_call *call)
{
    ape__llm_provider *p = provider_of(call);
    ape__llm_task *task = &call->task;

    memset(task, 0, sizeof(*task));
    call->has_task = true;
    ape__llm_attempt_init(&task->attempt, call->host, p->wire, &p->limits);
    task->attempt.reply.listener = call->request->listener;
    task->attempt.reply.listener_user = call->request->listener_user;
    call->key = ape__llm_provider_pick_key(p, ape__now_ms(call->host));
    task->url = p->url;
    task->key = call->key ? call->key->value : NULL;
    task->key_format = p->quirks & APE__LLM_KEY_HEADER ? "api-key: %s" : p->wire->key_header;
    task->more_header = p->wire->more_header;
    task->wants_fresh_connection = call->failures > 0;
    task->deadline_ms = call->deadline_ms;
    if (!write_body(call)) {
        ape_circuit_breaker_cancel(p->breaker, &call->ticket);
        end(call, APE_ERR_NO_MEMORY, "out of memory");
    }
}

/* True if somebody else than builtin, further down, can be asked now. */
static bool has_alternative(const ape__llm_call *call)
{
    for (size_t i = call->link + 1; i < call->chain->count; i++) {
        ape__llm_provider *p = &call->chain->providers[i];

        if (is_wanted(call, i) && !ape__llm_provider_is_local(p) &&
            !ape__llm_provider_lacks_key(p) && ape_circuit_breaker_retry_after_ms(p->breaker) == 0)
            return true;
    }
    return false;
}

/* Its own headers said that the next request would be one too many: wait for the
 * quota to fill up, or go on where that takes long. True if there is to be a wait. */
static bool minds_quota(ape__llm_call *call)
{
    uint64_t now_ms = ape__now_ms(call->host);
    ape__llm_key *key = ape__llm_provider_pick_key(provider_of(call), now_ms);
    uint64_t until = key ? atomic_load(&key->rests_until_ms) : 0;
    uint64_t wait = until > now_ms ? until - now_ms : 0;
    char note[80];

    if (wait == 0)
        return false;
    if (wait > (has_alternative(call) ? 0 : OTHERWISE_WISH_MS) || call->has_waited) {
        snprintf(note, sizeof(note), "its rate limit is used up for another %llu ms",
                 (unsigned long long)wait);
        pass_over(call, APE_LLM_RESTING, note);
    } else {
        call->has_waited = true;
        call->wake_ms = ape__llm_now_ms() + wait;
    }
    return true;
}

/* The step at this link; false if it was passed over, or there is to be a wait. */
static bool step_at_link(ape__llm_call *call, ape__llm_step *step)
{
    ape__llm_provider *p = provider_of(call);

    if (!is_wanted(call, call->link)) {
        go_on(call);
        return false;
    }
    *step = APE__LLM_LOCAL;
    if (ape__llm_provider_is_local(p))
        return true;
    if (ape__llm_provider_lacks_key(p)) {
        pass_over(call, APE_LLM_NO_KEY, "set its _API_KEY");
        return false;
    }
    if (minds_quota(call))
        return false;
    if (ape_circuit_breaker_acquire(p->breaker, &call->ticket) != APE_OK) {
        rest(call);
        return false;
    }
    prepare_task(call);
    *step = APE__LLM_SEND;
    return true;
}

static void close_books(ape__llm_call *call)
{
    ape_llm_completion *c = call->completion;

    drop_task(call);
    if (call->status != APE_OK) { /* as when it was cancelled before it was judged */
        c->has_text = false;
        ape__buffer_clear(&c->text);
    }
    c->total_us = ape__llm_now_us() - call->began_us;
    c->overhead_us = c->total_us > call->waited_us ? c->total_us - call->waited_us : 0;
}

ape__llm_step ape__llm_call_next(ape__llm_call *call)
{
    ape__llm_step step;

    while (!call->is_done) {
        uint64_t now_ms = ape__llm_now_ms();

        if (call->is_cancelled)
            end(call, APE_ERR_CANCELLED, "the request was cancelled");
        else if (call->has_answer)
            return APE__LLM_JUDGE;
        else if (call->link == call->chain->count)
            end_of_chain(call);
        else if (now_ms >= call->deadline_ms)
            end(call, APE_ERR_TIMEOUT, "the time for the request is over");
        else if (call->wake_ms > now_ms)
            return APE__LLM_WAIT;
        else if (step_at_link(call, &step) && !call->is_done)
            return step;
    }
    close_books(call);
    return APE__LLM_DONE;
}

static uint64_t backoff_ms(ape__llm_call *call)
{
    uint64_t pause = FIRST_PAUSE_MS;

    for (uint32_t i = 1; i < call->failures && pause < LONGEST_PAUSE_MS; i++)
        pause *= 2;
    call->random ^= call->random << 13;
    call->random ^= call->random >> 7;
    call->random ^= call->random << 17;
    return pause - call->random % (pause / 4);
}

/* Wait and ask the same provider again, if that makes sense. */
static void retry(ape__llm_call *call)
{
    ape__llm_provider *p = provider_of(call);
    const ape__llm_attempt *a = &call->task.attempt;
    bool has_wish = a->retry_after_ms >= 0;
    uint64_t pause = has_wish ? (uint64_t)a->retry_after_ms : backoff_ms(call);
    uint64_t longest = has_alternative(call) ? OTHERWISE_WISH_MS : LONGEST_WISH_MS;
    uint64_t now_ms = ape__llm_now_ms();
    uint64_t resting = ape_circuit_breaker_retry_after_ms(p->breaker);

    if (resting > 0 && has_wish && resting <= pause + CLOCK_GRAIN_MS)
        pause += CLOCK_GRAIN_MS; /* it rests for just as long as it asked for */
    if (call->retries_left == 0 || pause > longest || now_ms + pause >= call->deadline_ms ||
        resting > pause) {
        go_on(call);
        return;
    }
    call->retries_left--;
    call->wake_ms = now_ms + pause;
}

static bool another_key_is_fresh(ape__llm_call *call, ape__llm_provider *p)
{
    uint64_t now_ms = ape__now_ms(call->host);
    ape__llm_key *key = ape__llm_provider_pick_key(p, now_ms);

    return key && key != call->key && atomic_load(&key->rests_until_ms) <= now_ms &&
           ++call->key_changes < p->key_count;
}

/* A key that was turned away rests; true if another one can be tried at once. */
static bool change_key(ape__llm_call *call, ape_llm_class class_)
{
    ape__llm_provider *p = provider_of(call);
    int64_t wish = call->task.attempt.retry_after_ms;
    uint64_t rest_ms = wish >= 0 ? (uint64_t)wish : KEY_REST_MS;

    if (class_ == APE_LLM_QUOTA || class_ == APE_LLM_KEY)
        rest_ms = CLOSED_REST_MS;
    else if (class_ != APE_LLM_RATE_LIMITED)
        return false;
    if (!call->key || p->key_count < 2)
        return false;
    atomic_store(&call->key->rests_until_ms, ape__now_ms(call->host) + rest_ms);
    return another_key_is_fresh(call, p);
}

static void tell_breaker(ape__llm_call *call, ape_llm_class class_, bool has_other_key)
{
    ape_circuit_breaker *b = provider_of(call)->breaker;
    int64_t wish = call->task.attempt.retry_after_ms;

    if (class_ == APE_LLM_CANCELLED) {
        ape_circuit_breaker_cancel(b, &call->ticket);
        return;
    }
    switch (has_other_key ? APE__LLM_NOBODY : ape__llm_class_blame(class_)) {
    case APE__LLM_HEALTHY:
        ape_circuit_breaker_report(b, &call->ticket, APE_CIRCUIT_BREAKER_SUCCESS);
        return;
    case APE__LLM_SICK:
        ape_circuit_breaker_report(b, &call->ticket, APE_CIRCUIT_BREAKER_FAILURE);
        return;
    case APE__LLM_BUSY:
        ape_circuit_breaker_report_rejected(b, &call->ticket, wish > 0 ? (uint64_t)wish : 0);
        return;
    case APE__LLM_CLOSED_TO_US:
        ape_circuit_breaker_report_rejected(b, &call->ticket, CLOSED_REST_MS);
        return;
    case APE__LLM_NOBODY:
        ape_circuit_breaker_report(b, &call->ticket, APE_CIRCUIT_BREAKER_IGNORED);
    }
}

static void write_entry(ape__llm_call *call)
{
    const ape__llm_attempt *a = &call->task.attempt;
    ape__llm_entry *entry = add_entry(call, a->result, a->reply.note);

    if (!entry)
        return;
    if (a->reply.model[0])
        copy(entry->model, sizeof(entry->model), a->reply.model);
    copy(entry->request_id, sizeof(entry->request_id), a->request_id);
    entry->was_asked = true;
    entry->phase = a->reached;
    entry->status = a->status;
    entry->ms = a->ended_ms - a->began_ms;
    entry->first_content_ms = a->first_ms ? a->first_ms - a->began_ms : 0;
    entry->bytes = a->bytes;
    entry->content_bytes = a->reply.progress;
    entry->usage = a->reply.usage;
    entry->cost = ape__llm_cost(&call->chain->prices, entry->model, &entry->usage);
}

/* The provider's own count of what is left of the quota. */
static void note_quota(ape__llm_call *call)
{
    const ape__llm_attempt *a = &call->task.attempt;

    if (call->key && a->requests_left == 0 && a->requests_reset_ms > 0)
        atomic_store(&call->key->rests_until_ms,
                     ape__now_ms(call->host) + (uint64_t)a->requests_reset_ms);
}

static void keep_answer(ape__llm_call *call)
{
    ape_llm_completion *c = call->completion;
    ape__llm_reply *reply = &call->task.attempt.reply;

    ape__buffer_clear(&c->text);
    c->text = reply->text;
    ape__buffer_init(&reply->text, call->host);
    c->has_text = call->has_answer = true;
    copy(c->provider, sizeof(c->provider), provider_of(call)->name);
    copy(c->model, sizeof(c->model), reply->model[0] ? reply->model : provider_of(call)->model);
    copy(c->finish, sizeof(c->finish), reply->finish);
}

static void follow(ape__llm_call *call, ape_llm_class class_)
{
    ape_llm_action action = ape_llm_class_action(class_);
    int should_retry = call->task.attempt.should_retry;

    if (should_retry == 0 && action == APE_LLM_RETRY)
        action = APE_LLM_GO_ON;
    if (should_retry == 1 && action == APE_LLM_GO_ON)
        action = APE_LLM_RETRY;
    if (action == APE_LLM_ELSEWHERE)
        action = has_alternative(call) ? APE_LLM_GO_ON : APE_LLM_RETRY;
    call->failures++;
    if (action == APE_LLM_RETRY)
        retry(call);
    else if (action == APE_LLM_GO_ON)
        go_on(call);
    else if (class_ == APE_LLM_DECLINED)
        end(call, APE_ERR_REFUSED, "the model declined to answer");
    else if (class_ == APE_LLM_TOTAL_TIMEOUT)
        end(call, APE_ERR_TIMEOUT, "the time for the request is over");
    else if (class_ == APE_LLM_CANCELLED)
        end(call, APE_ERR_CANCELLED, "the request was cancelled");
    else
        end(call, APE_ERR_NO_MEMORY, "out of memory");
}

void ape__llm_call_take(ape__llm_call *call)
{
    ape__llm_task *task = &call->task;
    ape_llm_class class_ = task->attempt.result;
    bool has_other_key = change_key(call, class_);

    call->waited_us += task->ended_us - task->began_us - task->busy_us;
    tell_breaker(call, class_, has_other_key);
    write_entry(call);
    if (class_ != APE_LLM_OK)
        atomic_store(&provider_of(call)->failure, class_);
    if (call->is_done) {
        drop_task(call);
        return;
    }
    note_quota(call);
    if (class_ == APE_LLM_OK)
        keep_answer(call);
    else if (!has_other_key)
        follow(call, class_);
    if (class_ != APE_LLM_OK && call->request->listener)
        call->request->listener(call->request->listener_user, NULL, 0);
    drop_task(call);
}

static void keep_plan(ape__llm_call *call, const ape_text *text)
{
    ape_llm_completion *c = call->completion;
    ape__llm_entry *entry = add_entry(call, APE_LLM_OK, NULL);

    ape__buffer_rewind(&c->text);
    ape__buffer_append(&c->text, ape_text_data(text), ape_text_size(text));
    if (!entry)
        return;
    if (c->text.failed) {
        end(call, APE_ERR_NO_MEMORY, "out of memory");
        return;
    }
    entry->was_asked = true;
    c->has_text = call->has_answer = true;
    copy(c->provider, sizeof(c->provider), provider_of(call)->name);
    copy(c->model, sizeof(c->model), provider_of(call)->name);
    copy(c->finish, sizeof(c->finish), "stop");
}

void ape__llm_call_plan(ape__llm_call *call)
{
    const ape__llm_message *question = call->question;
    ape_text *text = NULL;
    ape__llm_entry *entry;
    ape_error why;
    ape_status st = ape__planner_answer(call->host, question->text, question->size, &text, &why);

    if (st == APE_OK) {
        keep_plan(call, text);
        ape_text_free(text);
        return;
    }
    if (st == APE_ERR_NO_MEMORY) {
        end(call, st, "out of memory");
        return;
    }
    call->refusal = why;
    entry = add_entry(call, APE_LLM_NOT_UNDERSTOOD, why.message);
    if (entry)
        entry->was_asked = true;
    go_on(call);
}

/* What the judge has to say goes to the same model, after its own answer. */
static void ask_again(ape__llm_call *call)
{
    ape_llm_completion *c = call->completion;
    const char *feedback = c->feedback.size ? c->feedback.data : "That answer was of no use.";
    ape_status st = ape__llm_messages_add(call->host, &call->more, APE_LLM_ASSISTANT, c->text.data,
                                          c->text.size, NULL);

    if (st == APE_OK)
        st = ape__llm_messages_add(call->host, &call->more, APE_LLM_USER, feedback,
                                   strlen(feedback), NULL);
    if (st != APE_OK)
        end(call, st, "out of memory");
    call->asked_again = true;
}

static ape_llm_verdict hear_judge(ape__llm_call *call)
{
    const ape_llm_request *r = call->request;
    ape_llm_verdict verdict = r->judge ? r->judge(r->judge_user, call->completion) : APE_LLM_ACCEPT;

    if (verdict == APE_LLM_ASK_AGAIN &&
        (call->asked_again || ape__llm_provider_is_local(provider_of(call))))
        return APE_LLM_NEXT;
    return verdict;
}

void ape__llm_call_judge(ape__llm_call *call)
{
    ape_llm_completion *c = call->completion;
    ape_llm_verdict verdict = hear_judge(call);

    call->has_answer = false;
    if (verdict == APE_LLM_ACCEPT) {
        end(call, APE_OK, NULL);
        return;
    }
    c->entries[c->count - 1].class_ = APE_LLM_JUDGED;
    if (verdict == APE_LLM_ASK_AGAIN)
        ask_again(call);
    else if (verdict == APE_LLM_NEXT)
        go_on(call);
    else
        end(call, APE_ERR_REFUSED, "the answer was not accepted");
    c->has_text = false;
    ape__buffer_rewind(&c->text);
    ape__buffer_clear(&c->feedback);
    if (call->request->listener)
        call->request->listener(call->request->listener_user, NULL, 0);
}

void ape__llm_call_abandon(ape__llm_call *call, const ape_error *err)
{
    ape_circuit_breaker_cancel(provider_of(call)->breaker, &call->ticket);
    end(call, err->status, err->message);
}
