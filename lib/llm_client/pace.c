/* SPDX-License-Identifier: MIT */
#include "llm_client/pace.h"

enum { FIRST_MS = 10, FEW = 20, MANY = 400 };

/* End of a cell: 10 ms, 12, 15, 18 ... 48 s for the last but one; the last has none. */
static uint64_t next_bound(uint64_t ms)
{
    return ms + ms / 4;
}

static void fade(ape__llm_pace *pace)
{
    pace->total = 0;
    for (int i = 0; i < APE__PACE_CELLS; i++) {
        pace->counts[i] /= 2;
        pace->total += pace->counts[i];
    }
}

void ape__llm_pace_add(ape__llm_pace *pace, uint64_t ms)
{
    uint64_t bound = FIRST_MS;
    int cell = 0;

    for (; cell < APE__PACE_CELLS - 1 && ms > bound; cell++)
        bound = next_bound(bound);
    pace->counts[cell]++;
    if (++pace->total >= MANY)
        fade(pace);
}

uint64_t ape__llm_pace_p95_ms(const ape__llm_pace *pace)
{
    uint64_t bound = FIRST_MS;
    uint32_t seen = pace->counts[0];
    int cell = 0;

    if (pace->total < FEW)
        return 0;
    for (; seen * 100 < pace->total * 95; seen += pace->counts[cell]) {
        bound = next_bound(bound);
        cell++;
    }
    return bound;
}
