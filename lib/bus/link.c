/* SPDX-License-Identifier: MIT */
#include "bus/link.h"

#if APE_HAVE_REDIS

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/tunnel.h"
#include "core/memory.h"

enum { OLDEST_VERSION = 7, MOST_WORDS = 16 };

ape__quiet ape__quiet_begin(void)
{
    sigset_t pipe, before;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    return (ape__quiet){ sigismember(&before, SIGPIPE) == 1 };
}

void ape__quiet_end(ape__quiet quiet)
{
    const struct timespec none = { 0 };
    sigset_t pipe;

    if (quiet.was_blocked)
        return;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    while (sigtimedwait(&pipe, NULL, &none) > 0)
        ;
    pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
}

ape_status ape__link_judge(const char *reply, ape_error *err)
{
    static const char *const passing[] = { "LOADING", "READONLY",   "OOM",         "MISCONF",
                                           "BUSY",    "MASTERDOWN", "NOAUTH",      "WRONGPASS",
                                           "NOPERM",  "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN" };
    size_t word = strcspn(reply, " ");

    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (strlen(passing[i]) == word && strncmp(passing[i], reply, word) == 0)
            return ape__fail(err, APE_ERR_UNAVAILABLE, "Redis: %.150s", reply);
    if (strncmp(reply, "WRONGTYPE", 9) == 0 || strstr(reply, "ID specified in XADD"))
        return ape__fail(err, APE_ERR_FORMAT, "Redis: a key of the bus holds something else");
    return ape__fail(err, APE_ERR_INTERNAL, "Redis: %.150s", reply);
}

static ape_status fail_link(ape__link *link, ape_error *err)
{
    ape_status st = ape__fail(err, APE_ERR_UNAVAILABLE, "Redis is away: %s",
                              link->context ? link->context->errstr : "no memory");

    ape__link_close(link);
    return st;
}

