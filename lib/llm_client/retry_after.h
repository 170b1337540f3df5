/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_RETRY_AFTER_H
#define APE_LLM_CLIENT_RETRY_AFTER_H

#include <stddef.h>
#include <stdint.h>

/**
 * Milliseconds that a Retry-After header asks for: seconds, also with a fraction,
 * or an HTTP date. -1 where it says nothing sensible.
 */
int64_t ape__retry_after_ms(const char *value, int64_t wall_ms);

/** "6m0s", "20ms", "1.5s", as rate limit headers have it; -1 for anything else. */
int64_t ape__duration_ms(const char *value);

#endif /* APE_LLM_CLIENT_RETRY_AFTER_H */
