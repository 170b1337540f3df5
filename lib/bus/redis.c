/* SPDX-License-Identifier: MIT */
#include "bus/redis.h"

#include "core/host.h"
#include "core/id.h"
#include "core/memory.h"

#if APE_HAVE_REDIS

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { ROUNDS = 20 };

void ape__redis_key(char out[APE__KEY], const char *prefix, const char *name)
{
    snprintf(out, APE__KEY, "%s%s", prefix, name);
}

bool ape__redis_stopping(ape__redis *r)
{
    bool stopping;

    pthread_mutex_lock(&r->lock);
    stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return stopping;
}

static struct timespec after(uint64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

bool ape__redis_rest(ape__redis *r, uint32_t *backoff_ms)
{
    uint16_t chance = 0;
    struct timespec until;
    bool stopping;

    (void)!getrandom(&chance, sizeof(chance), 0);
    until = after(*backoff_ms / 2 + chance % (*backoff_ms / 2 + 1));

    *backoff_ms = *backoff_ms * 2 < APE__BACKOFF_MS ? *backoff_ms * 2 : APE__BACKOFF_MS;
    pthread_mutex_lock(&r->lock);
    while (!r->stopping && pthread_cond_timedwait(&r->changed, &r->lock, &until) == 0)
        ;
    stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return !stopping;
}

ape_status ape__redis_read_epoch(ape__redis *r, ape__link *link, char out[64], ape_error *err)
{
    char fresh[37];
    redisReply *reply;

    ape__id_new(r->bus->host, fresh);
    reply = ape__link_say(link, err, "SET", "ape:bus:epoch", fresh, "NX", "GET", NULL);
    if (!reply)
        return APE_ERR_UNAVAILABLE;
    /* GET answers with what was there before; NX made it where nothing was. */
    snprintf(out, 64, "%s-%.36s", link->run_id,
             reply->type == REDIS_REPLY_STRING ? reply->str : fresh);
    freeReplyObject(reply);
    return APE_OK;
}

/* An entry is [id, [field, value, ...]], ours with i, r and d. */
ape__message *ape__redis_read_entry(ape__redis *r, const redisReply *entry, const char *epoch)
{
    const redisReply *fields = entry->elements == 2 ? entry->element[1] : NULL;
    const char *dash = entry->elements == 2 ? strchr(entry->element[0]->str, '-') : NULL;
    ape__message *m;

    if (!fields || !dash || fields->elements != 6)
        return NULL;
    m = ape__message_new(r->bus->host, fields->element[5]->str, fields->element[5]->len);
    if (!m)
        return NULL;
    snprintf(m->id, sizeof(m->id), "%.39s", fields->element[1]->str);
    snprintf(m->run, sizeof(m->run), "%.16s", fields->element[3]->str);
    snprintf(m->position.epoch, sizeof(m->position.epoch), "%s", epoch);
    m->position.offset = strtoull(dash + 1, NULL, 10);
    return m;
}

uint64_t ape__redis_own_counter(const ape__redis *r, const char *id)
{
    size_t node = strlen(r->node);

    return strncmp(id, r->node, node) == 0 && id[node] == '-' ? strtoull(id + node + 1, NULL, 10)
                                                              : 0;
}

bool ape__redis_take_local(ape__redis *r, const char *id)
{
    uint64_t counter = r->local_count > 0 ? ape__redis_own_counter(r, id) : 0;

    for (size_t i = 0; counter > 0 && i < r->local_count; i++) {
        if (r->locals[i] != counter)
            continue;
        memmove(&r->locals[i], &r->locals[i + 1], (r->local_count - i - 1) * sizeof(uint64_t));
        r->local_count--;
        return true;
    }
    return false;
}

/* The place of a process, or of the one that was quiet longest: its counter is lowest of use. */
static ape__origin *find_origin(ape__channel *c, const char *node)
{
    for (size_t i = 0; i < APE__ORIGINS; i++)
        if (c->origins[i].node[0] == '\0' || strcmp(c->origins[i].node, node) == 0)
            return &c->origins[i];
    memmove(&c->origins[0], &c->origins[1], (APE__ORIGINS - 1) * sizeof(c->origins[0]));
    c->origins[APE__ORIGINS - 1] = (ape__origin){ .counter = 0 };
    return &c->origins[APE__ORIGINS - 1];
}

bool ape__channel_has_seen(ape__channel *c, const char *id, bool note)
{
    const char *dash = strrchr(id, '-');
    char node[sizeof(c->origins[0].node)];
    uint64_t counter = dash ? strtoull(dash + 1, NULL, 10) : 0;
    ape__origin *origin;

    if (counter == 0 || (size_t)(dash - id) >= sizeof(node))
        return false;
    memcpy(node, id, (size_t)(dash - id));
    node[dash - id] = '\0';
    origin = find_origin(c, node);
    if (strcmp(origin->node, node) == 0 && counter <= origin->counter)
        return true;
    if (note) {
        memcpy(origin->node, node, sizeof(node));
        origin->counter = counter;
    }
    return false;
}

/* Publishing. */

static bool note_local(ape__redis *r, uint64_t counter)
{
    if (r->local_count == r->local_capacity) {
        size_t capacity = r->local_capacity ? r->local_capacity * 2 : 64;
        uint64_t *grown = ape__resize(r->bus->host, r->locals, r->local_capacity * sizeof(uint64_t),
                                      capacity * sizeof(uint64_t));

        if (!grown)
            return false;
        r->locals = grown;
        r->local_capacity = capacity;
    }
    r->locals[r->local_count++] = counter;
    return true;
}

/* Hand a message to the subscriptions of this process while Redis is away. It is theirs twice,
 * under its id, if there is no memory to remember that. */
static void deliver_here(ape__redis *r, ape__outgoing *o)
{
    ape__hub *hub = &r->bus->hub;
    ape__message *copy;
    ape__channel *c;

    o->local = true;
    copy = ape__message_new(r->bus->host, o->message->data, o->message->size);
    if (!copy)
        return;
    memcpy(copy->id, o->message->id, sizeof(copy->id));
    copy->degraded = true;
    pthread_mutex_lock(&hub->lock);
    c = ape__hub_channel(hub, o->channel, false);
    if (c && c->subscriptions && !ape__channel_has_seen(c, copy->id, false)) {
        (void)note_local(r, o->counter);
        ape__hub_push(hub, c, copy);
        copy = NULL;
    }
    pthread_mutex_unlock(&hub->lock);
    ape__message_drop(copy);
}

void ape__redis_deliver_waiting(ape__redis *r)
{
    for (ape__outgoing *o = r->first; o; o = o->next)
        if (!o->local)
            deliver_here(r, o);
}

static ape__outgoing *outgoing_new(ape_host *host, const char *channel, const void *data,
                                   size_t size)
{
    ape__outgoing *o = ape__alloc(host, sizeof(*o));

    if (!o)
        return NULL;
    snprintf(o->channel, sizeof(o->channel), "%s", channel);
    o->message = ape__message_new(host, data, size);
    if (o->message)
        return o;
    ape__free(host, o, sizeof(*o));
    return NULL;
}

static void outgoing_free(ape_host *host, ape__outgoing *o)
{
    ape__message_drop(o->message);
    ape__free(host, o, sizeof(*o));
}

static void enqueue(ape__redis *r, ape__outgoing *o)
{
    o->counter = ++r->counter;
    snprintf(o->message->id, sizeof(o->message->id), "%s-%llu", r->node,
             (unsigned long long)o->counter);
    if (r->last)
        r->last->next = o;
    else
        r->first = o;
    r->last = o;
    if (r->queued++ == 0)
        pthread_cond_broadcast(&r->changed);
    if (!r->writer_up)
        deliver_here(r, o);
}

ape_status ape__redis_publish(ape_bus *bus, const char *channel, const void *data, size_t size,
                              ape_error *err)
{
    ape__redis *r = bus->redis;
    ape__outgoing *o = outgoing_new(bus->host, channel, data, size);
    bool full;

    if (!o)
        return ape__fail_no_memory(err);
    pthread_mutex_lock(&r->lock);
    full = r->queued >= bus->opts.queue_count;
    if (!full)
        enqueue(r, o);
    pthread_mutex_unlock(&r->lock);
    if (!full)
        return APE_OK;
    outgoing_free(bus->host, o);
    return ape__fail(err, APE_ERR_LIMIT, "%u messages wait for Redis; this one was not taken",
                     bus->opts.queue_count);
}

/* Subscribing. */

typedef struct catch_up {
    char epoch[64];
    uint64_t top; /* offset of the newest message */
    bool whole;   /* all that came after the position is in the backlog */
} catch_up;

static uint64_t offset_of(const redisReply *entry)
{
    const char *dash = entry->elements == 2 ? strchr(entry->element[0]->str, '-') : NULL;

    return dash ? strtoull(dash + 1, NULL, 10) : 0;
}

static ape_status read_top(ape__link *link, const char *key, uint64_t *top, ape_error *err)
{
    redisReply *reply = ape__link_say(link, err, "XREVRANGE", key, "+", "-", "COUNT", "1", NULL);

    if (!reply)
        return APE_ERR_UNAVAILABLE;
    *top = reply->elements == 1 ? offset_of(reply->element[0]) : 0;
    freeReplyObject(reply);
    return APE_OK;
}

/* Whole only if offsets follow each other from the position on, up to the newest. */
static bool fill_backlog(ape__redis *r, ape_bus_subscription *s, const redisReply *list,
                         uint64_t since, catch_up *out)
{
    for (size_t i = 0; i < list->elements; i++) {
        ape__message *m = ape__redis_read_entry(r, list->element[i], out->epoch);

        if (!m)
            return false;
        if (m->position.offset != since + 1) {
            ape__message_drop(m);
            return false;
        }
        if (!ape__subscription_add(s, m))
            return false;
        since++;
    }
    out->top = since > out->top ? since : out->top;
    return since == out->top;
}

static void empty_backlog(ape_bus_subscription *s, size_t down_to)
{
    while (s->backlog_count > down_to) {
        ape__message_drop(s->backlog[s->backlog_count - 1]);
        s->backlog = ape__resize(s->hub->host, s->backlog, s->backlog_count * sizeof(*s->backlog),
                                 (s->backlog_count - 1) * sizeof(*s->backlog));
        s->backlog_count--;
    }
}

static ape_status read_since(ape__redis *r, ape__link *link, const char *key, uint64_t since,
                             ape_bus_subscription *s, catch_up *out, ape_error *err)
{
    char from[40], count[16];
    redisReply *reply;

    snprintf(from, sizeof(from), "(0-%llu", (unsigned long long)since);
    snprintf(count, sizeof(count), "%u", r->bus->opts.history_count * 2 + 1);
    reply = ape__link_say(link, err, "XRANGE", key, from, "+", "COUNT", count, NULL);
    if (!reply)
        return APE_ERR_UNAVAILABLE;
    out->whole = since <= out->top && fill_backlog(r, s, reply, since, out);
    freeReplyObject(reply);
    return APE_OK;
}

static ape_status look(ape__redis *r, ape__link *link, const char *key,
                       const ape_bus_position *since, ape_bus_subscription *s, catch_up *out,
                       ape_error *err)
{
    ape_status st = ape__redis_read_epoch(r, link, out->epoch, err);

    out->whole = false;
    if (st == APE_OK)
        st = read_top(link, key, &out->top, err);
    if (st == APE_OK && since && strcmp(since->epoch, out->epoch) == 0)
        st = read_since(r, link, key, since->offset, s, out, err);
    return st;
}

/* False: the reader has passed what we saw, look again. @p known false: Redis was not asked. */
static bool join_channel(ape__hub *hub, ape__channel *c, ape_bus_subscription *s, uint64_t top,
                         bool known, ape__message *wake)
{
    if (known && c->reading && c->published > top)
        return false;
    if (known && !c->reading) {
        c->published = top;
        c->reading = true;
    }
    s->last = known ? top : c->published;
    ape__subscription_link(s, c);
    ape__hub_push(hub, c, wake);
    return true;
}

static void wake_reader(ape__redis *r, ape__link *link)
{
    char client[24];
    redisReply *reply;
    long long id;

    pthread_mutex_lock(&r->lock);
    id = r->reader_client;
    pthread_mutex_unlock(&r->lock);
    if (id == 0)
        return;
    snprintf(client, sizeof(client), "%lld", id);
    reply = ape__link_say(link, NULL, "CLIENT", "UNBLOCK", client, NULL);
    if (reply)
        freeReplyObject(reply);
}

/* The position of a round that was overtaken: go on from its end. */
static ape_status subscribe_rounds(ape__redis *r, ape__link *link, const char *channel,
                                   const ape_bus_position *since, ape_bus_subscription *s,
                                   ape__message *wake, bool *recovered, ape_error *err)
{
    ape__hub *hub = &r->bus->hub;
    ape_status st = APE_OK;
    char key[APE__KEY];

    ape__redis_key(key, "ape:s:", channel);
    for (int round = 0;; round++) {
        catch_up seen = { .top = 0 };
        ape__channel *c;
        bool joined, known, whole;

        empty_backlog(s, 0);
        st = look(r, link, key, since, s, &seen, err);
        known = st == APE_OK && round < ROUNDS;
        whole = known && seen.whole;
        if (!whole)
            empty_backlog(s, 0); /* while nobody else knows the subscription */
        pthread_mutex_lock(&hub->lock);
        c = ape__hub_channel(hub, channel, true);
        joined = c && join_channel(hub, c, s, seen.top, known, wake);
        pthread_mutex_unlock(&hub->lock);
        if (!c)
            return ape__fail_no_memory(err);
        if (joined) {
            *recovered = whole;
            return APE_OK;
        }
    }
}

/* At the very beginning nobody knows yet; later, do not wait for one that is away. */
static bool may_be_there(ape__redis *r)
{
    bool may;

    pthread_mutex_lock(&r->lock);
    may = r->reader_up || r->reconnects == 0;
    pthread_mutex_unlock(&r->lock);
    return may;
}

ape_status ape__redis_subscribe(ape_bus *bus, const char *channel, const ape_bus_position *since,
                                ape_bus_subscription *s, bool *recovered, ape_error *err)
{
    ape__redis *r = bus->redis;
    ape__message *wake = ape__message_new(bus->host, NULL, 0);
    ape__link link = { NULL };
    ape_status st;

    if (!wake)
        return ape__fail_no_memory(err);
    wake->kind = APE__WAKE_UP;
    if (may_be_there(r))
        (void)ape__link_pool_take(&r->pool, &link, NULL);
    st = subscribe_rounds(r, &link, channel, since, s, wake, recovered, err);
    if (st != APE_OK)
        ape__message_drop(wake);
    wake_reader(r, &link);
    ape__link_pool_give(&r->pool, &link);
    return st;
}

/* Looking. */

ape_status ape__redis_history(ape_bus *bus, const char *channel, uint32_t limit,
                              ape__json_writer *w, ape_error *err)
{
    char key[APE__KEY], count[16];
    redisReply *reply;
    ape__link link;
    ape_status st = ape__link_pool_take(&bus->redis->pool, &link, err);

    if (st != APE_OK)
        return st;
    ape__redis_key(key, "ape:s:", channel);
    snprintf(count, sizeof(count), "%u", limit);
    reply = ape__link_say(&link, err, "XREVRANGE", key, "+", "-", "COUNT", count, NULL);
    ape__link_pool_give(&bus->redis->pool, &link);
    if (!reply)
        return APE_ERR_UNAVAILABLE;
    for (size_t i = reply->elements; i > 0; i--) {
        ape__message *m = ape__redis_read_entry(bus->redis, reply->element[i - 1], "");

        if (!m)
            continue;
        ape__json_begin_object(w, NULL);
        ape__json_integer(w, "offset", (int64_t)m->position.offset);
        ape__json_string(w, "id", m->id);
        ape__json_string_sized(w, "data", m->data, m->size);
        ape__json_end_object(w);
        ape__message_drop(m);
    }
    freeReplyObject(reply);
    return APE_OK;
}

bool ape__redis_is_away(ape_bus *bus, char reason[200])
{
    ape__redis *r = bus->redis;
    bool away;

    pthread_mutex_lock(&r->lock);
    away = !r->writer_up || !r->reader_up;
    memcpy(reason, r->reason, sizeof(r->reason));
    pthread_mutex_unlock(&r->lock);
    return away;
}

uint64_t ape__redis_queued(ape_bus *bus)
{
    uint64_t queued;

    pthread_mutex_lock(&bus->redis->lock);
    queued = bus->redis->queued;
    pthread_mutex_unlock(&bus->redis->lock);
    return queued;
}

uint64_t ape__redis_reconnects(ape_bus *bus)
{
    uint64_t count;

    pthread_mutex_lock(&bus->redis->lock);
    count = bus->redis->reconnects;
    pthread_mutex_unlock(&bus->redis->lock);
    return count;
}

void ape__redis_members_changed(ape_bus *bus)
{
    pthread_mutex_lock(&bus->redis->lock);
    bus->redis->members_due = true;
    pthread_cond_broadcast(&bus->redis->changed);
    pthread_mutex_unlock(&bus->redis->lock);
}

/* Beginning and end. */

static ape_status start(ape__redis *r, ape_error *err)
{
    int code = pthread_create(&r->writer, NULL, ape__redis_run_writer, r);

    r->has_writer = code == 0;
    if (code == 0)
        code = pthread_create(&r->reader, NULL, ape__redis_run_reader, r);
    r->has_reader = r->has_writer && code == 0;
    if (code != 0)
        return ape__fail_detail(err, APE_ERR_IO, code, "cannot start a thread: %s", strerror(code));
    return APE_OK;
}

ape_status ape__redis_new(ape_bus *bus, const ape__redis_target *target, ape_error *err)
{
    ape__redis *r = ape__alloc(bus->host, sizeof(*r));
    pthread_condattr_t monotonic;
    char id[37];

    if (!r)
        return ape__fail_no_memory(err);
    bus->redis = r;
    r->bus = bus;
    r->target = *target;
    ape__id_new(bus->host, id);
    snprintf(r->node, sizeof(r->node), "%.12s", id + 24);
    snprintf(r->reason, sizeof(r->reason), "not connected yet");
    ape__link_pool_init(&r->pool, &r->target);
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return start(r, err);
}

void ape__redis_free(ape_bus *bus)
{
    ape__redis *r = bus->redis;

    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    if (r->has_writer)
        pthread_join(r->writer, NULL);
    if (r->has_reader)
        pthread_join(r->reader, NULL);
    while (r->first) {
        ape__outgoing *o = r->first;

        r->first = o->next;
        outgoing_free(bus->host, o);
    }
    ape__link_pool_clear(&r->pool);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    ape__free(bus->host, r->locals, r->local_capacity * sizeof(uint64_t));
    ape__wipe(&r->target, sizeof(r->target));
    ape__free(bus->host, r, sizeof(*r));
    bus->redis = NULL;
}

#endif