redisReply *ape__link_command(ape__link *link, ape_error *err, int argc, const char **argv,
                              const size_t *sizes)
{
    ape__quiet quiet = ape__quiet_begin();
    redisReply *reply = link->context ? redisCommandArgv(link->context, argc, argv, sizes) : NULL;

    ape__quiet_end(quiet);
    if (!reply) {
        fail_link(link, err);
        return NULL;
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return reply;
    ape__link_judge(reply->str, err);
    freeReplyObject(reply);
    return NULL;
}

redisReply *ape__link_say(ape__link *link, ape_error *err, ...)
{
    const char *words[MOST_WORDS];
    size_t sizes[MOST_WORDS];
    va_list args;
    int count = 0;

    va_start(args, err);
    while (count < MOST_WORDS && (words[count] = va_arg(args, const char *))) {
        sizes[count] = strlen(words[count]);
        count++;
    }
    va_end(args);
    return ape__link_command(link, err, count, words, sizes);
}

static ape_status expect(redisReply *reply)
{
    if (!reply)
        return APE_ERR_UNAVAILABLE;
    freeReplyObject(reply);
    return APE_OK;
}

static ape_status authenticate(ape__link *link, const ape__redis_target *t, ape_error *err)
{
    char number[16];
    ape_status st = APE_OK;

    if (t->password[0] && t->user[0])
        st = expect(ape__link_say(link, err, "AUTH", t->user, t->password, NULL));
    else if (t->password[0])
        st = expect(ape__link_say(link, err, "AUTH", t->password, NULL));
    snprintf(number, sizeof(number), "%d", t->database);
    if (st == APE_OK && t->database != 0)
        st = expect(ape__link_say(link, err, "SELECT", number, NULL));
    return st;
}

static ape_status identify(ape__link *link, ape_error *err)
{
    redisReply *info = ape__link_say(link, err, "INFO", "server", NULL);
    const char *run_id = info && info->str ? strstr(info->str, "run_id:") : NULL;
    const char *version = info && info->str ? strstr(info->str, "redis_version:") : NULL;
    long major = version ? strtol(version + strlen("redis_version:"), NULL, 10) : 0;

    if (!info)
        return APE_ERR_UNAVAILABLE;
    snprintf(link->run_id, sizeof(link->run_id), "%s", run_id ? run_id + strlen("run_id:") : "?");
    freeReplyObject(info);
    if (major < OLDEST_VERSION)
        return ape__fail(err, APE_ERR_UNAVAILABLE, "Redis %ld is too old: the bus needs %d", major,
                         OLDEST_VERSION);
    info = ape__link_say(link, err, "CLIENT", "ID", NULL);
    if (!info)
        return APE_ERR_UNAVAILABLE;
    link->client_id = info->integer;
    freeReplyObject(info);
    return APE_OK;
}

static ape_status connect_by_tls(ape__link *link, const ape__redis_target *target, ape_error *err)
{
    int fd;
    ape_status st = ape__tunnel_open(target, APE__LINK_TIMEOUT_MS, &link->tunnel, &fd, err);

    if (st != APE_OK)
        return st;
    link->context = redisConnectFd(fd);
    if (!link->context)
        close(fd);
    return APE_OK;
}

static ape_status connect_to(ape__link *link, const ape__redis_target *target, struct timeval limit,
                             ape_error *err)
{
    *link = (ape__link){ NULL };
    if (target->tls)
        return connect_by_tls(link, target, err);
    if (target->path[0]) {
        link->context = redisConnectUnixWithTimeout(target->path, limit);
        return APE_OK;
    }
    link->context = redisConnectWithTimeout(target->host, target->port, limit);
    if (link->context && !link->context->err)
        redisEnableKeepAlive(link->context);
    return APE_OK;
}

ape_status ape__link_open(ape__link *link, const ape__redis_target *target, ape_error *err)
{
    const struct timeval limit = { .tv_sec = APE__LINK_TIMEOUT_MS / 1000 };
    ape_status st;

    st = connect_to(link, target, limit, err);
    if (st != APE_OK)
        return st;
    if (!link->context || link->context->err)
        return fail_link(link, err);
    redisSetTimeout(link->context, limit);
    st = authenticate(link, target, err);
    if (st == APE_OK)
        st = identify(link, err);
    if (st != APE_OK)
        ape__link_close(link);
    return st == APE_OK ? APE_OK : APE_ERR_UNAVAILABLE;
}

void ape__link_close(ape__link *link)
{
    if (link->context) {
        ape__quiet quiet = ape__quiet_begin();

        redisFree(link->context);
        ape__quiet_end(quiet);
    }
    link->context = NULL;
    ape__tunnel_close(link->tunnel);
    link->tunnel = NULL;
}

/* The pool. */

void ape__link_pool_init(ape__link_pool *pool, const ape__redis_target *target)
{
    *pool = (ape__link_pool){ .target = target };
    pthread_mutex_init(&pool->lock, NULL);
}

void ape__link_pool_clear(ape__link_pool *pool)
{
    while (pool->idle_count > 0)
        ape__link_close(&pool->idle[--pool->idle_count]);
    pthread_mutex_destroy(&pool->lock);
}

static void close_idle(ape__link_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count > 0)
        ape__link_close(&pool->idle[--pool->idle_count]);
    pthread_mutex_unlock(&pool->lock);
}

/* One that lay idle may have been cut: a PING finds out. */
ape_status ape__link_pool_take(ape__link_pool *pool, ape__link *out, ape_error *err)
{
    for (;;) {
        redisReply *pong;

        pthread_mutex_lock(&pool->lock);
        *out = pool->idle_count > 0 ? pool->idle[--pool->idle_count] : (ape__link){ NULL };
        pthread_mutex_unlock(&pool->lock);
        if (!out->context)
            return ape__link_open(out, pool->target, err);
        pong = ape__link_say(out, NULL, "PING", NULL);
        if (pong) {
            freeReplyObject(pong);
            return APE_OK;
        }
        ape__link_close(out);
        close_idle(pool); /* they lay idle as long, and each would cost its own wait */
    }
}

void ape__link_pool_give(ape__link_pool *pool, ape__link *link)
{
    bool kept = false;

    if (!link->context)
        return;
    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count < APE__LINK_POOL) {
        pool->idle[pool->idle_count++] = *link;
        kept = true;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!kept)
        ape__link_close(link);
    *link = (ape__link){ NULL };
}

#endif
