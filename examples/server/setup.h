/* SPDX-License-Identifier: MIT */
#ifndef SERVER_SETUP_H
#define SERVER_SETUP_H

#include "server.h"

/** Make everything that the configuration and the settings ask for.
 *  @return false after a line in the log that says what is wrong */
bool setup_server(server *s);

/** Undo setup_server(), also a half of it. */
void setup_clear(server *s);

/** Read settings and prices again; what is wrong with them is logged, and the server
 *  goes on with what it had. */
void setup_reload(server *s);

#endif /* SERVER_SETUP_H */
