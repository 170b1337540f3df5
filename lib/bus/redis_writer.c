/* SPDX-License-Identifier: MIT */
#include "bus/redis.h"

#if APE_HAVE_REDIS

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/host.h"
#include "core/memory.h"

enum { BATCH = 512, COMMANDS = 3 };

typedef struct batch {
    size_t count;
    ape__outgoing *items[BATCH];
    unsigned char replies[BATCH]; /* commands sent for each */
} batch;

static void append(ape__link *link, int argc, const char **argv, const size_t *sizes)
{
    (void)redisAppendCommandArgv(link->context, argc, argv, sizes);
}

static void append_add(ape__redis *r, ape__link *link, const ape__outgoing *o)
{
    char key[APE__KEY], limit[16];
    const char *argv[] = { "XADD", key, "MAXLEN",       "~", limit,
                           "0-*",  "i", o->message->id, "d", o->message->data };
    size_t sizes[10];

    ape__redis_key(key, "ape:s:", o->channel);
    snprintf(limit, sizeof(limit), "%u", r->bus->opts.history_count);
    for (size_t i = 0; i < 9; i++)
        sizes[i] = strlen(argv[i]);
    sizes[9] = o->message->size;
    append(link, 10, argv, sizes);
}

static void append_broadcast(ape__link *link, const ape__outgoing *o)
{
    const char *argv[] = { "PUBLISH", "ws:broadcast", o->message->data };
    const size_t sizes[] = { 7, 12, o->message->size };

    append(link, 3, argv, sizes);
}

/* Now and then, by a table that forgets: a channel in another's place is told once too often. */
static bool is_expiry_due(ape__redis *r, const char *channel)
{
    uint64_t hash = 14695981039346656037u, now = ape__now_ms(NULL);

    for (const char *c = channel; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    if (r->expiries[hash % APE__EXPIRY_SLOTS].hash == hash &&
        now - r->expiries[hash % APE__EXPIRY_SLOTS].at_ms < r->bus->opts.history_ms / 10)
        return false;
    r->expiries[hash % APE__EXPIRY_SLOTS].hash = hash;
    r->expiries[hash % APE__EXPIRY_SLOTS].at_ms = now;
    return true;
}

static void append_expiry(ape__redis *r, ape__link *link, const ape__outgoing *o)
{
    char key[APE__KEY], ms[24];
    const char *argv[] = { "PEXPIRE", key, ms };
    size_t sizes[3];

    ape__redis_key(key, "ape:s:", o->channel);
    snprintf(ms, sizeof(ms), "%llu", (unsigned long long)r->bus->opts.history_ms);
    for (size_t i = 0; i < 3; i++)
        sizes[i] = strlen(argv[i]);
    append(link, 3, argv, sizes);
}

static unsigned char append_item(ape__redis *r, ape__link *link, const ape__outgoing *o)
{
    unsigned char commands = 1;

    append_add(r, link, o);
    if (strcmp(o->channel, "broadcast") == 0) {
        append_broadcast(link, o);
        commands++;
    }
    if (is_expiry_due(r, o->channel)) {
        append_expiry(r, link, o);
        commands++;
    }
    return commands;
}

static bool is_stream(ape__link *link, const char *key)
{
    redisReply *reply = ape__link_say(link, NULL, "TYPE", key, NULL);
    bool fine = !reply || strcmp(reply->str, "stream") == 0 || strcmp(reply->str, "none") == 0;

    if (reply)
        freeReplyObject(reply);
    return fine;
}

static void rename_aside(ape__redis *r, ape__link *link, const char *key)
{
    char to[APE__KEY + 48];
    redisReply *reply;

    snprintf(to, sizeof(to), "%s:aside-%lld", key, (long long)ape__wall_ms(r->bus->host));
    reply = ape__link_say(link, NULL, "RENAMENX", key, to, NULL);
    if (reply)
        freeReplyObject(reply);
    ape__log(r->bus->host, APE_LOG_ERROR, "bus",
             "the Redis key %s held something else; it is now %s", key, to);
}

void ape__redis_move_aside(ape__redis *r, ape__link *link, const char *key)
{
    if (!is_stream(link, key))
        rename_aside(r, link, key);
}

/* The verdict of a message's first reply: the rest is told on the side, and may be lost. */
static ape_status take_replies(ape__link *link, unsigned char count, ape_error *err)
{
    ape_status st = APE_OK;

    for (unsigned char i = 0; i < count; i++) {
        redisReply *reply = NULL;

        if (redisGetReply(link->context, (void **)&reply) != REDIS_OK)
            return ape__fail(err, APE_ERR_TIMEOUT, "Redis is away: %s", link->context->errstr);
        if (i == 0 && reply->type == REDIS_REPLY_ERROR)
            st = ape__link_judge(reply->str, err);
        freeReplyObject(reply);
    }
    return st;
}

static void take_batch(ape__redis *r, batch *b)
{
    b->count = 0;
    pthread_mutex_lock(&r->lock);
    for (ape__outgoing *o = r->first; o && b->count < BATCH; o = o->next)
        b->items[b->count++] = o;
    pthread_mutex_unlock(&r->lock);
}

static void remove_sent(ape__redis *r, size_t count)
{
    ape__outgoing *sent = NULL, **tail = &sent;

    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < count; i++) {
        *tail = r->first;
        tail = &r->first->next;
        r->first = r->first->next;
        r->queued--;
    }
    *tail = NULL;
    if (!r->first)
        r->last = NULL;
    pthread_mutex_unlock(&r->lock);
    while (sent) {
        ape__outgoing *o = sent;

        sent = o->next;
        ape__message_drop(o->message);
        ape__free(r->bus->host, o, sizeof(*o));
    }
}

