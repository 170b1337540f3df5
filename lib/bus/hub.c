/* SPDX-License-Identifier: MIT */
#include "bus/hub.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "core/id.h"
#include "core/memory.h"

enum { SWEEP_MS = 1000, RUN_MOST = 64, LOOKS_BEFORE_SLEEP = 50 };

bool ape__bus_name_valid(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";
    size_t size = name ? strspn(name, allowed) : 0;

    return size >= 1 && size < APE__CHANNEL_NAME && name[size] == '\0';
}

/* Messages. */

ape__message *ape__message_new(ape_host *host, const void *data, size_t size)
{
    ape__message *m = ape__resize(host, NULL, 0, sizeof(*m) + size + 1);

    if (!m)
        return NULL;
    memset(m, 0, sizeof(*m));
    m->host = host;
    atomic_init(&m->shares, 1);
    m->size = size;
    if (size > 0)
        memcpy(m->data, data, size);
    m->data[size] = '\0';
    return m;
}

ape__message *ape__message_share(ape__message *message)
{
    atomic_fetch_add_explicit(&message->shares, 1, memory_order_relaxed);
    return message;
}

void ape__message_drop(ape__message *message)
{
    if (message && atomic_fetch_sub_explicit(&message->shares, 1, memory_order_acq_rel) == 1)
        ape__free(message->host, message, sizeof(*message) + message->size + 1);
}

/* Channels. */

static size_t bucket_of(const char *name)
{
    size_t hash = 5381;

    while (*name)
        hash = hash * 33 + (unsigned char)*name++;
    return hash % APE__HUB_BUCKETS;
}

ape__channel *ape__hub_channel(ape__hub *hub, const char *name, bool make)
{
    ape__channel **bucket = &hub->buckets[bucket_of(name)], *c;

    for (c = *bucket; c; c = c->next)
        if (strcmp(c->name, name) == 0)
            return c;
    c = make ? ape__alloc(hub->host, sizeof(*c)) : NULL;
    if (!c)
        return NULL;
    snprintf(c->name, sizeof(c->name), "%s", name);
    c->touched_ms = ape__now_ms(NULL);
    c->next = *bucket;
    *bucket = c;
    return c;
}

static void destroy_channel(ape__hub *hub, ape__channel *c)
{
    for (size_t i = 0; i < c->history_count; i++)
        ape__message_drop(c->history[(c->history_first + i) % hub->history_count]);
    ape__free(hub->host, c->history, hub->history_count * sizeof(*c->history));
    ape__free(hub->host, c, sizeof(*c));
}

static bool is_forgotten(const ape__hub *hub, const ape__channel *c, uint64_t now)
{
    return !c->subscriptions && c->in_inbox == 0 && now - c->touched_ms >= hub->history_ms;
}

static void sweep(ape__hub *hub, uint64_t now)
{
    for (size_t i = 0; i < APE__HUB_BUCKETS; i++) {
        ape__channel **at = &hub->buckets[i];

        while (*at) {
            ape__channel *c = *at;

            if (!is_forgotten(hub, c, now)) {
                at = &c->next;
                continue;
            }
            *at = c->next;
            destroy_channel(hub, c);
        }
    }
    hub->last_sweep_ms = now;
}

void ape__hub_push(ape__hub *hub, ape__channel *channel, ape__message *message)
{
    message->channel = channel;
    message->next = NULL;
    channel->in_inbox++;
    if (hub->last)
        hub->last->next = message;
    else
        hub->first = message;
    hub->last = message;
    atomic_fetch_add_explicit(&hub->pushed, 1, memory_order_relaxed);
    if (hub->asleep)
        pthread_cond_signal(&hub->filled);
}

bool ape__hub_keep(ape__hub *hub, ape__channel *c, ape__message *message)
{
    size_t at;

    if (!c->history) {
        c->history = ape__alloc_array(hub->host, hub->history_count, sizeof(*c->history));
        if (!c->history)
            return false;
    }
    message->position.offset = ++c->published;
    memcpy(message->position.epoch, hub->epoch, sizeof(hub->epoch));
    c->touched_ms = ape__now_ms(NULL);
    at = (c->history_first + c->history_count) % hub->history_count;
    if (c->history_count == hub->history_count) {
        ape__message_drop(c->history[at]);
        c->history_first = (c->history_first + 1) % hub->history_count;
    } else {
        c->history_count++;
    }
    c->history[at] = ape__message_share(message);
    return true;
}

