/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_FILTER_H
#define APE_VEE_FILTER_H

#include <stdbool.h>

/**
 * The system calls of a run: an allowlist, everything else EPERM, and the end of
 * the process for calls that no honest program makes.
 *
 * @param writable  let files be made and written; the file system says where
 * @return a descriptor of the filter as BPF, to be read from its start; -1
 */
int filter_for_runs(bool writable);

/** The supervisor's own: it makes no process and opens nothing but /proc. */
bool filter_enforce_on_supervisor(void);

#endif /* APE_VEE_FILTER_H */
