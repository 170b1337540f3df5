/* SPDX-License-Identifier: MIT */
#include "queries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "http.h"
#include "jobs.h"
#include "log.h"
#include "problem.h"
#include "stamp.h"

enum { KEPT = 512 };

struct query {
    queries *all;
    parts *parts;
    request *waiting;
    stream *events;
    bool is_job;     /* other servers are told how far it is */
    unsigned shares; /* guarded by the lock, like all below */
    char id[STAMP_ID];
    char created[STAMP_TIME];
    char updated[STAMP_TIME];
    char *question;
    char *as_of;
    char *provider;
    uint64_t timeout_ms;
    uint64_t started_ms;
    const char *stage;  /* NULL before the first */
    const char *status; /* "running", then the answer's */
    char *answer;       /* JSON; NULL while it runs, or if the library itself failed */
};

struct queries {
    server *server;
    pthread_mutex_t lock;
    size_t next;
    query *kept[KEPT]; /* a ring: a new one takes the place of the oldest */
};

queries *queries_new(server *s)
{
    queries *all = calloc(1, sizeof(*all));

    if (!all)
        return NULL;
    all->server = s;
    pthread_mutex_init(&all->lock, NULL);
    return all;
}

static void destroy(query *q)
{
    parts_free(q->parts);
    free(q->question);
    free(q->as_of);
    free(q->provider);
    free(q->answer);
    free(q);
}

static void unref_locked(query *q)
{
    if (q && --q->shares == 0)
        destroy(q);
}

void queries_free(queries *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < KEPT; i++)
        unref_locked(all->kept[i]);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static query *make(queries *all, parts *p, const ask *asked)
{
    query *q = calloc(1, sizeof(*q));

    if (!q)
        return NULL;
    q->all = all;
    q->parts = parts_ref(p);
    q->question = copy(asked->question);
    q->as_of = copy(asked->as_of);
    q->provider = copy(asked->provider);
    q->timeout_ms = asked->timeout_ms;
    q->status = "running";
    q->shares = 1;
    stamp_id(q->id);
    stamp_time(q->created);
    memcpy(q->updated, q->created, sizeof(q->updated));
    if (q->question && (q->as_of || !asked->as_of) && (q->provider || !asked->provider))
        return q;
    destroy(q);
    return NULL;
}

static void keep(query *q)
{
    queries *all = q->all;

    pthread_mutex_lock(&all->lock);
    unref_locked(all->kept[all->next]);
    all->kept[all->next] = q;
    q->shares++;
    all->next = (all->next + 1) % KEPT;
    pthread_mutex_unlock(&all->lock);
}

static cJSON *record_of(const query *q)
{
    cJSON *record = cJSON_CreateObject();

    cJSON_AddStringToObject(record, "query_id", q->id);
    cJSON_AddStringToObject(record, "question", q->question);
    cJSON_AddStringToObject(record, "status", q->status);
    if (q->stage && strcmp(q->status, "running") == 0)
        cJSON_AddStringToObject(record, "stage", q->stage);
    else
        cJSON_AddNullToObject(record, "stage");
    cJSON_AddStringToObject(record, "created", q->created);
    cJSON_AddStringToObject(record, "updated", q->updated);
    if (q->answer)
        cJSON_AddRawToObject(record, "answer", q->answer);
    else
        cJSON_AddNullToObject(record, "answer");
    return record;
}

/* Tell those who watch: the query's own stream, and the channel of all queries. */
static void tell(query *q, const char *type, cJSON *data)
{
    char *text;

    if (!cJSON_HasObjectItem(data, "query_id"))
        cJSON_AddStringToObject(data, "query_id", q->id);
    text = cJSON_PrintUnformatted(data);
    if (text && q->events)
        stream_send(q->events, type, text);
    cJSON_free(text);
    cJSON_AddStringToObject(data, "type", type);
    text = cJSON_PrintUnformatted(data);
    if (text)
        events_publish(q->all->server, "queries", text);
    cJSON_free(text);
    cJSON_Delete(data);
}

static void on_stage(void *user, ape_stage stage)
{
    query *q = user;
    cJSON *data = cJSON_CreateObject();
    cJSON *record = NULL;

    pthread_mutex_lock(&q->all->lock);
    q->stage = ape_stage_name(stage);
    stamp_time(q->updated);
    if (q->is_job)
        record = record_of(q);
    pthread_mutex_unlock(&q->all->lock);
    if (record)
        jobs_publish(q->all->server, q->id, record);
    cJSON_AddStringToObject(data, "stage", ape_stage_name(stage));
    cJSON_AddNumberToObject(data, "elapsed_ms", (double)(clock_ms() - q->started_ms));
    tell(q, "stage", data);
}

static const char *status_of(const ape_answer *answer)
{
    static const char *const names[] = { "verified", "undefined", "refused", "failed" };
    ape_answer_status status = ape_answer_get_status(answer);

    return status >= 0 && status <= APE_ANSWER_FAILED ? names[status] : "failed";
}

