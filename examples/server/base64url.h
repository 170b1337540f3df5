/* SPDX-License-Identifier: MIT */
#ifndef SERVER_BASE64URL_H
#define SERVER_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

/** Encode without padding. @p out holds (size + 2) / 3 * 4 + 1 bytes. */
void base64url_encode(const unsigned char *bytes, size_t size, char *out);

/** Decode strictly: no padding, no other characters, no stray bits.
 *  @p out holds @p capacity bytes. */
bool base64url_decode(const char *text, size_t size, unsigned char *out, size_t capacity,
                      size_t *out_size);

#endif /* SERVER_BASE64URL_H */
