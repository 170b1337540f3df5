/* SPDX-License-Identifier: MIT */
#include "bus/fleet.h"

#if APE_HAVE_REDIS

#include <stdio.h>
#include <string.h>

#include "bus/redis.h"

/* KEYS: state, probe. An opening that lasts longer than this one stays. */
static const char opened_script[] =
    "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then "
    "redis.call('SET', KEYS[1], 'open', 'PX', ARGV[1]) end "
    "redis.call('DEL', KEYS[2]) redis.call('PUBLISH', 'ape:cb', ARGV[2])";
static const char closed_script[] = "redis.call('DEL', KEYS[1], KEYS[2]) "
                                    "redis.call('PUBLISH', 'ape:cb', ARGV[2])";
static const char lease_script[] =
    "local left = redis.call('PTTL', KEYS[1]) if left > 0 then return {left, 0} end "
    "if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[1]) then return {0, 0} end "
    "return {0, math.max(redis.call('PTTL', KEYS[2]), 1)}";

static redisReply *run(ape__fleet *fleet, const char *script, const char *name, uint64_t ms,
                       const char *words, ape_error *err)
{
    char state[APE__KEY], probe[APE__KEY + 8], number[24];
    redisReply *reply;
    ape__link link;

    if (ape__link_pool_take(&fleet->bus->redis->pool, &link, err) != APE_OK)
        return NULL;
    ape__redis_key(state, "ape:cb:", name);
    snprintf(probe, sizeof(probe), "%s:probe", state);
    snprintf(number, sizeof(number), "%llu", (unsigned long long)ms);
    reply = ape__link_say(&link, err, "EVAL", script, "2", state, probe, number, words, NULL);
    ape__link_pool_give(&fleet->bus->redis->pool, &link);
    return reply;
}

ape_status ape__fleet_tell(ape__fleet *fleet, const char *name, ape__fleet_news news,
                           uint64_t open_ms, ape_error *err)
{
    char words[APE__KEY + 64];
    bool opened = news == APE__FLEET_OPENED;
    redisReply *reply;

    snprintf(words, sizeof(words), "%s %s %s %llu", fleet->bus->redis->node,
             opened ? "open" : "closed", name, (unsigned long long)(opened ? open_ms : 0));
    reply = run(fleet, opened ? opened_script : closed_script, name, open_ms, words, err);
    if (!reply)
        return APE_ERR_UNAVAILABLE;
    freeReplyObject(reply);
    return APE_OK;
}

ape_status ape__fleet_take_lease(ape__fleet *fleet, const char *name, uint64_t lease_ms,
                                 uint64_t *open_ms, uint64_t *wait_ms, ape_error *err)
{
    redisReply *reply = run(fleet, lease_script, name, lease_ms, fleet->bus->redis->node, err);

    if (!reply)
        return APE_ERR_UNAVAILABLE;
    *open_ms = reply->elements == 2 ? (uint64_t)reply->element[0]->integer : 0;
    *wait_ms = reply->elements == 2 ? (uint64_t)reply->element[1]->integer : 1;
    freeReplyObject(reply);
    return APE_OK;
}

ape_status ape__fleet_look(ape__fleet *fleet, const char *name, uint64_t *open_ms, ape_error *err)
{
    redisReply *reply = run(fleet, "return redis.call('PTTL', KEYS[1])", name, 0, "", err);

    if (!reply)
        return APE_ERR_UNAVAILABLE;
    *open_ms = reply->integer > 0 ? (uint64_t)reply->integer : 0;
    freeReplyObject(reply);
    return APE_OK;
}

#endif
