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
    call->quota_wait_ms = 0;
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

/* An answer that was given to exactly this request before, if there is one. */
static void look_into_cache(ape__llm_call *call)
{
    ape_llm_completion *c = call->completion;

    if (!call->request->is_cacheable || call->chain->policy.cache.entries == 0 ||
        !ape__llm_cache_key(call->chain, call->request, call->cache_key))
        return;
    call->completion->is_from_cache =
        ape__llm_cache_get(&call->shared->cache, call->cache_key, ape__now_ms(call->host), c);
    c->has_text = call->has_answer = call->completion->is_from_cache;
}

ape_status ape__llm_call_init(ape__llm_call *call, ape__llm_shared *shared, ape__llm_chain *chain,
                              ape_llm_request *request, ape_error *err)
{
    ape_status st = check(chain, request, err);
    uint64_t total_ms = request->timeout_ms ? request->timeout_ms : chain->policy.limits.total_ms;

    memset(call, 0, sizeof(*call));
    if (st == APE_OK)
        st = ape__llm_completion_new(chain->host, &call->completion, err);
    if (st != APE_OK)
        return st;
    call->host = chain->host;
    call->chain = ape__llm_chain_ref(chain);
    call->request = ape__llm_request_ref(request);
    call->question = ape__llm_request_question(request);
    call->retries_left = chain->policy.limits.retries;
    call->began_us = ape__llm_now_us();
    call->deadline_ms = call->began_us / 1000 + total_ms;
    call->random = call->began_us ^ (uint64_t)(uintptr_t)call;
    call->shared = shared;
    ape__llm_shared_earn(shared, chain->policy.hedging.percent);
    look_into_cache(call);
    return APE_OK;
}

static void drop_tries(ape__llm_call *call)
{
    for (size_t i = 0; i < APE__LLM_TRIES; i++)
        ape__llm_try_drop(&call->tries[i], call);
}

