/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_HUB_H
#define APE_BUS_HUB_H

#include <ape/bus.h>

#include <pthread.h>
#include <stdatomic.h>

#include "core/error.h"

enum { APE__MESSAGE_ID = 40, APE__CHANNEL_NAME = 129, APE__HUB_BUCKETS = 1024 };

/** A message that only makes the dispatcher look at backlogs. */
enum { APE__WAKE_UP = 100 };

/** One message or gap; shared by all who hold it, and never changed once it is shared. */
typedef struct ape__message {
    ape_host *host; /* borrowed */
    atomic_size_t shares;
    struct ape__message *next; /* in the inbox */
    struct ape__channel *channel;
    ape_bus_event_kind kind;
    bool degraded;
    char id[APE__MESSAGE_ID];
    char run[17]; /* of Redis, when it was written */
    ape_bus_position position;
    size_t size;
    char data[];
} ape__message;

typedef struct ape__origin {
    char node[20];
    uint64_t counter; /* highest seen of that node */
} ape__origin;

enum { APE__ORIGINS = 32 };

typedef struct ape__channel {
    struct ape__channel *next; /* in its bucket */
    char name[APE__CHANNEL_NAME];
    struct ape_bus_subscription *subscriptions;
    uint64_t published; /* offset of the last message that was put into the inbox */
    uint64_t touched_ms;
    size_t in_inbox;        /* messages that refer to it */
    ape__message **history; /* ring, in memory mode; NULL: none yet */
    size_t history_first, history_count;
    bool reading;  /* the reader of Redis follows it; its read position is published */
    char run[17];  /* of Redis, when the last message was written */
    bool gap_told; /* and no message since */
    ape__origin origins[APE__ORIGINS];
} ape__channel;

struct ape_bus_subscription {
    struct ape_bus_subscription *next;
    struct ape__hub *hub;
    ape__channel *channel;
    ape_bus_on_event on_event;
    void *user;
    uint64_t last;          /* offset; what is not above it is not delivered */
    ape__message **backlog; /* to be delivered first */
    size_t backlog_count;
    bool running; /* in its callbacks */
    atomic_bool dead;
    bool ended_inside; /* by its own callback: the dispatcher frees it */
};

/** Channels, subscriptions, and the one thread that calls back: messages in runs of one channel, so
 *  that the lock is taken for each subscription and run, not for each delivery. */
typedef struct ape__hub {
    ape_host *host; /* borrowed */
    size_t history_count;
    uint64_t history_ms;
    pthread_mutex_t lock; /* guards everything, but not during a callback */
    pthread_cond_t filled;
    pthread_cond_t idle;
    ape__channel *buckets[APE__HUB_BUCKETS];
    ape__message *first, *last; /* the inbox */
    atomic_size_t pushed;       /* messages that were ever put into it */
    bool asleep;                /* the dispatcher waits for a signal */
    bool stopping;
    bool has_thread;
    pthread_t thread;
    char epoch[64];
    uint64_t last_sweep_ms;
    atomic_ullong published, delivered, gaps;
} ape__hub;

ape_status ape__hub_init(ape__hub *hub, ape_host *host, size_t history_count, uint64_t history_ms,
                         ape_error *err);
void ape__hub_clear(ape__hub *hub);

ape__message *ape__message_new(ape_host *host, const void *data, size_t size);
ape__message *ape__message_share(ape__message *message);
void ape__message_drop(ape__message *message);

/* With the lock held: */
ape__channel *ape__hub_channel(ape__hub *hub, const char *name, bool make);
void ape__hub_push(ape__hub *hub, ape__channel *channel, ape__message *message);
/** Number it and keep it in the history: memory mode. */
bool ape__hub_keep(ape__hub *hub, ape__channel *channel, ape__message *message);
/** Put the messages after @p since into the subscription's backlog; false: they are not all there.
 */
bool ape__hub_recover(ape__hub *hub, ape_bus_subscription *subscription, uint64_t since);

ape_bus_subscription *ape__subscription_new(ape__hub *hub, ape_bus_on_event on_event, void *user);
/** With the lock held. */
void ape__subscription_link(ape_bus_subscription *subscription, ape__channel *channel);
/** Take a message over into the backlog; false: no memory. */
bool ape__subscription_add(ape_bus_subscription *subscription, ape__message *message);
void ape__subscription_destroy(ape_bus_subscription *subscription);

bool ape__bus_name_valid(const char *name);

#endif /* APE_BUS_HUB_H */