static void finish(query *q, const char *status, char *answer)
{
    pthread_mutex_lock(&q->all->lock);
    q->status = status;
    q->answer = answer;
    stamp_time(q->updated);
    pthread_mutex_unlock(&q->all->lock);
}

/* For a failure the client gets a problem that holds the answer. */
static void reply_answer(request *r, const ape_answer *answer, const char *json)
{
    char *text;
    cJSON *document;

    if (json && ape_answer_get_status(answer) == APE_ANSWER_FAILED) {
        document = problem_document(r, 502, ape_answer_sentence(answer));
        cJSON_AddItemToObject(document, "answer", cJSON_Parse(json));
        problem_send(r, 502, document);
        return;
    }
    text = json ? strdup(json) : NULL;
    if (!text) {
        problem(r, 503, "out of memory; try again");
        return;
    }
    reply_static(r, 200, "application/json", text, strlen(text));
    r->reply.owner = text;
    r->reply.release = free;
}

static cJSON *summary(const char *status, const ape_answer *answer)
{
    cJSON *data = cJSON_CreateObject();

    cJSON_AddStringToObject(data, "status", status);
    cJSON_AddStringToObject(data, "answer", ape_answer_sentence(answer));
    return data;
}

static void deliver_answer(query *q, const ape_answer *answer)
{
    const char *status = status_of(answer);
    char *json = strdup(ape_answer_json(answer));

    finish(q, status, json);
    if (q->events) {
        if (json)
            stream_send(q->events, "answer", json);
        stream_end(q->events);
        q->events = NULL;
    }
    tell(q, "answer", summary(status, answer));
    if (!q->waiting)
        return;
    reply_answer(q->waiting, answer, json);
    http_resume(q->waiting);
}

static void deliver_failure(query *q, ape_status st, const ape_error *err)
{
    cJSON *data = cJSON_CreateObject();
    unsigned code = problem_http_status(st);

    finish(q, "failed", NULL);
    cJSON_AddStringToObject(data, "title", problem_title(code));
    cJSON_AddNumberToObject(data, "status", code);
    cJSON_AddStringToObject(data, "detail", code == 500 ? "something broke inside" : err->message);
    tell(q, "error", data);
    if (q->events)
        stream_end(q->events);
    if (!q->waiting)
        return;
    problem_status(q->waiting, st, err);
    http_resume(q->waiting);
}

static void log_failure(const query *q, ape_status st, const ape_error *err)
{
    cJSON *more = cJSON_CreateObject();

    cJSON_AddStringToObject(more, "query_id", q->id);
    cJSON_AddStringToObject(more, "status", ape_status_name(st));
    log_line(APE_LOG_WARNING, "query", err->message, more);
}

/* Ask, and deliver what comes. */
static void ask_now(query *q)
{
    ape_query_options options;
    ape_answer *answer = NULL;
    ape_error err = { .status = APE_OK };
    ape_status st;

    q->started_ms = clock_ms();
    ape_query_options_init(&options, sizeof(options));
    options.query_id = q->id;
    options.as_of = q->as_of;
    options.provider = q->provider;
    options.timeout_ms = q->timeout_ms;
    options.on_stage = on_stage;
    options.user = q;
    st = ape_orchestrator_query(q->parts->orchestrator, q->question, strlen(q->question), &options,
                                &answer, &err);
    if (st == APE_OK) {
        deliver_answer(q, answer);
        ape_answer_free(answer);
    } else {
        log_failure(q, st, &err);
        deliver_failure(q, st, &err);
    }
}

static void unref(query *q)
{
    queries *all = q->all;

    pthread_mutex_lock(&all->lock);
    unref_locked(q);
    pthread_mutex_unlock(&all->lock);
}

static void run(void *argument)
{
    query *q = argument;

    ask_now(q);
    unref(q);
}

bool queries_start(queries *all, parts *p, const ask *asked, request *waiting, stream *events,
                   char id[37])
{
    query *q = make(all, p, asked);

    if (!q)
        return false;
    q->waiting = waiting;
    q->events = events;
    memcpy(id, q->id, sizeof(q->id));
    keep(q);
    if (workers_submit(all->server->workers, run, q))
        return true;
    finish(q, "failed", NULL);
    unref(q);
    return false;
}

cJSON *queries_run_job(queries *all, parts *p, const ask *asked, const char *id,
                       const char *created)
{
    query *q = make(all, p, asked);
    cJSON *record;

    if (!q)
        return NULL;
    q->is_job = true;
    snprintf(q->id, sizeof(q->id), "%s", id);
    snprintf(q->created, sizeof(q->created), "%s", created);
    keep(q);
    ask_now(q);
    pthread_mutex_lock(&all->lock);
    record = record_of(q);
    pthread_mutex_unlock(&all->lock);
    unref(q);
    return record;
}

cJSON *queries_record(queries *all, const char *id)
{
    cJSON *record = NULL;

    pthread_mutex_lock(&all->lock);
    for (size_t i = 0; i < KEPT && !record; i++)
        if (all->kept[i] && strcmp(all->kept[i]->id, id) == 0)
            record = record_of(all->kept[i]);
    pthread_mutex_unlock(&all->lock);
    return record;
}
