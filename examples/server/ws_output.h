/* SPDX-License-Identifier: MIT */
#ifndef SERVER_WS_OUTPUT_H
#define SERVER_WS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes as they go over the wire, shared by all sockets that get them. One thread. */
typedef struct ws_bytes {
    unsigned shares;
    size_t size;
    unsigned char bytes[];
} ws_bytes;

/** A whole frame with one share; the first one is the caller's. NULL without memory. */
ws_bytes *ws_bytes_new(const void *bytes, size_t size);

/** One unmasked, unfragmented text frame. */
ws_bytes *ws_bytes_new_text(const char *text, size_t size);
void ws_bytes_unref(ws_bytes *b);

/** What waits to be written to one socket. All zero: empty. */
typedef struct ws_output {
    struct ws_piece *first;
    struct ws_piece *last;
    size_t waiting;            /* bytes */
    uint64_t waiting_since_ms; /* of the first piece; valid if there is one */
} ws_output;

/** Append; takes a share of its own. False without memory. */
bool ws_output_add(ws_output *out, ws_bytes *b, uint64_t now_ms);

/** Write as much as the socket takes, many pieces with one call.
 *  @return false if the socket is dead */
bool ws_output_flush(ws_output *out, int fd, uint64_t now_ms);

/** Drop what has not been begun, so that what comes next is a whole frame. */
void ws_output_drop_unbegun(ws_output *out);

void ws_output_clear(ws_output *out);

#endif /* SERVER_WS_OUTPUT_H */
