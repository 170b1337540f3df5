/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHECKS_H
#define SERVER_CHECKS_H

#include "server.h"

/** Make s->health and its checks: prices, sandbox, models, store, bus, disk, and the services that
 *  the settings name. People hear of changes through s->notifier.
 *  @return false after a line in the log */
bool checks_start(server *s);

/** The server has other parts than before: check those. */
void checks_renew(server *s, parts *old);

#endif /* SERVER_CHECKS_H */
