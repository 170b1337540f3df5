/* SPDX-License-Identifier: MIT */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include "config.h"

/**
 * The socket that systemd opened for us, else a new one at the configured address;
 * its real port is written back.
 *
 * @return -1 after a message on stderr
 */
int listen_socket(config *c);

#endif /* SERVER_LISTEN_H */
