/* SPDX-License-Identifier: MIT */
#include "bus/redis.h"

#if APE_HAVE_REDIS

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

/*
 * A member is in a hash, and in a sorted set by the time until which it is there, in the clock of
 * Redis. Whoever reads or writes sweeps out those whose time is over, so that what a dead process
 * left goes away by itself.
 */
#define SWEEP                                                                                      \
    "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "              \
    "local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now) "                              \
    "for i = 1, #over, 1000 do local part = {unpack(over, i, math.min(i + 999, #over))} "          \
    "redis.call('HDEL', KEYS[1], unpack(part)) redis.call('ZREM', KEYS[2], unpack(part)) end "

static const char join_script[] = SWEEP "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) "
                                        "redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])";
static const char leave_script[] = "redis.call('HDEL', KEYS[1], ARGV[1]) "
                                   "redis.call('ZREM', KEYS[2], ARGV[1])";
static const char list_script[] = SWEEP "return redis.call('HGETALL', KEYS[1])";

static void keys_of(const char *channel, char hash[APE__KEY], char set[APE__KEY + 16])
{
    if (channel[0])
        ape__redis_key(hash, "ape:m:", channel);
    else
        snprintf(hash, APE__KEY, "ws:connections");
    snprintf(set, APE__KEY + 16, "%s:expiry", hash);
}

static ape_status tell(ape__redis *r, ape__link *link, const ape__member *m, ape_error *err)
{
    char hash[APE__KEY], set[APE__KEY + 16], ms[24];
    redisReply *reply;

    keys_of(m->channel, hash, set);
    snprintf(ms, sizeof(ms), "%llu", (unsigned long long)r->bus->opts.presence_ms);
    if (m->gone)
        reply = ape__link_say(link, err, "EVAL", leave_script, "2", hash, set, m->name, NULL);
    else
        reply = ape__link_say(link, err, "EVAL", join_script, "2", hash, set, m->name, m->info, ms,
                              NULL);
    if (reply)
        freeReplyObject(reply);
    /* A key of another type harms presence, not the messages. */
    return reply || link->context ? APE_OK : APE_ERR_UNAVAILABLE;
}

static void copy_member(const ape__member *m, ape_host *host, ape__member *out)
{
    *out = *m;
    out->info = ape__strdup(host, m->info);
}

/* The next to tell, copied, so that nobody waits for Redis with the lock held. The round is over
 * when none is untold. */
static bool take_next(ape__redis *r, ape__member *out)
{
    ape_bus *bus = r->bus;
    bool found = false;

    pthread_mutex_lock(&bus->members_lock);
    for (ape__member *m = bus->members; m && !found; m = m->next) {
        if (m->told)
            continue;
        m->told = found = true;
        copy_member(m, bus->host, out);
    }
    pthread_mutex_unlock(&bus->members_lock);
    return found;
}

/* Not at once: a list that was read before Redis heard of it may still be on its way. */
static void forget_gone(ape__redis *r)
{
    ape_bus *bus = r->bus;

    pthread_mutex_lock(&bus->members_lock);
    for (ape__member **at = &bus->members; *at;) {
        ape__member *m = *at;

        if (!m->gone || !m->told) {
            at = &m->next;
            continue;
        }
        *at = m->next;
        ape__strfree(bus->host, m->info);
        ape__free(bus->host, m, sizeof(*m));
    }
    pthread_mutex_unlock(&bus->members_lock);
}

static void untell(ape__redis *r)
{
    pthread_mutex_lock(&r->bus->members_lock);
    for (ape__member *m = r->bus->members; m; m = m->next)
        m->told = false;
    pthread_mutex_unlock(&r->bus->members_lock);
}

ape_status ape__redis_send_members(ape__redis *r, ape__link *link, bool all, ape_error *err)
{
    ape__member m;
    ape_status st = APE_OK;

    if (all) {
        forget_gone(r);
        untell(r);
    }
    while (st == APE_OK && take_next(r, &m)) {
        if (m.info)
            st = tell(r, link, &m, err);
        ape__strfree(r->bus->host, m.info);
    }
    if (st != APE_OK)
        untell(r);
    return st;
}

ape_status ape__redis_read_members(ape_bus *bus, const char *channel,
                                   void (*on_member)(void *user, const char *name,
                                                     const char *info),
                                   void *user, ape_error *err)
{
    char hash[APE__KEY], set[APE__KEY + 16], reason[200];
    redisReply *reply;
    ape__link link;
    ape_status st;

    if (ape__redis_is_away(bus, reason))
        return ape__fail(err, APE_ERR_UNAVAILABLE, "%s", reason);
    st = ape__link_pool_take(&bus->redis->pool, &link, err);
    if (st != APE_OK)
        return st;
    keys_of(channel, hash, set);
    reply = ape__link_say(&link, err, "EVAL", list_script, "2", hash, set, NULL);
    ape__link_pool_give(&bus->redis->pool, &link);
    if (!reply)
        return APE_ERR_UNAVAILABLE;
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        on_member(user, reply->element[i]->str, reply->element[i + 1]->str);
    freeReplyObject(reply);
    return APE_OK;
}

#endif