void ape__llm_call_clear(ape__llm_call *call)
{
    drop_tries(call);
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

ape__llm_entry *ape__llm_call_add_entry(ape__llm_call *call, size_t link, ape_llm_class class_,
                                        const char *note)
{
    const ape__llm_provider *p = &call->chain->providers[link];
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

static void pass_over(ape__llm_call *call, const ape__llm_obstacle *obstacle)
{
    ape__llm_call_add_entry(call, call->link, obstacle->class_, obstacle->note);
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

/* Wait for the quota to fill up, or go on where that takes long. */
static void mind_quota(ape__llm_call *call, const ape__llm_obstacle *obstacle)
{
    uint64_t longest = has_alternative(call) ? 0 : OTHERWISE_WISH_MS;
    uint64_t now_ms = ape__llm_now_ms();

    call->quota_wait_ms += obstacle->wait_ms;
    if (call->quota_wait_ms > longest || now_ms + obstacle->wait_ms >= call->deadline_ms)
        pass_over(call, obstacle);
    else
        call->wake_ms = now_ms + obstacle->wait_ms;
}

/* The step at this link; false if it was passed over, or there is to be a wait. */
static bool step_at_link(ape__llm_call *call, ape__llm_step *step)
{
    ape__llm_obstacle obstacle = { 0 };

    if (!is_wanted(call, call->link)) {
        go_on(call);
        return false;
    }
    *step = APE__LLM_LOCAL;
    if (ape__llm_provider_is_local(provider_of(call)))
        return true;
    *step = APE__LLM_SEND;
    switch (ape__llm_try_prepare(&call->tries[0], call, call->link, &obstacle)) {
    case APE__LLM_READY:
        return true;
    case APE__LLM_PASS_OVER:
        pass_over(call, &obstacle);
        return false;
    case APE__LLM_LATER:
        mind_quota(call, &obstacle);
        return false;
    case APE__LLM_NO_MEMORY:
        end(call, APE_ERR_NO_MEMORY, "out of memory");
    }
    return false;
}

uint64_t ape__llm_call_hedge_ms(const ape__llm_call *call)
{
    const ape__llm_hedging *h = &call->chain->policy.hedging;
    ape__llm_provider *p = provider_of(call);

    /* Two voices at once are of no use to a listener. In an outage, when the breaker
     * only tries its provider, more requests would be no help. */
    if (h->percent == 0 || call->request->listener || call->request->provider ||
        ape_circuit_breaker_get_state(p->breaker) != APE_CIRCUIT_BREAKER_CLOSED)
        return 0;
    return h->delay_ms ? h->delay_ms : ape__llm_provider_p95_ms(p);
}

static bool prepare_hedge(ape__llm_call *call, size_t link)
{
    ape__llm_provider *p = &call->chain->providers[link];
    ape__llm_obstacle obstacle = { 0 };

    return !ape__llm_provider_is_local(p) &&
           ape_circuit_breaker_get_state(p->breaker) == APE_CIRCUIT_BREAKER_CLOSED &&
           ape__llm_try_prepare(&call->tries[1], call, link, &obstacle) == APE__LLM_READY;
}

bool ape__llm_call_hedge(ape__llm_call *call)
{
    if (call->is_cancelled || call->tries[0].task.attempt.first_ms || !has_alternative(call) ||
        !ape__llm_shared_spend(call->shared))
        return false;
    for (size_t link = call->link + 1; link < call->chain->count; link++)
        if (prepare_hedge(call, link)) {
            call->tries[1].is_hedge = true;
            return true;
        }
    return false;
}

static void close_books(ape__llm_call *call)
{
    ape_llm_completion *c = call->completion;

    drop_tries(call);
    if (call->status != APE_OK) { /* as when it was cancelled before it was judged */
        c->has_text = false;
        c->answer = 0;
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
static void retry(ape__llm_call *call, const ape__llm_attempt *a)
{
    ape__llm_provider *p = provider_of(call);
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

static void keep_answer(ape__llm_call *call, ape__llm_try *try)
{
    ape_llm_completion *c = call->completion;
    ape__llm_reply *reply = &try->task.attempt.reply;

    ape__buffer_clear(&c->text);
    c->text = reply->text;
    ape__buffer_init(&reply->text, call->host);
    c->has_text = call->has_answer = true;
    call->link = try->link;
    copy(c->provider, sizeof(c->provider), provider_of(call)->name);
    copy(c->model, sizeof(c->model), reply->model[0] ? reply->model : provider_of(call)->model);
    copy(c->finish, sizeof(c->finish), reply->finish);
}

static void end_by_class(ape__llm_call *call, ape_llm_class class_)
{
    if (class_ == APE_LLM_DECLINED)
        end(call, APE_ERR_REFUSED, "the model declined to answer");
    else if (class_ == APE_LLM_TOTAL_TIMEOUT)
        end(call, APE_ERR_TIMEOUT, "the time for the request is over");
    else if (class_ == APE_LLM_CANCELLED)
        end(call, APE_ERR_CANCELLED, "the request was cancelled");
    else
        end(call, APE_ERR_NO_MEMORY, "out of memory");
}

static void follow(ape__llm_call *call, const ape__llm_attempt *a)
{
    ape_llm_action action = ape_llm_class_action(a->result);

    if (a->should_retry == 0 && action == APE_LLM_RETRY)
        action = APE_LLM_GO_ON;
    if (a->should_retry == 1 && action == APE_LLM_GO_ON)
        action = APE_LLM_RETRY;
    if (action == APE_LLM_ELSEWHERE)
        action = has_alternative(call) ? APE_LLM_GO_ON : APE_LLM_RETRY;
    call->failures++;
    if (action == APE_LLM_RETRY)
        retry(call, a);
    else if (action == APE_LLM_GO_ON)
        go_on(call);
    else
        end_by_class(call, a->result);
}

/* The try that decides: the first whole answer, else an end that nobody may route
 * around, else the first one. */
static ape__llm_try *decisive(ape__llm_call *call)
{
    ape__llm_try *first = &call->tries[0], *hedge = &call->tries[1];
    ape_llm_class result = first->task.attempt.result, other = hedge->task.attempt.result;

    if (!hedge->is_live)
        return first;
    if (result == APE_LLM_OK && other == APE_LLM_OK)
        return first->task.ended_us <= hedge->task.ended_us ? first : hedge;
    if (result == APE_LLM_OK || other == APE_LLM_OK)
        return result == APE_LLM_OK ? first : hedge;
    return ape_llm_class_action(other) == APE_LLM_END && other != APE_LLM_CANCELLED ? hedge : first;
}

static void count_wait(ape__llm_call *call)
{
    const ape__llm_task *first = &call->tries[0].task, *hedge = &call->tries[1].task;
    uint64_t ended_us = first->ended_us, busy_us = first->busy_us;

    if (call->tries[1].is_live) {
        ended_us = hedge->ended_us > ended_us ? hedge->ended_us : ended_us;
        busy_us += hedge->busy_us;
    }
    call->waited_us += ended_us - first->began_us - busy_us;
}

void ape__llm_call_take(ape__llm_call *call)
{
    ape__llm_try *winner = decisive(call);
    bool has_other_key = false, is_ok = winner->task.attempt.result == APE_LLM_OK;

    count_wait(call);
    for (size_t i = 0; i < APE__LLM_TRIES; i++) {
        ape__llm_try *try = &call->tries[i];
        bool has_key = try->is_live && ape__llm_try_close(try, call);

        has_other_key |= has_key && try == winner;
        if (try == winner && is_ok)
            call->completion->answer = call->completion->count;
    }
    if (!call->is_done && is_ok)
        keep_answer(call, winner);
    else if (!call->is_done && !has_other_key)
        follow(call, &winner->task.attempt);
    if (!is_ok && call->request->listener)
        call->request->listener(call->request->listener_user, NULL, 0);
    for (size_t i = 0; i < APE__LLM_TRIES; i++)
        ape__llm_try_clear(&call->tries[i]);
}

static void keep_plan(ape__llm_call *call, const ape_text *text)
{
    ape_llm_completion *c = call->completion;
    ape__llm_entry *entry = ape__llm_call_add_entry(call, call->link, APE_LLM_OK, NULL);

    ape__buffer_rewind(&c->text);
    ape__buffer_append(&c->text, ape_text_data(text), ape_text_size(text));
    if (!entry)
        return;
    if (c->text.failed) {
        end(call, APE_ERR_NO_MEMORY, "out of memory");
        return;
    }
    entry->was_asked = true;
    c->answer = c->count;
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
    entry = ape__llm_call_add_entry(call, call->link, APE_LLM_NOT_UNDERSTOOD, why.message);
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

/* An answer from the cache has no link to go on from: the chain is asked after all. */
static void distrust_cache(ape__llm_call *call)
{
    ape__llm_cache_drop(&call->shared->cache, call->cache_key);
    call->completion->is_from_cache = false;
}

static void accept(ape__llm_call *call)
{
    const ape__llm_policy *policy = &call->chain->policy;

    end(call, APE_OK, NULL);
    if (call->cache_key[0] && !call->completion->is_from_cache &&
        !ape__llm_provider_is_local(provider_of(call)))
        ape__llm_cache_put(&call->shared->cache, call->cache_key, call->completion, &policy->cache,
                           ape__now_ms(call->host) + policy->cache.keep_ms);
}

static void reject(ape__llm_call *call, ape_llm_verdict verdict)
{
    ape_llm_completion *c = call->completion;

    if (c->answer)
        c->entries[c->answer - 1].class_ = APE_LLM_JUDGED;
    if (verdict == APE_LLM_STOP)
        end(call, APE_ERR_REFUSED, "the answer was not accepted");
    else if (call->completion->is_from_cache)
        distrust_cache(call);
    else if (verdict == APE_LLM_ASK_AGAIN)
        ask_again(call);
    else
        go_on(call);
    c->has_text = false;
    c->answer = 0;
    ape__buffer_rewind(&c->text);
    ape__buffer_clear(&c->feedback);
    if (call->request->listener)
        call->request->listener(call->request->listener_user, NULL, 0);
}

void ape__llm_call_judge(ape__llm_call *call)
{
    ape_llm_verdict verdict = hear_judge(call);

    call->has_answer = false;
    if (verdict == APE_LLM_ACCEPT)
        accept(call);
    else
        reject(call, verdict);
}

void ape__llm_call_abandon(ape__llm_call *call, const ape_error *err)
{
    ape__llm_try_drop(&call->tries[0], call);
    end(call, err->status, err->message);
}
