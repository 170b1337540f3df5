/* SPDX-License-Identifier: MIT */
#include "bus/redis.h"

#if APE_HAVE_REDIS

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/host.h"
#include "core/id.h"
#include "core/memory.h"

/*
 *     ape:w:QUEUE       stream of jobs, fields i (id) and d (data), consumer group "workers"
 *     ape:w:QUEUE:j:ID  "" while the job is about, then its outcome, for a day
 *
 * Each script is one step for all who look: putting, taking, finishing cannot be half done. KEYS
 * are the stream and, where a job is meant, its key.
 */
#define DAY "86400000"

static const char put_script[] =
    "if redis.call('SET', KEYS[2], '', 'NX', 'PX', 7 * " DAY ") == false then return 0 end "
    "redis.call('XADD', KEYS[1], '*', 'i', ARGV[1], 'd', ARGV[2]) return 1";

/* A job whose lease is over, else a new one, else nothing: [entry, id, data]. */
static const char take_script[] =
    "if redis.call('EXISTS', KEYS[1]) == 0 then return {} end "
    "redis.pcall('XGROUP', 'CREATE', KEYS[1], 'workers', '0') "
    "while true do "
    " local found = redis.call('XAUTOCLAIM', KEYS[1], 'workers', ARGV[1], ARGV[2], '0-0', 'COUNT', "
    "1)[2] "
    " if #found == 0 then break end "
    " local e = found[1] local key = KEYS[1] .. ':j:' .. e[2][2] "
    " local p = redis.call('XPENDING', KEYS[1], 'workers', e[1], e[1], 1)[1] "
    " if p[4] <= 5 then return {e[1], e[2][2], e[2][4]} end "
    " redis.call('SET', key, '{\"error\": \"given up\"}', 'PX', " DAY ") "
    " redis.call('XACK', KEYS[1], 'workers', e[1]) redis.call('XDEL', KEYS[1], e[1]) "
    "end "
    "local new = redis.call('XREADGROUP', 'GROUP', 'workers', ARGV[1], 'COUNT', 1, "
    " 'STREAMS', KEYS[1], '>') "
    "if not new then redis.pcall('XGROUP', 'DELCONSUMER', KEYS[1], 'workers', ARGV[1]) return {} "
    "end "
    "local e = new[1][2][1] return {e[1], e[2][2], e[2][4]}";

static const char extend_script[] =
    "local p = redis.call('XPENDING', KEYS[1], 'workers', ARGV[2], ARGV[2], 1)[1] "
    "if not p or p[2] ~= ARGV[1] then return 0 end "
    "redis.call('XCLAIM', KEYS[1], 'workers', ARGV[1], 0, ARGV[2], 'JUSTID') return 1";

static const char finish_script[] =
    "if redis.call('GET', KEYS[2]) ~= '' then return 0 end "
    "redis.call('SET', KEYS[2], ARGV[3], 'PX', " DAY ") "
    "redis.call('XACK', KEYS[1], 'workers', ARGV[2]) redis.call('XDEL', KEYS[1], ARGV[2]) "
    "redis.pcall('XGROUP', 'DELCONSUMER', KEYS[1], 'workers', ARGV[1]) return 1";

enum { LONGEST_KEY = 2 * APE__KEY, POLL_MS = 20 };

typedef struct argument {
    const char *text;
    size_t size;
} argument;

static argument text(const char *string)
{
    return (argument){ string, strlen(string) };
}

/* A script on the keys of a queue and a job. */
static redisReply *run(ape_bus *bus, const char *script, const char *queue, const char *id,
                       const argument *arguments, size_t count, ape_error *err)
{
    char stream[LONGEST_KEY], job[2 * LONGEST_KEY];
    const char *argv[10] = { "EVAL", script, "2", stream, job };
    size_t sizes[10];
    redisReply *reply;
    ape__link link;

    if (ape__link_pool_take(&bus->redis->pool, &link, err) != APE_OK)
        return NULL;
    snprintf(stream, sizeof(stream), "ape:w:%s", queue);
    snprintf(job, sizeof(job), "%s:j:%s", stream, id);
    for (size_t i = 0; i < 5; i++)
        sizes[i] = strlen(argv[i]);
    for (size_t i = 0; i < count; i++) {
        argv[5 + i] = arguments[i].text;
        sizes[5 + i] = arguments[i].size;
    }
    reply = ape__link_command(&link, err, (int)(5 + count), argv, sizes);
    ape__link_pool_give(&bus->redis->pool, &link);
    return reply;
}

