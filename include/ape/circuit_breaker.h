/* SPDX-License-Identifier: MIT */
#ifndef APE_CIRCUIT_BREAKER_H
#define APE_CIRCUIT_BREAKER_H

#include <ape/host.h>

APE_BEGIN_DECLS

/**
 * Circuit breaker: stop calling a service that keeps failing, and try it
 * again, a little at a time, once it has had a while to recover.
 *
 *     CLOSED     failure_threshold failures in a row   -> OPEN
 *     OPEN       open_ms have passed                   -> HALF_OPEN
 *     HALF_OPEN  probe_count calls succeed             -> CLOSED
 *     HALF_OPEN  any call fails                        -> OPEN
 *
 * Ownership: the caller owns the breaker and frees it. It keeps its host alive.
 * Threads:   any number of threads may use one breaker at the same time.
 * Blocking:  nothing here waits, does I/O or, after _new, allocates.
 */
typedef struct ape_circuit_breaker ape_circuit_breaker;

APE_END_DECLS

#endif /* APE_CIRCUIT_BREAKER_H */
