/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_GATE_H
#define APE_ORCHESTRATOR_GATE_H

#include "core/date.h"
#include "core/json.h"
#include "orchestrator/metric.h"

/** What a run printed, checked. Everything points into object. */
typedef struct ape__facts {
    cJSON *object;            /* NaN and infinities are null in it */
    const char *metric;       /* the key of the answer */
    const ape__metric *known; /* that metric; NULL for a key that is not ours */
    bool defined;             /* value is a number */
    double value;
} ape__facts;

/**
 * The gate: let out only what a run printed, and only what can be true.
 *
 * @param out  set on success; to be freed with ape__facts_clear()
 * @return APE_OK; APE_ERR_FORMAT: the output breaks the contract; APE_ERR_REFUSED:
 *         a value cannot exist; APE_ERR_NO_MEMORY. The message can go back to the
 *         model as it is.
 */
ape_status ape__gate_check(ape_host *host, const char *output, size_t size, ape__date as_of,
                           ape__facts *out, ape_error *err);

void ape__facts_clear(ape__facts *facts);

#endif /* APE_ORCHESTRATOR_GATE_H */