/*
 * What Redis refuses must not let what follows overtake it, so the first refusal ends what is
 * counted as sent; what came after it is sent again, and readers know it by its id.
 */
static ape_status receive_batch(ape__link *link, const batch *b, size_t *sent, ape_error *err)
{
    ape_status st = APE_OK;

    *sent = 0;
    for (size_t i = 0; i < b->count; i++) {
        ape_status next = take_replies(link, b->replies[i], st == APE_OK ? err : NULL);

        if (next == APE_ERR_TIMEOUT)
            return next;
        if (st == APE_OK && next == APE_OK)
            *sent = i + 1;
        st = st != APE_OK ? st : next;
    }
    return st;
}

static ape_status send_batch(ape__redis *r, ape__link *link, batch *b, ape_error *err)
{
    char key[APE__KEY];
    size_t sent;
    ape_status st;

    for (size_t i = 0; i < b->count; i++)
        b->replies[i] = append_item(r, link, b->items[i]);
    st = receive_batch(link, b, &sent, err);
    if (st == APE_ERR_FORMAT) {
        ape__redis_key(key, "ape:s:", b->items[sent]->channel);
        rename_aside(r, link, key);
    }
    remove_sent(r, sent);
    return st == APE_ERR_FORMAT ? APE_OK : st;
}

static bool wait_for_work(ape__redis *r, uint64_t until_ms)
{
    uint64_t now = ape__now_ms(NULL);
    struct timespec until;
    bool stopping;

    clock_gettime(CLOCK_MONOTONIC, &until);
    if (until_ms > now) {
        uint64_t ns = (uint64_t)until.tv_nsec + (until_ms - now) % 1000 * 1000000;

        until.tv_sec += (time_t)((until_ms - now) / 1000 + ns / 1000000000);
        until.tv_nsec = (long)(ns % 1000000000);
    }
    pthread_mutex_lock(&r->lock);
    while (!r->first && !r->stopping && !r->members_due)
        if (pthread_cond_timedwait(&r->changed, &r->lock, &until) != 0)
            break;
    stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return !stopping;
}

static ape_status tell_members(ape__redis *r, ape__link *link, uint64_t *next_ms, ape_error *err)
{
    bool all = ape__now_ms(NULL) >= *next_ms, due;
    ape_status st;

    pthread_mutex_lock(&r->lock);
    due = r->members_due;
    r->members_due = false;
    pthread_mutex_unlock(&r->lock);
    if (!all && !due)
        return APE_OK;
    st = ape__redis_send_members(r, link, all, err);
    if (st == APE_OK && all)
        *next_ms = ape__now_ms(NULL) + r->bus->opts.presence_ms / 3;
    return st;
}

static ape_status work(ape__redis *r, ape__link *link, batch *b, ape_error *err)
{
    uint64_t members_at = 0;
    ape_status st = APE_OK;

    while (st == APE_OK && wait_for_work(r, members_at)) {
        st = tell_members(r, link, &members_at, err);
        take_batch(r, b);
        if (st == APE_OK && b->count > 0)
            st = send_batch(r, link, b, err);
    }
    return st;
}

/* While Redis is away, what waits reaches the subscriptions here, in order. */
static void set_up(ape__redis *r, bool up, const char *reason)
{
    bool was_up;

    pthread_mutex_lock(&r->lock);
    was_up = r->writer_up;
    r->writer_up = up;
    if (up)
        r->reconnects++;
    else
        snprintf(r->reason, sizeof(r->reason), "%.199s", reason);
    if (was_up && !up)
        ape__redis_deliver_waiting(r);
    pthread_mutex_unlock(&r->lock);
    if (was_up && !up)
        ape__log(r->bus->host, APE_LOG_WARNING, "bus", "%s; the bus goes on in memory", reason);
}

void *ape__redis_run_writer(void *user)
{
    ape__redis *r = user;
    uint32_t backoff_ms = APE__BACKOFF_FIRST_MS;
    batch *b = ape__alloc(r->bus->host, sizeof(*b));
    ape__link link = { NULL };
    ape__quiet quiet = ape__quiet_begin();

    while (b && !ape__redis_stopping(r)) {
        ape_error error = { .message = "" };
        ape_status st = ape__link_open(&link, &r->target, &error);

        if (st == APE_OK) {
            set_up(r, true, "");
            backoff_ms = APE__BACKOFF_FIRST_MS;
            st = work(r, &link, b, &error);
        }
        ape__link_close(&link);
        if (st == APE_OK)
            break;
        set_up(r, false, error.message);
        if (!ape__redis_rest(r, &backoff_ms))
            break;
    }
    ape__free(r->bus->host, b, sizeof(*b));
    ape__quiet_end(quiet);
    return NULL;
}

#endif
