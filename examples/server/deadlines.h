/* SPDX-License-Identifier: MIT */
#ifndef SERVER_DEADLINES_H
#define SERVER_DEADLINES_H

#include <stdint.h>

/**
 * Absolute deadlines of connections. The HTTP library's own timeout starts anew
 * with every byte, so a client that sends one byte now and then would stay for
 * ever; here a socket whose time is up is shut down, and the library cleans up.
 */
typedef struct deadlines deadlines;
typedef struct deadline deadline;

/** @return NULL if a thread or memory is missing. */
deadlines *deadlines_new(void);

/** Stop the thread. All deadlines must have been removed. */
void deadlines_free(deadlines *watch);

/** Watch a socket; @return NULL without memory. */
deadline *deadline_add(deadlines *watch, int fd, uint64_t ms);

/** The socket must be done within so many ms from now; 0: no deadline. */
void deadline_set(deadline *watched, uint64_t ms);

/** The same, for a connection that waits for its next request. */
void deadline_rest(deadline *watched, uint64_t ms);

/** No more requests: those that wait for one are closed once what has arrived is read. */
void deadlines_end_resting(deadlines *watch);

/** Stop watching; before the socket is closed. NULL is ignored. */
void deadline_remove(deadlines *watch, deadline *watched);

/** CLOCK_MONOTONIC, in ms. */
uint64_t clock_ms(void);

#endif /* SERVER_DEADLINES_H */
