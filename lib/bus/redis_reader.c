/* SPDX-License-Identifier: MIT */
#include "bus/redis.h"

#if APE_HAVE_REDIS

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/host.h"
#include "core/memory.h"

enum { BLOCK_MS = 200, EPOCH_EVERY_MS = 500, BATCH = 1000, MOST_CHANNELS = 4096 };

/* By name: a channel may be swept meanwhile. */
typedef struct followed {
    char key[APE__KEY];
    char from[32];
    bool known; /* its position */
} followed;

typedef struct reading {
    ape__redis *redis;
    ape__link link;
    char epoch[64];
    uint64_t epoch_at_ms;
    followed *list; /* MOST_CHANNELS */
    size_t count;
} reading;

static const size_t prefix_size = sizeof("ape:s:") - 1;

/* With the hub's lock; NULL if it has gone. */
static ape__channel *channel_of(reading *g, const char *key)
{
    return ape__hub_channel(&g->redis->bus->hub, key + prefix_size, false);
}

static void list_channels(reading *g)
{
    ape__hub *hub = &g->redis->bus->hub;

    g->count = 0;
    pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < APE__HUB_BUCKETS; i++) {
        for (ape__channel *c = hub->buckets[i]; c; c = c->next) {
            followed *f = &g->list[g->count];

            if (!c->subscriptions)
                c->reading = false;
            if (!c->subscriptions || g->count == MOST_CHANNELS)
                continue;
            ape__redis_key(f->key, "ape:s:", c->name);
            snprintf(f->from, sizeof(f->from), "0-%llu", (unsigned long long)c->published);
            f->known = c->reading;
            g->count++;
        }
    }
    pthread_mutex_unlock(&hub->lock);
}

static uint64_t top_of(const redisReply *reply)
{
    const char *dash = reply->elements == 1 && reply->element[0]->elements == 2
                           ? strchr(reply->element[0]->element[0]->str, '-')
                           : NULL;

    return dash ? strtoull(dash + 1, NULL, 10) : 0;
}

static ape_status read_top(reading *g, const char *key, uint64_t *top, ape_error *err)
{
    ape_error reason = { .message = "" };
    redisReply *reply =
        ape__link_say(&g->link, &reason, "XREVRANGE", key, "+", "-", "COUNT", "1", NULL);

    *top = 0;
    if (!reply && reason.status == APE_ERR_FORMAT)
        return APE_OK; /* another type: the first message will move it aside */
    if (!reply)
        return ape__fail(err, APE_ERR_UNAVAILABLE, "%s", reason.message);
    *top = top_of(reply);
    freeReplyObject(reply);
    return APE_OK;
}

/* With the hub's lock. */
static void push_gap(reading *g, ape__channel *c)
{
    ape__hub *hub = &g->redis->bus->hub;
    ape__message *gap = ape__message_new(hub->host, NULL, 0);

    if (!gap)
        return;
    gap->kind = APE_BUS_GAP;
    gap->position.offset = c->published;
    memcpy(gap->position.epoch, g->epoch, sizeof(gap->position.epoch));
    c->gap_told = true;
    ape__hub_push(hub, c, gap);
}

/* Channels that were subscribed to while nobody could say where they are: from here on. */
static ape_status find_positions(reading *g, ape_error *err)
{
    ape__hub *hub = &g->redis->bus->hub;

    for (size_t i = 0; i < g->count; i++) {
        followed *f = &g->list[i];
        ape__channel *c;
        uint64_t top;
        ape_status st = f->known ? APE_OK : read_top(g, f->key, &top, err);

        if (st != APE_OK)
            return st;
        if (f->known)
            continue;
        pthread_mutex_lock(&hub->lock);
        c = channel_of(g, f->key);
        if (c && !c->reading) {
            c->published = top;
            c->reading = true;
            push_gap(g, c);
        }
        snprintf(f->from, sizeof(f->from), "0-%llu", c ? (unsigned long long)c->published : 0);
        pthread_mutex_unlock(&hub->lock);
    }
    return APE_OK;
}