static ape_status status_of(const ape_error *err)
{
    return err->status == APE_ERR_FORMAT ? APE_ERR_FORMAT : APE_ERR_UNAVAILABLE;
}

/* A script that answers 1 or 0. */
static ape_status run_flag(ape_bus *bus, const char *script, const char *queue, const char *id,
                           const argument *arguments, size_t count, const char *otherwise,
                           ape_error *err)
{
    ape_error reason = { .message = "" };
    redisReply *reply = run(bus, script, queue, id, arguments, count, &reason);
    bool done;

    if (!reply)
        return ape__fail(err, status_of(&reason), "%s", reason.message);
    done = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);
    return done ? APE_OK : ape__fail(err, APE_ERR_STATE, "%s", otherwise);
}

ape_status ape__redis_put_job(ape_bus *bus, const char *queue, const char *id, const void *data,
                              size_t size, ape_error *err)
{
    const argument arguments[] = { text(id), { data, size } };

    return run_flag(bus, put_script, queue, id, arguments, 2, "a job of that id was put before",
                    err);
}

static ape_status take_once(ape_bus *bus, const char *queue, uint32_t lease_ms, ape_job **out,
                            ape_error *err)
{
    ape_error reason = { .message = "" };
    char worker[48], lease[16];
    redisReply *reply;
    ape_job *job;

    ape__id_new(bus->host, worker);
    snprintf(lease, sizeof(lease), "%u", lease_ms);
    reply =
        run(bus, take_script, queue, "-", (argument[]){ text(worker), text(lease) }, 2, &reason);
    if (!reply)
        return ape__fail(err, status_of(&reason), "%s", reason.message);
    if (reply->elements != 3) {
        freeReplyObject(reply);
        return ape__fail(err, APE_ERR_TIMEOUT, "no job in the queue");
    }
    job = ape__job_new(bus, queue, reply->element[1]->str, reply->element[2]->str,
                       reply->element[2]->len);
    if (job) {
        snprintf(job->entry, sizeof(job->entry), "%.47s", reply->element[0]->str);
        memcpy(job->worker, worker, sizeof(worker));
        job->lease_ms = lease_ms;
        *out = job;
    }
    freeReplyObject(reply);
    return job ? APE_OK : ape__fail_no_memory(err);
}

/* Scripts cannot block, so this looks again and again. */
ape_status ape__redis_take_job(ape_bus *bus, const char *queue, uint32_t lease_ms, uint32_t wait_ms,
                               ape_job **out, ape_error *err)
{
    uint64_t end = ape__now_ms(NULL) + wait_ms;

    for (;;) {
        const struct timespec moment = { .tv_nsec = POLL_MS * 1000000 };
        ape_status st = take_once(bus, queue, lease_ms, out, err);

        if (st != APE_ERR_TIMEOUT || ape__now_ms(NULL) >= end)
            return st;
        nanosleep(&moment, NULL);
    }
}

ape_status ape__redis_extend_job(ape_job *job, ape_error *err)
{
    const argument arguments[] = { text(job->worker), text(job->entry) };

    return run_flag(job->bus, extend_script, job->queue, job->id, arguments, 2,
                    "the job is another's by now", err);
}

ape_status ape__redis_finish_job(ape_job *job, const void *outcome, size_t size, ape_error *err)
{
    const argument arguments[] = { text(job->worker), text(job->entry), { outcome, size } };

    return run_flag(job->bus, finish_script, job->queue, job->id, arguments, 3,
                    "the job has an outcome already", err);
}

ape_status ape__redis_get_outcome(ape_bus *bus, const char *queue, const char *id, ape_text **out,
                                  ape_error *err)
{
    static const char get_script[] = "return redis.call('GET', KEYS[2])";
    ape_error reason = { .message = "" };
    redisReply *reply = run(bus, get_script, queue, id, NULL, 0, &reason);
    ape_status st;

    if (!reply)
        return ape__fail(err, status_of(&reason), "%s", reason.message);
    if (reply->type != REDIS_REPLY_STRING)
        st = ape__fail(err, APE_ERR_NOT_FOUND, "there is no such job");
    else if (reply->len == 0)
        st = ape__fail(err, APE_ERR_STATE, "the job is not finished");
    else
        st = ape__text_new(bus->host, reply->str, reply->len, out, err);
    freeReplyObject(reply);
    return st;
}

#endif
