/* SPDX-License-Identifier: MIT */
#include "llm_client/race.h"

static void send(ape__llm_race *race, ape__llm_try *try);

static void cancel_running(ape__llm_race *race)
{
    race->is_settling = true;
    for (size_t i = 0; i < APE__LLM_TRIES; i++)
        if (race->call->tries[i].is_live)
            ape__llm_engine_cancel(&race->call->tries[i].task);
    race->is_settling = false;
}

static void finish(ape__llm_race *race)
{
    ape__llm_engine_unset_timer(race->engine, &race->timer);
    race->on_done(race);
}

/* True if nothing that the other one brings would matter. */
static bool settles(ape_llm_class class_)
{
    return class_ == APE_LLM_OK || ape_llm_class_action(class_) == APE_LLM_END;
}

static void on_decided(ape__llm_task *task)
{
    ape__llm_race *race = task->user;

    race->running--;
    if (race->is_settling)
        return; /* whoever cancels goes on */
    if (settles(task->attempt.result))
        cancel_running(race);
    if (race->running == 0)
        finish(race);
}

static void on_due(ape__llm_timer *timer)
{
    ape__llm_race *race = (ape__llm_race *)(void *)((char *)timer - offsetof(ape__llm_race, timer));

    if (ape__llm_call_hedge(race->call))
        send(race, &race->call->tries[1]);
}

static void send(ape__llm_race *race, ape__llm_try *try)
{
    race->running++;
    try->task.user = race;
    try->task.on_done = on_decided;
    ape__llm_engine_start(race->engine, &try->task);
}

void ape__llm_race_begin(ape__llm_race *race, ape__llm_engine *engine, ape__llm_call *call)
{
    uint64_t hedge_ms = ape__llm_call_hedge_ms(call);

    race->call = call;
    race->engine = engine;
    race->timer.on_due = on_due;
    race->is_settling = false;
    if (hedge_ms)
        ape__llm_engine_set_timer(engine, &race->timer, ape__llm_now_ms() + hedge_ms);
    send(race, &call->tries[0]);
}

void ape__llm_race_cancel(ape__llm_race *race)
{
    if (race->running == 0)
        return;
    cancel_running(race);
    finish(race);
}
