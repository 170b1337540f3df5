/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_COUNTING_HOST_H
#define APE_TESTS_COUNTING_HOST_H

#include <stdatomic.h>

#include <ape/host.h>

/**
 * A host for tests: counts live allocations, checks that sizes given back are
 * those asked for, fails the allocation it is told to, and has clocks that stand
 * still until they are moved.
 */
typedef struct counting_host {
    ape_host *host;
    atomic_size_t live_blocks;
    atomic_size_t live_bytes;
    atomic_size_t allocations; /* all so far */
    atomic_size_t fail_at;     /* the allocation, counted from 1, that fails; 0: none */
    atomic_bool wrong_size;    /* a block came back with another size than it had */
    _Atomic uint64_t now_ms;   /* what the host's monotonic clock shows */
    _Atomic int64_t wall_ms;
    bool runs_real_time; /* the clocks are the system's after all */
} counting_host;

void counting_host_init(counting_host *counting);

/** Give the host up; true if nothing it handed out is left. */
bool counting_host_done(counting_host *counting);

/**
 * The same for the end of a Criterion test. Criterion takes no notice of what fails in a
 * suite's .fini, so a leak ends the whole program of tests.
 */
void counting_host_end_test(counting_host *counting);

/**
 * Run @p body with the first allocation failing, then the second, until a run
 * needs no more than were let through. @p body gets a fresh host and returns the
 * status of what it tried; it must free everything it made. Any status but
 * APE_OK and APE_ERR_NO_MEMORY, and any leak, is a failure.
 *
 * @return NULL if all went well, else what went wrong.
 */
const char *each_allocation_fails(ape_status (*body)(ape_host *host, void *user), void *user);

#endif /* APE_TESTS_COUNTING_HOST_H */