bool ape__hub_recover(ape__hub *hub, ape_bus_subscription *s, uint64_t since)
{
    const ape__channel *c = s->channel;
    uint64_t oldest = c->published - c->history_count;

    if (since > c->published || since < oldest)
        return false;
    for (uint64_t offset = since; offset < c->published; offset++) {
        size_t at = (c->history_first + (size_t)(offset - oldest)) % hub->history_count;

        if (!ape__subscription_add(s, ape__message_share(c->history[at])))
            return false;
    }
    return true;
}

/* Subscriptions. */

ape_bus_subscription *ape__subscription_new(ape__hub *hub, ape_bus_on_event on_event, void *user)
{
    ape_bus_subscription *s = ape__alloc(hub->host, sizeof(*s));

    if (!s)
        return NULL;
    s->hub = hub;
    s->on_event = on_event;
    s->user = user;
    return s;
}

void ape__subscription_link(ape_bus_subscription *s, ape__channel *channel)
{
    s->channel = channel;
    s->next = channel->subscriptions;
    channel->subscriptions = s;
}

bool ape__subscription_add(ape_bus_subscription *s, ape__message *message)
{
    size_t size = sizeof(*s->backlog);
    ape__message **grown = ape__resize(s->hub->host, s->backlog, s->backlog_count * size,
                                       (s->backlog_count + 1) * size);

    if (!grown) {
        ape__message_drop(message);
        return false;
    }
    s->backlog = grown;
    s->backlog[s->backlog_count++] = message;
    return true;
}

static void clear_backlog(ape_bus_subscription *s)
{
    for (size_t i = 0; i < s->backlog_count; i++)
        ape__message_drop(s->backlog[i]);
    ape__free(s->hub->host, s->backlog, s->backlog_count * sizeof(*s->backlog));
    s->backlog = NULL;
    s->backlog_count = 0;
}

void ape__subscription_destroy(ape_bus_subscription *s)
{
    clear_backlog(s);
    ape__free(s->hub->host, s, sizeof(*s));
}

static void unlink_subscription(ape_bus_subscription *s)
{
    ape_bus_subscription **at = &s->channel->subscriptions;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    s->channel->touched_ms = ape__now_ms(NULL);
}

void ape_bus_unsubscribe(ape_bus_subscription *subscription)
{
    ape_bus_subscription *s = subscription;
    ape__hub *hub;

    if (!s)
        return;
    hub = s->hub;
    pthread_mutex_lock(&hub->lock);
    atomic_store(&s->dead, true);
    if (s->running && pthread_equal(pthread_self(), hub->thread)) {
        s->ended_inside = true; /* the dispatcher is below us and will see to it */
        pthread_mutex_unlock(&hub->lock);
        return;
    }
    while (s->running)
        pthread_cond_wait(&hub->idle, &hub->lock);
    unlink_subscription(s);
    pthread_mutex_unlock(&hub->lock);
    ape__subscription_destroy(s);
}

/* The thread that calls back. */

/* Messages of one channel that follow each other in the inbox. */
typedef struct message_run {
    ape__channel *channel;
    ape__message *messages[RUN_MOST];
    size_t count;
} message_run;

/* Without the lock, as what follows up to deliver(). */
static void call_back(ape__hub *hub, ape_bus_subscription *s, const ape__message *m)
{
    const ape_bus_event event = {
        .size = sizeof(event),
        .kind = m->kind,
        .channel = s->channel->name,
        .id = m->id,
        .position = m->position,
        .data = m->data,
        .data_size = m->size,
        .degraded = m->degraded,
    };

    s->on_event(s->user, &event);
    atomic_fetch_add_explicit(m->kind == APE_BUS_GAP ? &hub->gaps : &hub->delivered, 1,
                              memory_order_relaxed);
}

static void deliver_backlog(ape__hub *hub, ape_bus_subscription *s, ape__message **backlog,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!atomic_load(&s->dead))
            call_back(hub, s, backlog[i]);
        ape__message_drop(backlog[i]);
    }
    ape__free(hub->host, backlog, count * sizeof(*backlog));
}

/* A degraded message has no number; a wake-up is no event at all. */
static bool is_for(const ape_bus_subscription *s, const ape__message *m)
{
    if (m->kind == APE__WAKE_UP || atomic_load(&s->dead))
        return false;
    return m->degraded || m->kind == APE_BUS_GAP || m->position.offset > s->last;
}

static void deliver_run(ape__hub *hub, ape_bus_subscription *s, const message_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const ape__message *m = run->messages[i];

        if (!is_for(s, m))
            continue;
        if (!m->degraded)
            s->last = m->position.offset;
        call_back(hub, s, m);
    }
}

