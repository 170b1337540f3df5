/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WS_HUB_H
#define SERVER_WS_HUB_H

#include <ape/bus.h>

#include "ws_connection.h"

/**
 * Who hears which channel. One subscription of the bus serves all clients of a
 * channel; a client that comes back with a position has one of its own, until it
 * has caught up with the others. On the thread of the loop alone.
 */
typedef struct ws_hub ws_hub;

/** One event of the bus, copied, on its way to the loop. */
typedef struct ws_event {
    struct ws_event *next;
    struct ws_catch_up *target; /* one client alone; NULL: all of the channel */
    ape_bus_event_kind kind;
    bool degraded;
    ape_bus_position position;
    char *channel;
    char *id;
    char *data;
    size_t data_size;
} ws_event;

/** How the hub reaches the loop from other threads. */
typedef struct ws_hub_owner {
    void *user;
    ape_bus *bus;
    void (*post)(void *user, ws_event *event);                    /* any thread */
    bool (*run)(void *user, void (*job)(void *), void *argument); /* on a thread that may wait */
    void (*mark_dirty)(void *user, ws_connection *c);             /* has something to flush */
} ws_hub_owner;

ws_hub *ws_hub_new(const ws_hub_owner *owner);

/** All connections must have left. */
void ws_hub_free(ws_hub *hub);

typedef enum ws_hub_result {
    WS_HUB_OK,
    WS_HUB_BAD_CHANNEL,
    WS_HUB_TOO_MANY,
    WS_HUB_NO_MEMORY
} ws_hub_result;

/**
 * Subscribe a connection; again is no error. The client gets "subscribed".
 *
 * @param since  NULL: from now on
 */
ws_hub_result ws_hub_subscribe(ws_hub *hub, ws_connection *c, const char *channel,
                               const ape_bus_position *since, uint64_t now_ms);

/** False if it was not subscribed. */
bool ws_hub_unsubscribe(ws_hub *hub, ws_connection *c, const char *channel);

/** The connection is about to go. */
void ws_hub_leave(ws_hub *hub, ws_connection *c);

/** Give an event to its clients, and free it. @return messages queued */
size_t ws_hub_deliver(ws_hub *hub, ws_event *event, uint64_t now_ms);

#endif /* SERVER_WS_HUB_H */
