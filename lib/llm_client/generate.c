/* SPDX-License-Identifier: MIT */
#include <time.h>

#include "core/host.h"

#include "llm_client/client.h"
#include "llm_client/race.h"

/* A call driven by the thread that made it: it waits for the engine to run one race
 * after the other, and plans and judges by itself. */
typedef struct drive {
    ape__llm_call call;
    ape_llm_client *client;
    ape_llm_request *request; /* its lock and condition serve to wait */
    ape__llm_engine *engine;
    ape__llm_race race;
    ape__llm_job start_job;
    ape__llm_job cancel_job;
    bool cancel_has_run; /* under the request's lock, as is_decided */
} drive;

static void on_raced(ape__llm_race *race)
{
    drive *d = (drive *)(void *)((char *)race - offsetof(drive, race));

    pthread_mutex_lock(&d->request->lock);
    d->request->is_decided = true;
    pthread_cond_broadcast(&d->request->changed);
    pthread_mutex_unlock(&d->request->lock);
}

static void begin_race(ape__llm_job *job)
{
    drive *d = (drive *)(void *)((char *)job - offsetof(drive, start_job));

    ape__llm_race_begin(&d->race, d->engine, &d->call);
}

static void cancel_race(ape__llm_job *job)
{
    drive *d = (drive *)(void *)((char *)job - offsetof(drive, cancel_job));

    ape__llm_race_cancel(&d->race);
    pthread_mutex_lock(&d->request->lock);
    d->cancel_has_run = true;
    pthread_cond_broadcast(&d->request->changed);
    pthread_mutex_unlock(&d->request->lock);
}

/* A cancel job that was posted must have run, too: it lies in this stack's frame. */
static void wait_decided(drive *d)
{
    ape_llm_request *r = d->request;
    bool is_posted = false;

    pthread_mutex_lock(&r->lock);
    while (!r->is_decided || (is_posted && !d->cancel_has_run)) {
        if (r->is_cancelled && !is_posted) {
            is_posted = true;
            pthread_mutex_unlock(&r->lock);
            d->cancel_job.run = cancel_race;
            ape__llm_engine_post(d->engine, &d->cancel_job);
            pthread_mutex_lock(&r->lock);
            continue;
        }
        pthread_cond_wait(&r->changed, &r->lock);
    }
    pthread_mutex_unlock(&r->lock);
}

static void run_race(drive *d)
{
    ape_error err;
    ape_status st = ape__llm_client_engine(d->client, &d->engine, &err);

    if (st != APE_OK) {
        ape__llm_call_abandon(&d->call, &err);
        return;
    }
    d->request->is_decided = false;
    d->race.on_done = on_raced;
    d->start_job.run = begin_race;
    ape__llm_engine_post(d->engine, &d->start_job);
    wait_decided(d);
    ape__llm_call_take(&d->call);
}

/* A pause is for the provider's sake, and counts as waiting for it. */
static void pause_until(drive *d, uint64_t wake_ms)
{
    uint64_t began_us = ape__llm_now_us();
    ape_llm_request *r = d->request;
    struct timespec until = {
        .tv_sec = (time_t)(wake_ms / 1000),
        .tv_nsec = (long)(wake_ms % 1000) * 1000000,
    };
    int rc = 0;

    pthread_mutex_lock(&r->lock);
    while (rc == 0 && !r->is_cancelled)
        rc = pthread_cond_timedwait(&r->changed, &r->lock, &until);
    pthread_mutex_unlock(&r->lock);
    d->call.waited_us += ape__llm_now_us() - began_us;
}

static void note_cancelled(drive *d)
{
    pthread_mutex_lock(&d->request->lock);
    if (d->request->is_cancelled)
        d->call.is_cancelled = true;
    pthread_mutex_unlock(&d->request->lock);
}

static void drive_to_end(drive *d)
{
    for (;;) {
        note_cancelled(d);
        switch (ape__llm_call_next(&d->call)) {
        case APE__LLM_SEND:
            run_race(d);
            break;
        case APE__LLM_WAIT:
            pause_until(d, d->call.wake_ms);
            break;
        case APE__LLM_LOCAL:
            ape__llm_call_plan(&d->call);
            break;
        case APE__LLM_JUDGE:
            ape__llm_call_judge(&d->call);
            break;
        case APE__LLM_DONE:
            return;
        }
    }
}

/* A request serves one call at a time. */
static bool claim(ape_llm_request *request)
{
    bool ok;

    pthread_mutex_lock(&request->lock);
    ok = !request->is_running;
    if (ok) {
        request->is_running = true;
        request->is_cancelled = false;
    }
    pthread_mutex_unlock(&request->lock);
    return ok;
}

static void unclaim(ape_llm_request *request)
{
    pthread_mutex_lock(&request->lock);
    request->is_running = false;
    pthread_mutex_unlock(&request->lock);
}

ape_status ape_llm_client_generate(ape_llm_client *client, ape_llm_request *request,
                                   ape_llm_completion **out, ape_error *err)
{
    ape__llm_chain *chain;
    ape_status st;
    drive d = { .client = client, .request = request };

    if (!client || !request || !out)
        return ape__fail(err, APE_ERR_INVALID, "client, request or out is NULL");
    if (!claim(request))
        return ape__fail(err, APE_ERR_STATE, "another call is using this request");
    chain = ape__llm_client_chain(client);
    st = ape__llm_call_init(&d.call, &client->shared, chain, request, err);
    ape__llm_chain_free(chain);
    if (st == APE_OK) {
        drive_to_end(&d);
        st = d.call.status;
        if (st != APE_OK && err)
            *err = d.call.err;
        ape__llm_metrics_note(&client->metrics, st, d.call.completion);
        *out = d.call.completion;
        d.call.completion = NULL;
        ape__llm_call_clear(&d.call);
    }
    unclaim(request);
    return st;
}
