/* SPDX-License-Identifier: MIT */
#include "ws_hub.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ws_event.h"

enum { BUCKETS = 1024, CHANNEL_SIZE = 129 };

/* A client's own subscription, from the position where it left off. Shared by the
   loop and by the job that begins it, which may wait for Redis. */
typedef struct ws_catch_up {
    ws_hub *hub;
    pthread_mutex_t lock;
    unsigned shares;
    bool abandoned; /* the client has gone or caught up: end it at once */
    ape_bus_subscription *subscription;
    ape_bus_position since;
    char channel[CHANNEL_SIZE];
    struct ws_subscription *client; /* on the loop alone; NULL once it left */
} ws_catch_up;

typedef struct ws_subscription {
    ws_connection *connection;
    struct ws_channel *channel;
    struct ws_subscription *previous; /* of the channel */
    struct ws_subscription *next;
    struct ws_subscription *next_of_connection;
    ws_catch_up *catch_up; /* NULL: hears what all hear */
    ape_bus_position seen; /* by its own subscription; what all hear up to here is old */
} ws_subscription;

typedef struct ws_channel {
    struct ws_channel *next;
    ape_bus_subscription *subscription;
    ape_bus_position position; /* of the last message that all heard */
    ws_subscription *first;
    char name[CHANNEL_SIZE];
    ws_hub *hub;
} ws_channel;

struct ws_hub {
    ws_hub_owner owner;
    ws_channel *buckets[BUCKETS];
};

static void unref_catch_up(ws_catch_up *own)
{
    unsigned left;

    pthread_mutex_lock(&own->lock);
    left = --own->shares;
    pthread_mutex_unlock(&own->lock);
    if (left > 0)
        return;
    pthread_mutex_destroy(&own->lock);
    free(own);
}

/* On the thread of the bus. */
static void on_shared_event(void *user, const ape_bus_event *event)
{
    ws_channel *channel = user;
    ws_event *copy = ws_event_new(event);

    if (copy)
        channel->hub->owner.post(channel->hub->owner.user, copy);
}

static void on_own_event(void *user, const ape_bus_event *event)
{
    ws_catch_up *own = user;
    ws_event *copy = ws_event_new(event);

    if (!copy)
        return;
    pthread_mutex_lock(&own->lock);
    own->shares++;
    pthread_mutex_unlock(&own->lock);
    copy->target = own;
    own->hub->owner.post(own->hub->owner.user, copy);
}

ws_hub *ws_hub_new(const ws_hub_owner *owner)
{
    ws_hub *hub = calloc(1, sizeof(*hub));

    if (hub)
        hub->owner = *owner;
    return hub;
}

void ws_hub_free(ws_hub *hub)
{
    free(hub);
}

static ws_channel **find(ws_hub *hub, const char *name)
{
    uint64_t h = 0xcbf29ce484222325ull;
    ws_channel **at;

    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        h = (h ^ *c) * 0x100000001b3ull;
    for (at = &hub->buckets[h % BUCKETS]; *at && strcmp((*at)->name, name) != 0;)
        at = &(*at)->next;
    return at;
}

static ws_channel *open_channel(ws_hub *hub, const char *name)
{
    ws_channel **at = find(hub, name);
    ws_channel *channel = *at;

    if (channel)
        return channel;
    channel = calloc(1, sizeof(*channel));
    if (!channel)
        return NULL;
    channel->hub = hub;
    memcpy(channel->name, name, strlen(name) + 1);
    if (ape_bus_subscribe(hub->owner.bus, name, NULL, on_shared_event, channel, NULL,
                          &channel->subscription, NULL) != APE_OK) {
        free(channel);
        return NULL;
    }
    *at = channel;
    return channel;
}

static void close_channel_if_empty(ws_hub *hub, ws_channel *channel)
{
    ws_channel **at = find(hub, channel->name);

    if (channel->first)
        return;
    *at = channel->next;
    ape_bus_unsubscribe(channel->subscription);
    free(channel);
}

