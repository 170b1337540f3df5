/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WS_EVENT_H
#define SERVER_WS_EVENT_H

#include "ws_hub.h"

/** Copy an event of the bus. NULL without memory. */
ws_event *ws_event_new(const ape_bus_event *event);
void ws_event_free(ws_event *event);

/** The message that clients get, as one frame; NULL if the data cannot be shown. */
ws_bytes *ws_event_frame(const ws_event *event);

/** {"type": "subscribed", "channel"}; to be freed with cJSON_free(). */
char *ws_event_subscribed(const char *channel);

#endif /* SERVER_WS_EVENT_H */
