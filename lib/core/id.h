/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_ID_H
#define APE_CORE_ID_H

#include <ape/host.h>

/** A new UUID, version 7 (RFC 9562): sorted by the time of its making. */
void ape__id_new(ape_host *host, char out[37]);

#endif /* APE_CORE_ID_H */
