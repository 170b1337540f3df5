/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_DIGEST_H
#define APE_CORE_DIGEST_H

#include <stddef.h>

/** SHA-256 of bytes as 64 small hex digits and a NUL. */
void ape__sha256_hex(const void *bytes, size_t size, char out[65]);

#endif /* APE_CORE_DIGEST_H */
