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
    unsigned char commands[BATCH]; /* sent for each */
    bool sent[BATCH];
} batch;

static void append(ape__link *link, int argc, const char **argv, const size_t *sizes)
{
    (void)redisAppendCommandArgv(link->context, argc, argv, sizes);
}

static void append_add(ape__redis *r, ape__link *link, const ape__outgoing *o)
{
    char key[APE__KEY], limit[16];
    const char *argv[] = { "XADD",         key, "MAXLEN",     "~", limit,           "0-*", "i",
                           o->message->id, "r", link->run_id, "d", o->message->data };
    size_t sizes[12];

    ape__redis_key(key, "ape:s:", o->channel);
    snprintf(limit, sizeof(limit), "%u", r->bus->opts.history_count);
    for (size_t i = 0; i < 11; i++)
        sizes[i] = strlen(argv[i]);
    sizes[11] = o->message->size;
    append(link, 12, argv, sizes);
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

static ape_status next_reply(ape__link *link, redisReply **out, ape_error *err)
{
    *out = NULL;
    if (redisGetReply(link->context, (void **)out) == REDIS_OK)
        return APE_OK;
    return ape__fail(err, APE_ERR_UNAVAILABLE, "Redis is away: %s", link->context->errstr);
}

/* The answers to MULTI and to what was queued; the first complaint is why EXEC will not. */
static ape_status take_queued(ape__link *link, size_t count, ape_error *complaint)
{
    for (size_t i = 0; i < count; i++) {
        redisReply *reply;
        ape_status st = next_reply(link, &reply, complaint);

        if (st != APE_OK)
            return st;
        if (reply->type == REDIS_REPLY_ERROR && complaint->status == APE_OK)
            (void)ape__link_judge(reply->str, complaint);
        freeReplyObject(reply);
    }
    return APE_OK;
}

static void take_batch(ape__redis *r, batch *b)
{
    b->count = 0;
    pthread_mutex_lock(&r->lock);
    for (ape__outgoing *o = r->first; o && b->count < BATCH; o = o->next)
        b->items[b->count++] = o;
    pthread_mutex_unlock(&r->lock);
}

static void remove_sent(ape__redis *r, const batch *b)
{
    ape__outgoing **at = &r->first, *kept = NULL;

    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < b->count; i++) {
        if (b->sent[i]) {
            *at = b->items[i]->next;
            r->queued--;
        } else {
            kept = b->items[i];
            at = &kept->next;
        }
    }
    if (!*at)
        r->last = kept;
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < b->count; i++) {
        if (!b->sent[i])
            continue;
        ape__message_drop(b->items[i]->message);
        ape__free(r->bus->host, b->items[i], sizeof(*b->items[i]));
    }
}

/* What is not a stream is moved aside, and the messages of that channel sent again, in order. */
static void take_results(ape__redis *r, ape__link *link, batch *b, const redisReply *results)
{
    size_t at = 0;

    for (size_t i = 0; i < b->count && at < results->elements; i++) {
        b->sent[i] = results->element[at]->type != REDIS_REPLY_ERROR;
        at += b->commands[i];
    }
    for (size_t i = 0; i < b->count; i++) {
        char key[APE__KEY];

        ape__redis_key(key, "ape:s:", b->items[i]->channel);
        if (!b->sent[i])
            rename_aside(r, link, key);
    }
}

static void append_word(ape__link *link, const char *word)
{
    const size_t size = strlen(word);

    append(link, 1, &word, &size);
}

/*
 * A batch is one transaction: were some refused and the next taken, as by a Redis that is just
 * done with loading, the refused ones would come after them, where readers take them for repeated.
 */
static ape_status send_batch(ape__redis *r, ape__link *link, batch *b, ape_error *err)
{
    ape_error complaint = { .status = APE_OK };
    size_t count = 1; /* MULTI */
    redisReply *results;
    ape_status st;

    memset(b->sent, 0, sizeof(b->sent));
    append_word(link, "MULTI");
    for (size_t i = 0; i < b->count; i++)
        count += b->commands[i] = append_item(r, link, b->items[i]);
    append_word(link, "EXEC");
    st = take_queued(link, count, &complaint);
    if (st == APE_OK)
        st = next_reply(link, &results, &complaint);
    if (st != APE_OK)
        return ape__fail(err, st, "%s", complaint.message);
    if (results->type == REDIS_REPLY_ARRAY) {
        take_results(r, link, b, results);
        remove_sent(r, b);
    } else {
        if (complaint.status == APE_OK)
            (void)ape__link_judge(results->str ? results->str : "no EXEC", &complaint);
        st = ape__fail(err, APE_ERR_UNAVAILABLE, "%s", complaint.message);
    }
    freeReplyObject(results);
    return st;
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
