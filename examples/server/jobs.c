/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "stamp.h"

enum {
    LEASE_MS = 15000,
    KEEP_MS = 4000, /* between two renewals of all leases */
    WAIT_MS = 1000,
    AWAY_MS = 1000,
    FLUSH_MS = 1000,
    FINISH_TRIES = 20,
    CHANNEL_SIZE = STAMP_ID + 8,
};

static const char queue[] = "queries";

/* A thread that takes questions. */
typedef struct runner {
    jobs *all;
    pthread_t thread;
    ape_job *job; /* guarded by the lock; NULL: none, or being finished */
} runner;

struct jobs {
    server *server;
    pthread_t keeper;
    pthread_mutex_t lock;
    pthread_cond_t stop_wake;
    bool stop;
    size_t busy;
    size_t started; /* threads: the keeper comes first */
    size_t count;
    runner runners[];
};

static void channel_of(char out[CHANNEL_SIZE], const char *id)
{
    snprintf(out, CHANNEL_SIZE, "query:%s", id);
}

void jobs_publish(server *s, const char *id, cJSON *record)
{
    char channel[CHANNEL_SIZE];
    char *text = cJSON_PrintUnformatted(record);
    ape_error err;

    channel_of(channel, id);
    if (text && ape_bus_publish(s->bus, channel, text, strlen(text), &err) != APE_OK)
        log_line(APE_LOG_WARNING, "jobs", err.message, NULL);
    cJSON_free(text);
    cJSON_Delete(record);
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *new_record(const char *id, const char *question, const char *created)
{
    cJSON *record = cJSON_CreateObject();

    cJSON_AddStringToObject(record, "query_id", id);
    cJSON_AddStringToObject(record, "question", question);
    cJSON_AddStringToObject(record, "status", "running");
    cJSON_AddNullToObject(record, "stage");
    cJSON_AddStringToObject(record, "created", created);
    cJSON_AddStringToObject(record, "updated", created);
    cJSON_AddNullToObject(record, "answer");
    return record;
}

static char *write_ask(const ask *asked, const char *created)
{
    cJSON *object = cJSON_CreateObject();
    char *text;

    cJSON_AddStringToObject(object, "query", asked->question);
    cJSON_AddStringToObject(object, "created", created);
    add_text(object, "as_of", asked->as_of);
    add_text(object, "provider", asked->provider);
    cJSON_AddNumberToObject(object, "timeout_ms", (double)asked->timeout_ms);
    text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

ape_status jobs_put(server *s, const ask *asked, char id[37], ape_error *err)
{
    char created[STAMP_TIME];
    char *data;
    ape_status st;

    stamp_id(id);
    stamp_time(created);
    data = write_ask(asked, created);
    if (!data)
        return APE_ERR_NO_MEMORY;
    /* The record first: whoever learns of the id may look for it at once. */
    jobs_publish(s, id, new_record(id, asked->question, created));
    st = ape_bus_flush(s->bus, FLUSH_MS, err);
    if (st == APE_OK)
        st = ape_bus_put_job(s->bus, queue, id, data, strlen(data), err);
    cJSON_free(data);
    return st;
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static char *answer_job(server *s, const ape_job *job)
{
    cJSON *data = cJSON_ParseWithLength(ape_job_data(job), ape_job_data_size(job));
    const char *created = text_of(data, "created");
    double timeout_ms = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(data, "timeout_ms"));
    const ask asked = { text_of(data, "query"), text_of(data, "as_of"), text_of(data, "provider"),
                        timeout_ms > 0 ? (uint64_t)timeout_ms : 0 };
    parts *p = server_parts(s);
    cJSON *record = NULL;
    char *text;

    if (asked.question && created)
        record = queries_run_job(s->queries, p, &asked, ape_job_id(job), created);
    text = cJSON_PrintUnformatted(record);
    parts_free(p);
    cJSON_Delete(record);
    cJSON_Delete(data);
    return text;
}

static void nap(jobs *all, uint64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&all->stop_wake, &all->lock, &until);
}

static bool stopped(jobs *all)
{
    bool stop;

    pthread_mutex_lock(&all->lock);
    stop = all->stop;
    pthread_mutex_unlock(&all->lock);
    return stop;
}

static void finish(jobs *all, ape_job *job, const char *outcome)
{
    ape_error err;
    ape_status st = APE_ERR_UNAVAILABLE;

    for (int i = 0; i < FINISH_TRIES && st == APE_ERR_UNAVAILABLE; i++) {
        st = ape_job_finish(job, outcome, strlen(outcome), &err);
        if (st != APE_ERR_UNAVAILABLE)
            break;
        pthread_mutex_lock(&all->lock);
        nap(all, AWAY_MS);
        pthread_mutex_unlock(&all->lock);
    }
    if (st != APE_OK && st != APE_ERR_STATE)
        log_line(APE_LOG_WARNING, "jobs", err.message, NULL);
}

static void hold(runner *r, ape_job *job)
{
    pthread_mutex_lock(&r->all->lock);
    r->job = job;
    pthread_mutex_unlock(&r->all->lock);
}

static void run_job(runner *r, ape_job *job)
{
    char *outcome;

    hold(r, job);
    outcome = answer_job(r->all->server, job);
    hold(r, NULL);
    /* Without an outcome the job goes to another server when its lease is over. */
    if (outcome)
        finish(r->all, job, outcome);
    cJSON_free(outcome);
    ape_job_free(job);
}

/* False: told to stop. */
static bool take(jobs *all, ape_job **out)
{
    ape_status st = APE_ERR_TIMEOUT;

    pthread_mutex_lock(&all->lock);
    all->busy++;
    pthread_mutex_unlock(&all->lock);
    if (!stopped(all))
        st = ape_bus_take_job(all->server->bus, queue, LEASE_MS, WAIT_MS, out, NULL);
    if (st == APE_OK)
        return true;
    pthread_mutex_lock(&all->lock);
    all->busy--;
    if (st != APE_ERR_TIMEOUT && !all->stop)
        nap(all, AWAY_MS);
    pthread_mutex_unlock(&all->lock);
    return false;
}

static void *take_jobs(void *argument)
{
    runner *r = argument;
    ape_job *job;

    while (!stopped(r->all)) {
        if (!take(r->all, &job))
            continue;
        run_job(r, job);
        pthread_mutex_lock(&r->all->lock);
        r->all->busy--;
        pthread_mutex_unlock(&r->all->lock);
    }
    return NULL;
}

/* Keeps the leases of what runs: a question may take longer than any lease should. */
static void *keep_leases(void *argument)
{
    jobs *all = argument;

    pthread_mutex_lock(&all->lock);
    while (!all->stop || all->busy > 0) {
        nap(all, KEEP_MS);
        for (size_t i = 0; i < all->count; i++)
            if (all->runners[i].job)
                (void)!ape_job_extend(all->runners[i].job, NULL);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

static bool start_threads(jobs *all)
{
    if (pthread_create(&all->keeper, NULL, keep_leases, all) != 0)
        return false;
    for (all->started = 1; all->started <= all->count; all->started++) {
        runner *r = &all->runners[all->started - 1];

        r->all = all;
        if (pthread_create(&r->thread, NULL, take_jobs, r) != 0)
            return false;
    }
    return true;
}

jobs *jobs_new(server *s, uint32_t threads)
{
    jobs *all = calloc(1, sizeof(*all) + threads * sizeof(runner));
    pthread_condattr_t attributes;

    if (!all)
        return NULL;
    all->server = s;
    all->count = threads;
    pthread_mutex_init(&all->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&all->stop_wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (start_threads(all))
        return all;
    jobs_free(all);
    return NULL;
}

void jobs_quiesce(jobs *all)
{
    if (!all)
        return;
    pthread_mutex_lock(&all->lock);
    all->stop = true;
    pthread_cond_broadcast(&all->stop_wake);
    pthread_mutex_unlock(&all->lock);
}

size_t jobs_busy(jobs *all)
{
    size_t busy = 0;

    if (!all)
        return 0;
    pthread_mutex_lock(&all->lock);
    busy = all->busy;
    pthread_mutex_unlock(&all->lock);
    return busy;
}

void jobs_free(jobs *all)
{
    if (!all)
        return;
    jobs_quiesce(all);
    for (size_t i = 1; i < all->started; i++)
        pthread_join(all->runners[i - 1].thread, NULL);
    jobs_quiesce(all);
    if (all->started > 0)
        pthread_join(all->keeper, NULL);
    pthread_cond_destroy(&all->stop_wake);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

/* What was told last of a query that has no outcome. */
static cJSON *last_told(server *s, const char *id)
{
    char channel[CHANNEL_SIZE];
    const char *data;
    cJSON *history, *record;
    ape_text *text;

    channel_of(channel, id);
    if (ape_bus_history(s->bus, channel, 1, &text, NULL) != APE_OK)
        return NULL;
    history = cJSON_Parse(ape_text_data(text));
    ape_text_free(text);
    data = text_of(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(history, "messages"), 0),
                   "data");
    record = data ? cJSON_Parse(data) : NULL;
    cJSON_Delete(history);
    return record;
}

cJSON *jobs_record(server *s, const char *id)
{
    ape_text *text = NULL;
    cJSON *outcome, *record;
    ape_status st = ape_bus_get_outcome(s->bus, queue, id, &text, NULL);

    if (st == APE_ERR_STATE)
        return last_told(s, id);
    if (st != APE_OK)
        return NULL;
    outcome = cJSON_Parse(ape_text_data(text));
    ape_text_free(text);
    if (!cJSON_HasObjectItem(outcome, "error"))
        return outcome;
    /* Given up: it took down every server that tried. */
    cJSON_Delete(outcome);
    record = last_told(s, id);
    cJSON_ReplaceItemInObjectCaseSensitive(record, "status", cJSON_CreateString("failed"));
    cJSON_ReplaceItemInObjectCaseSensitive(record, "stage", cJSON_CreateNull());
    return record;
}
