/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_PACE_H
#define APE_LLM_CLIENT_PACE_H

#include <stdint.h>

enum { APE__PACE_CELLS = 40 };

/**
 * How long a provider takes to its first word, of late: counts by time, each cell a
 * quarter longer than the one before, halved now and then. Not safe for threads by
 * itself. Zeroed, it knows nothing.
 */
typedef struct ape__llm_pace {
    uint32_t counts[APE__PACE_CELLS];
    uint32_t total;
} ape__llm_pace;

void ape__llm_pace_add(ape__llm_pace *pace, uint64_t ms);

/** So long did 95 of a hundred take at most; 0: too few are known. */
uint64_t ape__llm_pace_p95_ms(const ape__llm_pace *pace);

#endif /* APE_LLM_CLIENT_PACE_H */
