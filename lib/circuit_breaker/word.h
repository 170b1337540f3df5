/* SPDX-License-Identifier: MIT */
#ifndef APE_CIRCUIT_BREAKER_WORD_H
#define APE_CIRCUIT_BREAKER_WORD_H

#include <ape/circuit_breaker.h>

/*
 * State, mode, failures in a row and generation live in one word, so that no
 * reader ever sees parts of two states. The generation is one more at each change
 * of state or mode; tickets carry it.
 *
 *     word:   generation 39 | failures 20 | mode 3 | state 2
 *     token:  generation 39 | serial 19 | place of a trial call, from 1; 0: none  6
 */
enum { APE__GENERATION_SHIFT = 25, APE__FAILURES_SHIFT = 5, APE__MODE_SHIFT = 2 };

#define APE__STATE_AND_MODE UINT64_C(0x1f)
#define APE__FAILURES_MASK UINT64_C(0xfffff)
#define APE__SERIAL_MASK UINT64_C(0x7ffff)
#define APE__PLACE_MASK UINT64_C(0x3f)
enum { APE__SERIAL_SHIFT = 6 };

static inline uint64_t ape__word(uint64_t generation, uint64_t failures,
                                 ape_circuit_breaker_mode mode, ape_circuit_breaker_state state)
{
    return generation << APE__GENERATION_SHIFT | failures << APE__FAILURES_SHIFT |
           (uint64_t)mode << APE__MODE_SHIFT | (uint64_t)state;
}

/** Also of a token. */
static inline uint64_t ape__word_generation(uint64_t word)
{
    return word >> APE__GENERATION_SHIFT;
}

static inline uint32_t ape__word_failures(uint64_t word)
{
    return (uint32_t)(word >> APE__FAILURES_SHIFT & APE__FAILURES_MASK);
}

static inline ape_circuit_breaker_mode ape__word_mode(uint64_t word)
{
    return (ape_circuit_breaker_mode)(word >> APE__MODE_SHIFT & 7);
}

static inline ape_circuit_breaker_state ape__word_state(uint64_t word)
{
    return (ape_circuit_breaker_state)(word & 3);
}

/** True in the closed state with the rules in force: the everyday case. */
static inline bool ape__word_is_closed(uint64_t word)
{
    return (word & APE__STATE_AND_MODE) == APE_CIRCUIT_BREAKER_CLOSED;
}

#endif /* APE_CIRCUIT_BREAKER_WORD_H */
