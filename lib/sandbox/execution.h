/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_EXECUTION_H
#define APE_SANDBOX_EXECUTION_H

#include <ape/sandbox.h>

#include "market/market.h"
#include "sandbox/helper.h"
#include "sandbox/metrics.h"

/** One run as it is asked for. */
typedef struct ape__execution {
    ape_host *host;
    ape__helper *helper;
    ape_market *market; /* NULL: none */
    const char *code;
    size_t size;
    ape__date as_of;
    ape__vee_run request;
    const ape__vee_metrics *metrics; /* the sandbox's */
    int cancel_fd;                   /* readable: stop it; -1: nobody can */
} ape__execution;

/** Run it, serve its requests for prices, wait for its end. */
ape_status ape__execution_run(const ape__execution *execution, ape_sandbox_result **out,
                              ape_error *err);

#endif /* APE_SANDBOX_EXECUTION_H */
