/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_ASKED_H
#define APE_ORCHESTRATOR_ASKED_H

#include <ape/host.h>

#include "core/date.h"

enum { APE__ASKED_TICKERS_SIZE = 64 };

/** What a question is about, as far as the builtin planner understands it; "" for what it
 *  does not say. */
typedef struct ape__asked {
    char tickers[APE__ASKED_TICKERS_SIZE]; /* "AAPL,MSFT"; without "the market" */
    char start[11], end[11];               /* both days in it */
} ape__asked;

/** @return APE_OK, also for a question that is not understood; APE_ERR_NO_MEMORY. */
ape_status ape__asked_read(ape_host *host, const char *question, size_t size, ape__date as_of,
                           ape__asked *out, ape_error *err);

#endif /* APE_ORCHESTRATOR_ASKED_H */