/*
 * Another epoch: Redis was started anew, or emptied. Whether its file held every message that it
 * had acknowledged nobody can tell, so everybody is told of a gap; what is there now beyond the
 * position follows.
 */
static ape_status change_epoch(reading *g, const char *epoch, ape_error *err)
{
    ape__hub *hub = &g->redis->bus->hub;
    bool first = g->epoch[0] == '\0';

    snprintf(g->epoch, sizeof(g->epoch), "%s", epoch);
    pthread_mutex_lock(&hub->lock);
    snprintf(hub->epoch, sizeof(hub->epoch), "%s", epoch);
    pthread_mutex_unlock(&hub->lock);
    list_channels(g);
    for (size_t i = 0; i < g->count && !first; i++) {
        const followed *f = &g->list[i];
        ape__channel *c;
        uint64_t top;
        ape_status st = read_top(g, f->key, &top, err);

        if (st != APE_OK)
            return st;
        pthread_mutex_lock(&hub->lock);
        c = channel_of(g, f->key);
        /* Read again from the beginning: what was seen is known by its ids. */
        if (c && c->reading && top < c->published)
            c->published = 0;
        if (c)
            push_gap(g, c);
        pthread_mutex_unlock(&hub->lock);
    }
    return APE_OK;
}

static ape_status look_at_epoch(reading *g, ape_error *err)
{
    uint64_t now = ape__now_ms(NULL);
    char epoch[64];
    ape_status st;

    if (now - g->epoch_at_ms < EPOCH_EVERY_MS)
        return APE_OK;
    st = ape__redis_read_epoch(g->redis, &g->link, epoch, err);
    if (st != APE_OK)
        return st;
    if (strcmp(epoch, g->epoch) != 0)
        st = change_epoch(g, epoch, err);
    if (st == APE_OK)
        g->epoch_at_ms = now;
    return st;
}

/* The end of the last run may have been acknowledged, and yet not be in the file that Redis read
 * when it started: the place where that would be missing is before the first message of this. */
static bool is_from_another_run(ape__channel *c, const ape__message *m)
{
    bool other = c->run[0] != '\0' && strcmp(c->run, m->run) != 0;

    memcpy(c->run, m->run, sizeof(c->run));
    return other;
}

/* One entry, with both locks held. */
static void take_entry(reading *g, ape__channel *c, const redisReply *entry)
{
    ape__hub *hub = &g->redis->bus->hub;
    ape__message *m = ape__redis_read_entry(g->redis, entry, g->epoch);
    bool repeated, here, hole;

    if (!m) { /* no memory, or a foreign entry: a hole in the numbers, told with the next one */
        return;
    }
    if (m->position.offset <= c->published) {
        ape__message_drop(m);
        return;
    }
    hole = m->position.offset != c->published + 1;
    c->published = m->position.offset - 1;
    if (hole || (is_from_another_run(c, m) && !c->gap_told))
        push_gap(g, c);
    c->published = m->position.offset;
    c->touched_ms = ape__now_ms(NULL);
    here = ape__redis_take_local(g->redis, m->id);
    repeated = ape__channel_has_seen(c, m->id, true);
    if (here || repeated) {
        ape__message_drop(m);
        return;
    }
    c->gap_told = false;
    ape__hub_push(hub, c, m);
}

/* The reply is [[key, [entry, ...]], ...]. */
static void take_streams(reading *g, const redisReply *reply)
{
    ape__hub *hub = &g->redis->bus->hub;

    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *stream = reply->element[i];
        ape__channel *c;

        pthread_mutex_lock(&g->redis->lock);
        pthread_mutex_lock(&hub->lock);
        c = stream->elements == 2 ? channel_of(g, stream->element[0]->str) : NULL;
        for (size_t e = 0; c && c->reading && e < stream->element[1]->elements; e++)
            take_entry(g, c, stream->element[1]->element[e]);
        pthread_mutex_unlock(&hub->lock);
        pthread_mutex_unlock(&g->redis->lock);
    }
}

