/* SPDX-License-Identifier: MIT */
#ifndef SERVER_EVENTS_H
#define SERVER_EVENTS_H

#include "server.h"

/** Publish one JSON text on a channel of the bus: to WebSockets of this server and
 *  of its siblings. Never waits. */
void events_publish(server *s, const char *channel, const char *json);

#endif /* SERVER_EVENTS_H */
