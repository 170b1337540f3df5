/* SPDX-License-Identifier: MIT */
#include "circuit_breaker/window.h"

#include <string.h>

static void count(ape__tally *tally, ape_circuit_breaker_outcome outcome, int64_t by)
{
    tally->calls += (uint64_t)by;
    if (outcome == APE_CIRCUIT_BREAKER_FAILURE)
        tally->failures += (uint64_t)by;
    if (outcome == APE_CIRCUIT_BREAKER_SLOW)
        tally->slow += (uint64_t)by;
}

void ape__window_clear(ape__window *window)
{
    memset(&window->sum, 0, sizeof(window->sum));
    memset(window->slices, 0, sizeof(window->slices));
    window->next = 0;
    if (window->outcomes)
        memset(window->outcomes, 0, window->size);
}

static void add_to_count(ape__window *w, ape_circuit_breaker_outcome outcome)
{
    uint8_t *place = &w->outcomes[w->next];

    if (*place)
        count(&w->sum, *place - 1, -1);
    *place = (uint8_t)(outcome + 1);
    count(&w->sum, outcome, 1);
    w->next = (w->next + 1) % w->size;
}

static void add_to_time(ape__window *w, uint64_t now_ms, ape_circuit_breaker_outcome outcome)
{
    uint64_t number = now_ms / w->slice_ms + 1;
    size_t i = number % APE__WINDOW_SLICES;

    if (w->slices[i].number != number) {
        memset(&w->slices[i], 0, sizeof(w->slices[i]));
        w->slices[i].number = number;
    }
    count(&w->slices[i].tally, outcome, 1);
}

void ape__window_add(ape__window *window, uint64_t now_ms, ape_circuit_breaker_outcome outcome)
{
    if (window->outcomes)
        add_to_count(window, outcome);
    else
        add_to_time(window, now_ms, outcome);
}

ape__tally ape__window_sum(const ape__window *window, uint64_t now_ms)
{
    ape__tally sum = window->sum;
    uint64_t newest;

    if (window->outcomes)
        return sum;
    newest = now_ms / window->slice_ms + 1;
    for (size_t i = 0; i < APE__WINDOW_SLICES; i++) {
        if (window->slices[i].number + APE__WINDOW_SLICES <= newest)
            continue;
        sum.calls += window->slices[i].tally.calls;
        sum.failures += window->slices[i].tally.failures;
        sum.slow += window->slices[i].tally.slow;
    }
    return sum;
}

void ape__running_init(ape__running *running, uint64_t slow_ms)
{
    /* Eight cells make up the time that a call may take. */
    running->cell_ms = slow_ms < 8 ? 1 : slow_ms / 8;
}

void ape__running_clear(ape__running *running)
{
    running->overdue = 0;
    memset(running->cells, 0, sizeof(running->cells));
}

void ape__running_begin(ape__running *running, uint64_t start_ms)
{
    uint64_t number = start_ms / running->cell_ms;
    size_t i = number % APE__RUNNING_CELLS;

    if (running->cells[i].number != number) {
        running->overdue += running->cells[i].calls;
        running->cells[i].number = number;
        running->cells[i].calls = 0;
    }
    running->cells[i].calls++;
}

void ape__running_end(ape__running *running, uint64_t start_ms)
{
    uint64_t number = start_ms / running->cell_ms;
    size_t i = number % APE__RUNNING_CELLS;

    if (running->cells[i].number == number && running->cells[i].calls > 0)
        running->cells[i].calls--;
    else if (running->overdue > 0)
        running->overdue--;
}

uint64_t ape__running_slow(const ape__running *running, uint64_t now_ms, uint64_t slow_ms)
{
    uint64_t slow = running->overdue;

    for (size_t i = 0; i < APE__RUNNING_CELLS; i++)
        if ((running->cells[i].number + 1) * running->cell_ms + slow_ms <= now_ms)
            slow += running->cells[i].calls;
    return slow;
}
