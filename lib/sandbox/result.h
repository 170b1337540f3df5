/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_RESULT_H
#define APE_SANDBOX_RESULT_H

#include <ape/sandbox.h>

#include "sandbox/broker.h"

struct ape_sandbox_result {
    ape_host *host;
    ape__vee_done done;
    ape__vee_ready ready;
    uint32_t seed;
    ape__date as_of;
    ape_text *out;
    ape_text *err;
    ape_error broken; /* status APE_OK, or a price file that could not be read */
    ape__lineage *lineage;
    size_t lineage_count;
    size_t lineage_capacity;
};

/**
 * The result of a run. Takes the broker's lineage.
 *
 * @param done    NULL: the helper failed
 * @param output  memory file of stdout and stderr; stays the caller's; -1: none
 */
ape_status ape__sandbox_result_new(ape_host *host, const ape__vee_ready *ready,
                                   const ape__vee_done *done, int output, const ape__vee_run *run,
                                   ape__broker *broker, ape_sandbox_result **out, ape_error *err);

/** What ape_sandbox_describe() hands out. */
ape_status ape__sandbox_describe(ape_host *host, const ape__vee_ready *ready, ape_text **out,
                                 ape_error *err);

#endif /* APE_SANDBOX_RESULT_H */
