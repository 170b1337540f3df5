/* SPDX-License-Identifier: MIT */
#include "core/host.h"

#include "llm_client/client.h"
#include "llm_client/race.h"

/* A call driven by the engine's thread. */
struct ape_llm_call {
    ape__llm_call core;
    ape_host *host;
    ape_llm_client *client; /* a share */
    ape__llm_engine *engine;
    atomic_size_t shares; /* the caller's, the engine's, and one for each job */
    ape__llm_job start_job;
    ape__llm_job cancel_job;
    atomic_bool cancel_is_posted;
    ape__llm_race race;
    ape__llm_timer timer;
    uint64_t pause_us; /* when the pause began */
    ape_llm_done on_done;
    void *user;
};

static void give_up_share(ape_llm_call *call)
{
    ape_host *host = call->host;
    ape_llm_client *client = call->client;

    if (atomic_fetch_sub_explicit(&call->shares, 1, memory_order_acq_rel) != 1)
        return;
    ape__llm_call_clear(&call->core);
    ape__free(host, call, sizeof(*call));
    ape_llm_client_free(client);
    ape_host_free(host);
}

static void finish(ape_llm_call *call)
{
    ape_llm_completion *completion = call->core.completion;

    call->core.completion = NULL;
    ape__llm_metrics_note(&call->client->metrics, call->core.status, completion);
    call->on_done(call->user, call->core.status, completion,
                  call->core.status == APE_OK ? NULL : &call->core.err);
    give_up_share(call);
}

static void advance(ape_llm_call *call);

static void on_raced(ape__llm_race *race)
{
    ape_llm_call *call = (ape_llm_call *)(void *)((char *)race - offsetof(ape_llm_call, race));

    ape__llm_call_take(&call->core);
    advance(call);
}

static void on_due(ape__llm_timer *timer)
{
    ape_llm_call *call = (ape_llm_call *)(void *)((char *)timer - offsetof(ape_llm_call, timer));

    call->core.waited_us += ape__llm_now_us() - call->pause_us;
    advance(call);
}

static void pause_until(ape_llm_call *call, uint64_t wake_ms)
{
    call->pause_us = ape__llm_now_us();
    call->timer.on_due = on_due;
    ape__llm_engine_set_timer(call->engine, &call->timer, wake_ms);
}

/* As far as it goes without waiting. */
static void advance(ape_llm_call *call)
{
    for (;;) {
        switch (ape__llm_call_next(&call->core)) {
        case APE__LLM_SEND:
            call->race.on_done = on_raced;
            ape__llm_race_begin(&call->race, call->engine, &call->core);
            return;
        case APE__LLM_WAIT:
            pause_until(call, call->core.wake_ms);
            return;
        case APE__LLM_LOCAL:
            ape__llm_call_plan(&call->core);
            break;
        case APE__LLM_JUDGE:
            ape__llm_call_judge(&call->core);
            break;
        case APE__LLM_DONE:
            finish(call);
            return;
        }
    }
}

static void start(ape__llm_job *job)
{
    advance((ape_llm_call *)(void *)((char *)job - offsetof(ape_llm_call, start_job)));
}

/* The start job came first, so the call waits for its race, or for a pause to end, or
 * is finished. */
static void cancel(ape__llm_job *job)
{
    ape_llm_call *call = (ape_llm_call *)(void *)((char *)job - offsetof(ape_llm_call, cancel_job));

    if (call->timer.is_set) {
        ape__llm_engine_unset_timer(call->engine, &call->timer);
        advance(call);
    } else {
        ape__llm_race_cancel(&call->race);
    }
    give_up_share(call);
}

ape_status ape_llm_client_submit(ape_llm_client *client, ape_llm_request *request,
                                 ape_llm_done on_done, void *user, ape_llm_call **out,
                                 ape_error *err)
{
    ape__llm_engine *engine;
    ape__llm_chain *chain;
    ape_llm_call *call;
    ape_status st;

    if (!client || !request || !on_done)
        return ape__fail(err, APE_ERR_INVALID, "client, request or on_done is NULL");
    st = ape__llm_client_engine(client, &engine, err);
    if (st != APE_OK)
        return st;
    call = ape__alloc(client->host, sizeof(*call));
    if (!call)
        return ape__fail_no_memory(err);
    chain = ape__llm_client_chain(client);
    st = ape__llm_call_init(&call->core, &client->shared, chain, request, err);
    ape__llm_chain_free(chain);
    if (st != APE_OK) {
        ape__free(client->host, call, sizeof(*call));
        return st;
    }
    call->host = ape__host_ref(client->host);
    call->client = ape__llm_client_ref(client);
    call->engine = engine;
    call->on_done = on_done;
    call->user = user;
    atomic_init(&call->shares, out ? 2 : 1);
    if (out)
        *out = call;
    call->start_job.run = start;
    ape__llm_engine_post(engine, &call->start_job);
    return APE_OK;
}

void ape_llm_call_cancel(ape_llm_call *call)
{
    if (!call || atomic_exchange(&call->cancel_is_posted, true))
        return;
    call->core.is_cancelled = true;
    atomic_fetch_add_explicit(&call->shares, 1, memory_order_relaxed);
    call->cancel_job.run = cancel;
    ape__llm_engine_post(call->engine, &call->cancel_job);
}

void ape_llm_call_free(ape_llm_call *call)
{
    if (call)
        give_up_share(call);
}
