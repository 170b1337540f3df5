/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WS_CONNECTION_H
#define SERVER_WS_CONNECTION_H

#include <wslay/wslay.h>

#include "ws_output.h"

enum {
    WS_CLIENT_ID = 65,
    WS_MAX_MESSAGE = 65536,       /* of a client */
    WS_MAX_WAITING = 1024 * 1024, /* bytes a client may be behind */
    WS_MAX_BEHIND_MS = 10000,     /* time it may take nothing while something waits */
    WS_PING_MS = 25000,
    WS_PONG_MS = 10000,
    WS_CLOSE_MS = 2000, /* for the other side to close, too */
    WS_MAX_SUBSCRIPTIONS = 64,
};

typedef struct ws_connection ws_connection;
struct ws_subscription;

/** The HTTP library's part in a socket over TLS, which goes on ciphering. All zero: none. */
typedef struct ws_ciphered {
    struct MHD_UpgradeResponseHandle *handle;
    int client_fd; /* the client's own socket; the library closes it */
} ws_ciphered;

/** What a connection tells the loop that owns it. */
typedef struct ws_owner {
    void *user;
    void (*on_text)(void *user, ws_connection *c, const char *text, size_t size);
} ws_owner;

/**
 * One WebSocket, on the thread of the loop alone. Its parser exists only while a
 * message is half there: an idle connection holds a few hundred bytes.
 */
struct ws_connection {
    ws_connection *previous;
    ws_connection *next;
    ws_connection *next_dirty;
    const ws_owner *owner;
    int fd;
    ws_ciphered ciphered;
    bool dirty;       /* in the list of those to be flushed */
    bool wants_write; /* epoll was told */
    bool closing;     /* a close frame was queued */
    bool fragmented;  /* a message is half there */
    bool dead;        /* to be destroyed by the loop */
    uint16_t subscription_count;
    uint64_t heard_ms;
    uint64_t pinged_ms;             /* 0: not since we heard of it */
    uint64_t close_ms;              /* when the socket is closed in any case; 0: not closing */
    uint64_t given;                 /* bytes that the parser got, less those of whole frames */
    wslay_event_context_ptr parser; /* NULL while there is nothing to parse */
    ws_output output;
    struct ws_subscription *subscriptions; /* the hub's */
    char client_id[WS_CLIENT_ID];
};

/** Take over a socket. NULL without memory; the socket is then still the caller's. */
ws_connection *ws_connection_new(const ws_owner *owner, int fd, ws_ciphered ciphered,
                                 const char *client_id, uint64_t now_ms);

/** Close a socket, and let the HTTP library close its part of it. */
void ws_connection_close_socket(int fd, ws_ciphered ciphered);

/** Close the socket and free. It must have left its channels. */
void ws_connection_free(ws_connection *c);

/** The socket is readable. Sets c->dead where it is at its end. */
void ws_connection_read(ws_connection *c, uint64_t now_ms);

/** Queue a text message. */
void ws_connection_send(ws_connection *c, const char *text, uint64_t now_ms);

/** Queue bytes that others get, too. A client that is too far behind is closed. */
void ws_connection_send_shared(ws_connection *c, ws_bytes *bytes, uint64_t now_ms);

/** Begin to close with a status code. */
void ws_connection_close(ws_connection *c, uint16_t code, const char *reason, uint64_t now_ms);

/** Write what waits. */
void ws_connection_flush(ws_connection *c, uint64_t now_ms);

/** Once a second: pings and deadlines. @return true if it was cut for being slow */
bool ws_connection_tick(ws_connection *c, uint64_t now_ms);

#endif /* SERVER_WS_CONNECTION_H */
