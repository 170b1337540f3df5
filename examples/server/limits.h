/* SPDX-License-Identifier: MIT */
#ifndef SERVER_LIMITS_H
#define SERVER_LIMITS_H

/* What a client may send, and how long it may take. */
enum {
    LIMIT_TARGET_BYTES = 4096,      /* 414 above */
    LIMIT_HEADER_BYTES = 16384,     /* 431 above: names and values of all fields */
    LIMIT_HEADER_FIELDS = 100,      /* 431 above */
    LIMIT_BODY_BYTES = 1024 * 1024, /* 413 above */
    LIMIT_CONNECTION_BYTES = 28672, /* in the HTTP library, each: a full head, parsed, and ours */
    LIMIT_HEADER_MS = 10000,        /* for the whole head of the first request */
    LIMIT_IDLE_MS = 75000,          /* between requests, until the next head is whole */
    LIMIT_BODY_MS = 10000,          /* and a second for each KiB */
    LIMIT_RESPONSE_MS = 30000,      /* and a second for each KiB */
    LIMIT_STREAM_MS = 900000,       /* for a response that is sent as it comes */
};

#endif /* SERVER_LIMITS_H */
