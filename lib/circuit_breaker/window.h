/* SPDX-License-Identifier: MIT */
#ifndef APE_CIRCUIT_BREAKER_WINDOW_H
#define APE_CIRCUIT_BREAKER_WINDOW_H

#include <ape/circuit_breaker.h>

enum { APE__WINDOW_CALLS = 1024, APE__WINDOW_SLICES = 10, APE__RUNNING_CELLS = 32 };

typedef struct ape__tally {
    uint64_t calls;
    uint64_t failures;
    uint64_t slow;
} ape__tally;

/** Past calls, for the rates. Not safe for threads by itself. */
typedef struct ape__window {
    ape__tally sum; /* of a count window */
    uint32_t size;
    uint32_t next;
    uint8_t *outcomes; /* of the last size calls, each an outcome + 1; 0: none yet */
    uint64_t slice_ms; /* of a time window */
    struct {
        uint64_t number; /* time over slice_ms, + 1; 0: empty */
        ape__tally tally;
    } slices[APE__WINDOW_SLICES];
} ape__window;

void ape__window_clear(ape__window *window);
void ape__window_add(ape__window *window, uint64_t now_ms, ape_circuit_breaker_outcome outcome);
ape__tally ape__window_sum(const ape__window *window, uint64_t now_ms);

/** Calls that have begun and not ended, by the time of their beginning. */
typedef struct ape__running {
    uint64_t cell_ms;
    uint64_t overdue; /* began before the oldest cell */
    struct {
        uint64_t number;
        uint64_t calls;
    } cells[APE__RUNNING_CELLS];
} ape__running;

void ape__running_init(ape__running *running, uint64_t slow_ms);
void ape__running_clear(ape__running *running);
void ape__running_begin(ape__running *running, uint64_t start_ms);
void ape__running_end(ape__running *running, uint64_t start_ms);

/** How many have been running for more than @p slow_ms, on the grain of a cell. */
uint64_t ape__running_slow(const ape__running *running, uint64_t now_ms, uint64_t slow_ms);

#endif /* APE_CIRCUIT_BREAKER_WINDOW_H */
