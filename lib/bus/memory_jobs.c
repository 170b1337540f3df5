/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/bus.h"
#include "core/host.h"
#include "core/id.h"
#include "core/memory.h"

enum { MOST_TAKES = 5, OUTCOME_MS = 86400000 };
static const char given_up[] = "{\"error\": \"given up\"}";

struct ape__memory_job {
    ape__memory_job *next; /* in the order of putting */
    char queue[APE__CHANNEL_NAME];
    char id[APE__CHANNEL_NAME];
    char worker[48]; /* "": nobody's */
    uint64_t lease_end_ms;
    uint32_t takes;
    bool done;
    size_t size, outcome_size;
    char *data, *outcome;
};

static void free_job(ape_bus *bus, ape__memory_job *j)
{
    if (j->data)
        ape__free(bus->host, j->data, j->size + 1);
    if (j->outcome)
        ape__free(bus->host, j->outcome, j->outcome_size + 1);
    ape__free(bus->host, j, sizeof(*j));
}

void ape__memory_jobs_clear(ape_bus *bus)
{
    while (bus->jobs) {
        ape__memory_job *j = bus->jobs;

        bus->jobs = j->next;
        free_job(bus, j);
    }
}

/* Outcomes are forgotten after a day, when somebody puts a job. */
static void forget_old(ape_bus *bus)
{
    uint64_t now = ape__now_ms(NULL);

    for (ape__memory_job **at = &bus->jobs; *at;) {
        ape__memory_job *j = *at;

        if (!j->done || now < j->lease_end_ms + OUTCOME_MS) {
            at = &j->next;
            continue;
        }
        *at = j->next;
        free_job(bus, j);
    }
}

static ape__memory_job *find(const ape_bus *bus, const char *queue, const char *id)
{
    for (ape__memory_job *j = bus->jobs; j; j = j->next)
        if (strcmp(j->id, id) == 0 && strcmp(j->queue, queue) == 0)
            return j;
    return NULL;
}

static ape__memory_job *new_job(ape_bus *bus, const char *queue, const char *id, const void *data,
                                size_t size)
{
    ape__memory_job *j = ape__alloc(bus->host, sizeof(*j));

    if (!j)
        return NULL;
    snprintf(j->queue, sizeof(j->queue), "%s", queue);
    snprintf(j->id, sizeof(j->id), "%s", id);
    j->data = ape__strndup(bus->host, data, size);
    j->size = size;
    if (j->data)
        return j;
    free_job(bus, j);
    return NULL;
}

static void append(ape_bus *bus, ape__memory_job *j)
{
    ape__memory_job **at = &bus->jobs;

    while (*at)
        at = &(*at)->next;
    *at = j;
}

ape_status ape__memory_put_job(ape_bus *bus, const char *queue, const char *id, const void *data,
                               size_t size, ape_error *err)
{
    ape__memory_job *j = new_job(bus, queue, id, data, size);
    bool known;

    if (!j)
        return ape__fail_no_memory(err);
    pthread_mutex_lock(&bus->jobs_lock);
    forget_old(bus);
    known = find(bus, queue, id) != NULL;
    if (!known)
        append(bus, j);
    pthread_cond_broadcast(&bus->jobs_changed);
    pthread_mutex_unlock(&bus->jobs_lock);
    if (!known)
        return APE_OK;
    free_job(bus, j);
    return ape__fail(err, APE_ERR_STATE, "a job of that id was put before");
}

static ape_status settle(ape_bus *bus, ape__memory_job *j, const void *outcome, size_t size,
                         ape_error *err)
{
    j->outcome = ape__strndup(bus->host, outcome, size);
    if (!j->outcome)
        return ape__fail_no_memory(err);
    j->outcome_size = size;
    j->done = true;
    j->lease_end_ms = ape__now_ms(NULL);
    return APE_OK;
}

/* The first that is free; @p next_ms gets when the next lease ends. */
static ape__memory_job *find_free(ape_bus *bus, const char *queue, uint64_t now, uint64_t *next_ms)
{
    for (ape__memory_job *j = bus->jobs; j; j = j->next) {
        if (j->done || strcmp(j->queue, queue) != 0)
            continue;
        if (j->worker[0] && j->lease_end_ms > now) {
            *next_ms = j->lease_end_ms < *next_ms ? j->lease_end_ms : *next_ms;
            continue;
        }
        if (j->takes < MOST_TAKES)
            return j;
        (void)settle(bus, j, given_up, sizeof(given_up) - 1, NULL);
    }
    return NULL;
}

