/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "core/memory.h"

enum { LARGEST_JOB = 1 << 20 };

ape_job *ape__job_new(ape_bus *bus, const char *queue, const char *id, const void *data,
                      size_t size)
{
    ape_job *job = ape__alloc(bus->host, sizeof(*job));

    if (!job)
        return NULL;
    job->bus = bus;
    snprintf(job->queue, sizeof(job->queue), "%s", queue);
    snprintf(job->id, sizeof(job->id), "%s", id);
    job->data = ape__strndup(bus->host, data, size);
    job->size = size;
    if (job->data)
        return job;
    ape__free(bus->host, job, sizeof(*job));
    return NULL;
}

void ape_job_free(ape_job *job)
{
    ape_host *host;

    if (!job)
        return;
    host = job->bus->host;
    ape__free(host, job->data, job->size + 1);
    ape__free(host, job, sizeof(*job));
}

const char *ape_job_id(const ape_job *job)
{
    return job ? job->id : "";
}

const char *ape_job_data(const ape_job *job)
{
    return job ? job->data : "";
}

size_t ape_job_data_size(const ape_job *job)
{
    return job ? job->size : 0;
}

static ape_status check(ape_bus *bus, const char *queue, const char *id, ape_error *err)
{
    if (!bus)
        return ape__fail(err, APE_ERR_INVALID, "bus is NULL");
    if (!ape__bus_name_valid(queue) || !ape__bus_name_valid(id))
        return ape__fail(err, APE_ERR_INVALID,
                         "queue and id must be 1 to 128 of A-Z a-z 0-9 . _ : / -");
    return APE_OK;
}

ape_status ape_bus_put_job(ape_bus *bus, const char *queue, const char *id, const void *data,
                           size_t size, ape_error *err)
{
    ape_status st = check(bus, queue, id, err);

    if (st != APE_OK)
        return st;
    if (!data || size > LARGEST_JOB)
        return ape__fail(err, APE_ERR_INVALID, "a job has from 0 to %d bytes", LARGEST_JOB);
    st = bus->redis ? ape__redis_put_job(bus, queue, id, data, size, err)
                    : ape__memory_put_job(bus, queue, id, data, size, err);
    if (st == APE_OK)
        ape_counter_inc(bus->metrics.jobs_put);
    return st;
}

ape_status ape_bus_take_job(ape_bus *bus, const char *queue, uint32_t lease_ms, uint32_t wait_ms,
                            ape_job **out, ape_error *err)
{
    ape_status st = check(bus, queue, "x", err);

    if (st != APE_OK)
        return st;
    if (!out || lease_ms < 100 || lease_ms > 3600000 || wait_ms > 60000)
        return ape__fail(err, APE_ERR_INVALID,
                         "out is NULL, lease_ms not from 100 to 3600000, or wait_ms above 60000");
    st = bus->redis ? ape__redis_take_job(bus, queue, lease_ms, wait_ms, out, err)
                    : ape__memory_take_job(bus, queue, lease_ms, wait_ms, out, err);
    if (st == APE_OK)
        ape_counter_inc(bus->metrics.jobs_taken);
    return st;
}

ape_status ape_job_extend(ape_job *job, ape_error *err)
{
    if (!job)
        return ape__fail(err, APE_ERR_INVALID, "job is NULL");
    return job->bus->redis ? ape__redis_extend_job(job, err) : ape__memory_extend_job(job, err);
}

ape_status ape_job_finish(ape_job *job, const void *outcome, size_t size, ape_error *err)
{
    const ape__bus_metrics *metrics;
    ape_status st;

    if (!job || !outcome || size > LARGEST_JOB)
        return ape__fail(err, APE_ERR_INVALID, "job or outcome is NULL, or outcome above %d bytes",
                         LARGEST_JOB);
    st = job->bus->redis ? ape__redis_finish_job(job, outcome, size, err)
                         : ape__memory_finish_job(job, outcome, size, err);
    metrics = &job->bus->metrics;
    if (st == APE_OK || st == APE_ERR_STATE)
        ape_counter_inc(st == APE_OK ? metrics->jobs_finished : metrics->jobs_late);
    return st;
}

ape_status ape_bus_get_outcome(ape_bus *bus, const char *queue, const char *id, ape_text **out,
                               ape_error *err)
{
    ape_status st = check(bus, queue, id, err);

    if (st == APE_OK && !out)
        st = ape__fail(err, APE_ERR_INVALID, "out is NULL");
    if (st != APE_OK)
        return st;
    return bus->redis ? ape__redis_get_outcome(bus, queue, id, out, err)
                      : ape__memory_get_outcome(bus, queue, id, out, err);
}
