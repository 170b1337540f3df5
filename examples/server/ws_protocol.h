/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WS_PROTOCOL_H
#define SERVER_WS_PROTOCOL_H

#include <ape/settings.h>

#include "ws_hub.h"

#define TOKEN_TYPE_RESUME "ape-resume+jwt"

/** Greet a new client; @p token lets it resume, here or at another server; NULL: none. */
void ws_protocol_welcome(ws_connection *c, const char *token, uint64_t now_ms);

/** Take a text message of a client. @p settings check its resume token. */
void ws_protocol_take(ws_hub *hub, const ape_settings *settings, ws_connection *c, const char *text,
                      size_t size, uint64_t now_ms);

#endif /* SERVER_WS_PROTOCOL_H */
