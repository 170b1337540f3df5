/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_LANDLOCK_H
#define APE_VEE_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Landlock by its system calls: older libc headers know only part of it. */

/** ABI of the running kernel; 0: none. */
int landlock_abi(void);

/** A ruleset that forbids all the kernel can forbid; -1 with errno set. */
int landlock_begin(void);

/** Let files below a path be read. One that does not exist is passed over. */
bool landlock_allow_read(int ruleset, const char *path);

/** Let files below a path be read, made, written and removed; no links, no devices. */
bool landlock_allow_work(int ruleset, const char *path);

/** Put the ruleset in force for this process, for ever. Closes it. */
bool landlock_enforce(int ruleset);

#endif /* APE_VEE_LANDLOCK_H */