static ape_job *take(ape_bus *bus, ape__memory_job *j, uint32_t lease_ms)
{
    ape_job *job = ape__job_new(bus, j->queue, j->id, j->data, j->size);

    if (!job)
        return NULL;
    ape__id_new(bus->host, job->worker);
    job->lease_ms = lease_ms;
    memcpy(j->worker, job->worker, sizeof(j->worker));
    j->lease_end_ms = ape__now_ms(NULL) + lease_ms;
    j->takes++;
    return job;
}

static void wait_until(ape_bus *bus, uint64_t now, uint64_t until_ms)
{
    struct timespec t;
    uint64_t ns;

    clock_gettime(CLOCK_MONOTONIC, &t);
    ns = (uint64_t)t.tv_nsec + (until_ms - now) % 1000 * 1000000;
    t.tv_sec += (time_t)((until_ms - now) / 1000 + ns / 1000000000);
    t.tv_nsec = (long)(ns % 1000000000);
    pthread_cond_timedwait(&bus->jobs_changed, &bus->jobs_lock, &t);
}

ape_status ape__memory_take_job(ape_bus *bus, const char *queue, uint32_t lease_ms,
                                uint32_t wait_ms, ape_job **out, ape_error *err)
{
    uint64_t end = ape__now_ms(NULL) + wait_ms;
    ape_job *job = NULL;
    ape_status st = APE_OK;

    pthread_mutex_lock(&bus->jobs_lock);
    while (!job && st == APE_OK) {
        uint64_t now = ape__now_ms(NULL), next = end;
        ape__memory_job *j = find_free(bus, queue, now, &next);

        if (j) {
            job = take(bus, j, lease_ms);
            st = job ? APE_OK : ape__fail_no_memory(err);
        } else if (now >= end) {
            st = ape__fail(err, APE_ERR_TIMEOUT, "no job in the queue");
        } else {
            wait_until(bus, now, next);
        }
    }
    pthread_mutex_unlock(&bus->jobs_lock);
    if (st == APE_OK)
        *out = job;
    return st;
}

ape_status ape__memory_extend_job(ape_job *job, ape_error *err)
{
    ape_bus *bus = job->bus;
    ape__memory_job *j;
    bool mine;

    pthread_mutex_lock(&bus->jobs_lock);
    j = find(bus, job->queue, job->id);
    mine = j && !j->done && strcmp(j->worker, job->worker) == 0;
    if (mine)
        j->lease_end_ms = ape__now_ms(NULL) + job->lease_ms;
    pthread_mutex_unlock(&bus->jobs_lock);
    return mine ? APE_OK : ape__fail(err, APE_ERR_STATE, "the job is another's by now");
}

ape_status ape__memory_finish_job(ape_job *job, const void *outcome, size_t size, ape_error *err)
{
    ape_bus *bus = job->bus;
    ape__memory_job *j;
    ape_status st;

    pthread_mutex_lock(&bus->jobs_lock);
    j = find(bus, job->queue, job->id);
    if (!j || j->done)
        st = ape__fail(err, APE_ERR_STATE, "the job has an outcome already");
    else
        st = settle(bus, j, outcome, size, err);
    pthread_mutex_unlock(&bus->jobs_lock);
    return st;
}

ape_status ape__memory_get_outcome(ape_bus *bus, const char *queue, const char *id, ape_text **out,
                                   ape_error *err)
{
    const ape__memory_job *j;
    ape_status st;

    pthread_mutex_lock(&bus->jobs_lock);
    j = find(bus, queue, id);
    if (!j)
        st = ape__fail(err, APE_ERR_NOT_FOUND, "there is no such job");
    else if (!j->done)
        st = ape__fail(err, APE_ERR_STATE, "the job is not finished");
    else
        st = ape__text_new(bus->host, j->outcome, j->outcome_size, out, err);
    pthread_mutex_unlock(&bus->jobs_lock);
    return st;
}
