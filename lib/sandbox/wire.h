/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_WIRE_H
#define APE_SANDBOX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Packets with file descriptors over AF_UNIX sockets. */

enum { APE__WIRE_FDS = 4 };

typedef struct ape__packet {
    size_t size;
    int fds[APE__WIRE_FDS]; /* the receiver's to close */
    size_t fd_count;
    pid_t sender; /* as this process sees it; 0 unless SO_PASSCRED is on */
} ape__packet;

/** Send one packet; false with errno set. Never raises SIGPIPE. */
bool ape__wire_send(int fd, const void *bytes, size_t size, const int *fds, size_t fd_count);

/** Receive one packet of at most @p size bytes; false with errno set, 0 at the
 *  end of the stream. A packet that was cut is EMSGSIZE. */
bool ape__wire_receive(int fd, void *bytes, size_t size, ape__packet *out);

void ape__packet_close(ape__packet *packet);

/** Close and forget a descriptor, if there is one. */
void ape__close(int *fd);

#endif /* APE_SANDBOX_WIRE_H */