/* Lock held on entry and on return, but not during callbacks. A subscription that is running stays
 * linked, so its next is good afterwards; one that comes meanwhile stands before it, and has
 * nothing to hear of this run. */
static ape_bus_subscription *deliver(ape__hub *hub, ape_bus_subscription *s, const message_run *run)
{
    ape__message **backlog = s->backlog;
    size_t count = s->backlog_count;
    ape_bus_subscription *next;

    s->running = true;
    s->backlog = NULL;
    s->backlog_count = 0;
    pthread_mutex_unlock(&hub->lock);
    deliver_backlog(hub, s, backlog, count);
    deliver_run(hub, s, run);
    pthread_mutex_lock(&hub->lock);
    s->running = false;
    next = s->next;
    if (s->ended_inside) {
        unlink_subscription(s);
        ape__subscription_destroy(s);
    } else if (atomic_load(&s->dead)) {
        pthread_cond_broadcast(&hub->idle);
    }
    return next;
}

static void take_run(ape__hub *hub, message_run *run)
{
    run->channel = hub->first->channel;
    run->count = 0;
    while (hub->first && hub->first->channel == run->channel && run->count < RUN_MOST) {
        run->messages[run->count++] = hub->first;
        hub->first = hub->first->next;
    }
    if (!hub->first)
        hub->last = NULL;
}

static void dispatch_run(ape__hub *hub)
{
    message_run run;

    take_run(hub, &run);
    for (ape_bus_subscription *s = run.channel->subscriptions; s;)
        s = deliver(hub, s, &run);
    run.channel->in_inbox -= run.count;
    for (size_t i = 0; i < run.count; i++)
        ape__message_drop(run.messages[i]);
}

/* Who publishes often does so again in a moment: going to sleep and being woken costs more than a
 * look or two. Lock held on entry and on return. */
static void linger(ape__hub *hub)
{
    size_t before = atomic_load_explicit(&hub->pushed, memory_order_relaxed);

    pthread_mutex_unlock(&hub->lock);
    for (int i = 0; i < LOOKS_BEFORE_SLEEP; i++) {
        if (atomic_load_explicit(&hub->pushed, memory_order_relaxed) != before)
            break;
        sched_yield();
    }
    pthread_mutex_lock(&hub->lock);
}

static void wait_for_messages(ape__hub *hub)
{
    if (!hub->first && !hub->stopping)
        linger(hub);
    while (!hub->first && !hub->stopping) {
        hub->asleep = true;
        pthread_cond_wait(&hub->filled, &hub->lock);
        hub->asleep = false;
    }
}

static void *run(void *user)
{
    ape__hub *hub = user;

    pthread_mutex_lock(&hub->lock);
    for (;;) {
        uint64_t now;

        wait_for_messages(hub);
        if (!hub->first)
            break;
        while (hub->first)
            dispatch_run(hub);
        now = ape__now_ms(NULL);
        if (now - hub->last_sweep_ms >= SWEEP_MS)
            sweep(hub, now);
    }
    pthread_mutex_unlock(&hub->lock);
    return NULL;
}

ape_status ape__hub_init(ape__hub *hub, ape_host *host, size_t history_count, uint64_t history_ms,
                         ape_error *err)
{
    int code;

    *hub = (ape__hub){ .host = host, .history_count = history_count, .history_ms = history_ms };
    ape__id_new(host, hub->epoch);
    pthread_mutex_init(&hub->lock, NULL);
    pthread_cond_init(&hub->filled, NULL);
    pthread_cond_init(&hub->idle, NULL);
    code = pthread_create(&hub->thread, NULL, run, hub);
    if (code != 0)
        return ape__fail_detail(err, APE_ERR_IO, code, "cannot start a thread: %s", strerror(code));
    hub->has_thread = true;
    return APE_OK;
}

static void destroy_all_channels(ape__hub *hub)
{
    for (size_t i = 0; i < APE__HUB_BUCKETS; i++) {
        while (hub->buckets[i]) {
            ape__channel *c = hub->buckets[i];

            hub->buckets[i] = c->next;
            destroy_channel(hub, c);
        }
    }
}

void ape__hub_clear(ape__hub *hub)
{
    if (hub->has_thread) {
        pthread_mutex_lock(&hub->lock);
        hub->stopping = true;
        pthread_cond_signal(&hub->filled);
        pthread_mutex_unlock(&hub->lock);
        pthread_join(hub->thread, NULL);
    }
    destroy_all_channels(hub);
    pthread_mutex_destroy(&hub->lock);
    pthread_cond_destroy(&hub->filled);
    pthread_cond_destroy(&hub->idle);
}