static redisReply *read_streams(reading *g, ape_error *err)
{
    size_t words = 6 + g->count * 2;
    const char **argv = ape__alloc_array(g->redis->bus->host, words, sizeof(*argv));
    size_t *sizes = ape__alloc_array(g->redis->bus->host, words, sizeof(*sizes));
    char block[16], count[16];
    redisReply *reply = NULL;

    snprintf(block, sizeof(block), "%d", BLOCK_MS);
    snprintf(count, sizeof(count), "%d", BATCH);
    if (argv && sizes) {
        const char *const head[] = { "XREAD", "COUNT", count, "BLOCK", block, "STREAMS" };

        memcpy(argv, head, sizeof(head));
        for (size_t i = 0; i < g->count; i++) {
            argv[6 + i] = g->list[i].key;
            argv[6 + g->count + i] = g->list[i].from;
        }
        for (size_t i = 0; i < words; i++)
            sizes[i] = strlen(argv[i]);
        reply = ape__link_command(&g->link, err, (int)words, argv, sizes);
    }
    ape__free(g->redis->bus->host, argv, words * sizeof(*argv));
    ape__free(g->redis->bus->host, sizes, words * sizeof(*sizes));
    return reply;
}

/* Nothing to follow: wait as XREAD would, on a key that is never written, so that it can be
 * woken in the same way. */
static void follow_nothing(reading *g)
{
    snprintf(g->list[0].key, sizeof(g->list[0].key), "ape:bus:nothing");
    snprintf(g->list[0].from, sizeof(g->list[0].from), "0-0");
    g->count = 1;
}

/* One key of another type spoils the command for all. */
static void move_strangers_aside(reading *g)
{
    for (size_t i = 0; i < g->count && g->link.context; i++)
        ape__redis_move_aside(g->redis, &g->link, g->list[i].key);
}

static ape_status read_once(reading *g, ape_error *err)
{
    ape_error reason = { .message = "" };
    redisReply *reply;
    ape_status st = find_positions(g, err);

    if (st != APE_OK)
        return st;
    if (g->count == 0)
        follow_nothing(g);
    reply = read_streams(g, &reason);
    if (!reply && reason.status == APE_ERR_FORMAT && g->link.context) {
        move_strangers_aside(g);
        return APE_OK;
    }
    if (!reply)
        return ape__fail(err, APE_ERR_UNAVAILABLE, "%s", reason.message);
    if (reply->type == REDIS_REPLY_ARRAY)
        take_streams(g, reply);
    freeReplyObject(reply);
    return APE_OK;
}

static void set_up(reading *g, bool up, const char *reason)
{
    ape__redis *r = g->redis;

    pthread_mutex_lock(&r->lock);
    r->reader_up = up;
    r->reader_client = up ? g->link.client_id : 0;
    if (!up)
        snprintf(r->reason, sizeof(r->reason), "%.199s", reason);
    pthread_mutex_unlock(&r->lock);
}

static ape_status follow(reading *g, ape_error *err)
{
    ape_status st = APE_OK;

    g->epoch_at_ms = 0;
    while (st == APE_OK && !ape__redis_stopping(g->redis)) {
        st = look_at_epoch(g, err);
        if (st != APE_OK)
            break;
        set_up(g, true, "");
        list_channels(g);
        st = read_once(g, err);
    }
    return st;
}

void *ape__redis_run_reader(void *user)
{
    ape__redis *r = user;
    uint32_t backoff_ms = APE__BACKOFF_FIRST_MS;
    reading g = { .redis = r,
                  .list = ape__alloc_array(r->bus->host, MOST_CHANNELS, sizeof(followed)) };
    ape__quiet quiet = ape__quiet_begin();

    while (g.list && !ape__redis_stopping(r)) {
        ape_error error = { .message = "" };
        ape_status st = ape__link_open(&g.link, &r->target, &error);

        if (st == APE_OK) {
            backoff_ms = APE__BACKOFF_FIRST_MS;
            st = follow(&g, &error);
        }
        set_up(&g, false, error.message);
        ape__link_close(&g.link);
        if (st == APE_OK || !ape__redis_rest(r, &backoff_ms))
            break;
    }
    ape__free(r->bus->host, g.list, MOST_CHANNELS * sizeof(followed));
    ape__quiet_end(quiet);
    return NULL;
}

#endif
