/* SPDX-License-Identifier: MIT */
#ifndef SERVER_RATE_LIMIT_H
#define SERVER_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Token buckets, one for each key or address: @p quota requests at once, refilled
 * evenly over @p window_s. Memory is fixed; where more clients come than there is
 * room for, the one whose bucket is fullest is forgotten.
 */
typedef struct rate_limit rate_limit;

/** What a client is told. */
typedef struct rate_state {
    bool allowed;
    uint32_t quota;
    uint32_t window_s;
    uint32_t remaining;
    uint32_t reset_s; /* until the bucket is full, or, refused, until one request fits */
} rate_state;

/** @return NULL without memory. */
rate_limit *rate_limit_new(uint32_t quota, uint32_t window_s);
void rate_limit_free(rate_limit *limit);

/** Take one token of a client at a time in ms that never goes back. */
rate_state rate_limit_take(rate_limit *limit, const char *client, uint64_t now_ms);

#endif /* SERVER_RATE_LIMIT_H */
