/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WEBSOCKETS_H
#define SERVER_WEBSOCKETS_H

#include "server.h"
#include "ws_connection.h"

/* The WebSockets of this server: one thread and one epoll for all of them. */

/** Start the thread. @return false after a line in the log */
bool websockets_start(server *s);

/** Take over a socket on which the handshake is done. From any thread. */
void websockets_adopt(websockets *all, int fd, ws_ciphered ciphered, const char *client_id);

/** Open WebSockets. NULL has none. */
size_t websockets_count(websockets *all);

/** Close all with 1001: their clients resume at another server. NULL is ignored. */
void websockets_close_all(websockets *all);

/** End the thread. NULL is ignored. */
void websockets_free(websockets *all);

#endif /* SERVER_WEBSOCKETS_H */
