/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_TUNNEL_H
#define APE_BUS_TUNNEL_H

#include "bus/link.h"

/**
 * TLS for hiredis, which speaks plain sockets (older than 1.0, it knows no other): libcurl makes
 * the connection and checks the certificate, and a thread carries bytes between it and a socket
 * pair.
 */
typedef struct ape__tunnel ape__tunnel;

/**
 * @param fd  this end of the socket pair, the caller's to close; closing it ends the thread
 * @return APE_OK; APE_ERR_UNAVAILABLE with the reason; APE_ERR_NO_MEMORY
 */
ape_status ape__tunnel_open(const ape__redis_target *target, uint32_t timeout_ms, ape__tunnel **out,
                            int *fd, ape_error *err);

/** After the caller's end was closed: waits for the thread. NULL is ignored. */
void ape__tunnel_close(ape__tunnel *tunnel);

#endif /* APE_BUS_TUNNEL_H */
