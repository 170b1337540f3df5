/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_BROKER_H
#define APE_SANDBOX_BROKER_H

#include "core/buffer.h"
#include "market/market.h"
#include "sandbox/protocol.h"

/** What a run asked for and was given: for the answer's provenance. Without rows the dates and
 *  the digest mean nothing. */
typedef struct ape__lineage {
    char symbol[APE__BROKER_SYMBOL_SIZE];
    ape__date first;
    ape__date last;
    size_t rows;
    char sha256[65]; /* of the reply's bytes after its header */
} ape__lineage;

/**
 * Answers one run's requests for prices, with what was known on its as-of date.
 * The other side is code that nobody trusts.
 */
typedef struct ape__broker {
    ape_host *host;
    ape_market *market; /* NULL: every request is declined */
    ape__date as_of;
    int fd;
    ape__broker_request request;
    size_t request_size; /* of it received so far */
    ape__buffer reply;
    size_t reply_sent;
    size_t request_count;
    ape__lineage *lineage;
    size_t lineage_count;
    size_t lineage_capacity;
    bool no_memory;
    ape_error broken; /* status APE_OK, or a file that could not be read */
} ape__broker;

void ape__broker_init(ape__broker *broker, ape_host *host, ape_market *market, ape__date as_of,
                      int fd);
void ape__broker_clear(ape__broker *broker);

/** What to wait for: POLLIN, POLLOUT, or 0 when the run has closed its end. */
short ape__broker_events(const ape__broker *broker);

/** Do what can be done without waiting. */
void ape__broker_serve(ape__broker *broker);

#endif /* APE_SANDBOX_BROKER_H */