static ws_subscription **find_own(ws_connection *c, const char *channel)
{
    ws_subscription **at = &c->subscriptions;

    while (*at && strcmp((*at)->channel->name, channel) != 0)
        at = &(*at)->next_of_connection;
    return at;
}

/* The job that ends or begins a client's own subscription. */
static void end_catch_up(void *argument)
{
    ws_catch_up *own = argument;

    ape_bus_unsubscribe(own->subscription);
    unref_catch_up(own);
}

static void begin_catch_up(void *argument)
{
    ws_catch_up *own = argument;
    ape_bus_subscription *subscription = NULL;
    ape_bus_event gap = { .size = sizeof(gap), .kind = APE_BUS_GAP, .channel = own->channel };
    bool recovered = false;
    bool abandoned;

    if (ape_bus_subscribe(own->hub->owner.bus, own->channel, &own->since, on_own_event, own,
                          &recovered, &subscription, NULL) != APE_OK ||
        !recovered)
        on_own_event(own, &gap);
    pthread_mutex_lock(&own->lock);
    own->subscription = subscription;
    abandoned = own->abandoned;
    pthread_mutex_unlock(&own->lock);
    if (abandoned)
        end_catch_up(own);
    else
        unref_catch_up(own);
}

/* The client needs it no more; whoever comes last ends it. */
static void abandon(ws_hub *hub, ws_subscription *s)
{
    ws_catch_up *own = s->catch_up;
    bool begun;

    s->catch_up = NULL;
    own->client = NULL;
    pthread_mutex_lock(&own->lock);
    begun = own->subscription != NULL;
    own->abandoned = true;
    pthread_mutex_unlock(&own->lock);
    if (begun && hub->owner.run(hub->owner.user, end_catch_up, own))
        return;
    if (begun)
        end_catch_up(own);
    else
        unref_catch_up(own);
}

static bool start_catch_up(ws_hub *hub, ws_subscription *s, const ape_bus_position *since)
{
    ws_catch_up *own = calloc(1, sizeof(*own));

    if (!own)
        return false;
    pthread_mutex_init(&own->lock, NULL);
    own->hub = hub;
    own->shares = 2; /* the job's and the client's */
    own->since = *since;
    own->client = s;
    memcpy(own->channel, s->channel->name, sizeof(own->channel));
    s->catch_up = own;
    if (hub->owner.run(hub->owner.user, begin_catch_up, own))
        return true;
    own->shares = 1;
    unref_catch_up(own);
    s->catch_up = NULL;
    return false;
}

static void send_subscribed(ws_hub *hub, ws_subscription *s, uint64_t now_ms)
{
    char *text = ws_event_subscribed(s->channel->name);

    if (text)
        ws_connection_send(s->connection, text, now_ms);
    cJSON_free(text);
    hub->owner.mark_dirty(hub->owner.user, s->connection);
}

static void unlink_subscription(ws_hub *hub, ws_subscription **at)
{
    ws_subscription *s = *at;

    *at = s->next_of_connection;
    s->connection->subscription_count--;
    if (s->previous)
        s->previous->next = s->next;
    else
        s->channel->first = s->next;
    if (s->next)
        s->next->previous = s->previous;
    if (s->catch_up)
        abandon(hub, s);
    close_channel_if_empty(hub, s->channel);
    free(s);
}

static ws_subscription *link_subscription(ws_connection *c, ws_channel *channel)
{
    ws_subscription *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->connection = c;
    s->channel = channel;
    s->next = channel->first;
    if (s->next)
        s->next->previous = s;
    channel->first = s;
    s->next_of_connection = c->subscriptions;
    c->subscriptions = s;
    c->subscription_count++;
    return s;
}

