/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHECKS_H
#define SERVER_CHECKS_H

#include "server.h"

/** Make s->health and its checks: the store, and the services that the settings name.
 *  @return false after a line in the log */
bool checks_start(server *s);

#endif /* SERVER_CHECKS_H */