static bool name_good(const char *channel)
{
    size_t size = strspn(channel, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._:/-");

    return size > 0 && size < CHANNEL_SIZE && channel[size] == '\0';
}

ws_hub_result ws_hub_subscribe(ws_hub *hub, ws_connection *c, const char *channel,
                               const ape_bus_position *since, uint64_t now_ms)
{
    ws_channel *found;
    ws_subscription *s;

    if (!name_good(channel))
        return WS_HUB_BAD_CHANNEL;
    if (*find_own(c, channel))
        unlink_subscription(hub, find_own(c, channel));
    if (c->subscription_count >= WS_MAX_SUBSCRIPTIONS)
        return WS_HUB_TOO_MANY;
    found = open_channel(hub, channel);
    s = found ? link_subscription(c, found) : NULL;
    if (!s) {
        if (found)
            close_channel_if_empty(hub, found);
        return WS_HUB_NO_MEMORY;
    }
    if (since && !start_catch_up(hub, s, since)) {
        unlink_subscription(hub, find_own(c, channel));
        return WS_HUB_NO_MEMORY;
    }
    send_subscribed(hub, s, now_ms);
    return WS_HUB_OK;
}

bool ws_hub_unsubscribe(ws_hub *hub, ws_connection *c, const char *channel)
{
    ws_subscription **at = find_own(c, channel);

    if (!*at)
        return false;
    unlink_subscription(hub, at);
    return true;
}

void ws_hub_leave(ws_hub *hub, ws_connection *c)
{
    while (c->subscriptions)
        unlink_subscription(hub, &c->subscriptions);
}

static void give(ws_hub *hub, ws_subscription *s, ws_bytes *frame, uint64_t now_ms)
{
    ws_connection_send_shared(s->connection, frame, now_ms);
    hub->owner.mark_dirty(hub->owner.user, s->connection);
}

static bool same_epoch(const ape_bus_position *a, const ape_bus_position *b)
{
    return strcmp(a->epoch, b->epoch) == 0;
}

/* What its own subscription has brought already comes again with what all hear. */
static bool is_old(const ws_subscription *s, const ws_event *event)
{
    return event->kind == APE_BUS_MESSAGE && !event->degraded && s->seen.epoch[0] &&
           same_epoch(&s->seen, &event->position) && event->position.offset <= s->seen.offset;
}

static size_t deliver_shared(ws_hub *hub, ws_event *event, ws_bytes *frame, uint64_t now_ms)
{
    ws_channel *channel = *find(hub, event->channel);
    size_t count = 0;

    if (!channel)
        return 0;
    if (!event->degraded)
        channel->position = event->position;
    for (ws_subscription *s = channel->first; s; s = s->next) {
        if (s->catch_up || is_old(s, event))
            continue;
        give(hub, s, frame, now_ms);
        count++;
    }
    return count;
}

/* Caught up when all others have heard no more than this client. */
static size_t deliver_own(ws_hub *hub, ws_event *event, ws_bytes *frame, uint64_t now_ms)
{
    ws_subscription *s = event->target->client;

    if (!s)
        return 0;
    give(hub, s, frame, now_ms);
    if (event->kind == APE_BUS_GAP) {
        /* Nothing is left to catch up with. */
        abandon(hub, s);
        return 1;
    }
    if (event->degraded)
        return 1;
    s->seen = event->position;
    if (s->channel->position.epoch[0] && same_epoch(&s->channel->position, &s->seen) &&
        s->seen.offset >= s->channel->position.offset)
        abandon(hub, s);
    return 1;
}

size_t ws_hub_deliver(ws_hub *hub, ws_event *event, uint64_t now_ms)
{
    ws_bytes *frame = ws_event_frame(event);
    size_t count = 0;

    if (frame && event->target)
        count = deliver_own(hub, event, frame, now_ms);
    else if (frame)
        count = deliver_shared(hub, event, frame, now_ms);
    if (event->target)
        unref_catch_up(event->target);
    ws_bytes_unref(frame);
    ws_event_free(event);
    return count;
}
