/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_SANDBOX_PROCESSES_H
#define APE_TESTS_SANDBOX_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

/* The processes of a sandbox, as /proc shows them. */
enum { FAMILY_SIZE = 64 };

void pause_ms(long ms);

/** Processes whose parent is @p pid; how many were found. */
int children_of(pid_t pid, pid_t *found, int room);

/** The descendants of this process: supervisor, zygote and what came of it. */
int family_of_this(pid_t found[FAMILY_SIZE]);

/** Dead, or dead but for its parent's notice. */
bool is_gone(pid_t pid);

/** True once @p holds does, false if it does not within ten seconds, which no machine needs. */
bool comes_true(bool (*holds)(void *user), void *user);

/** Kilobytes of a line of /proc/PID/status or of a file like it, as "VmRSS:"; -1 if there is
 *  none. */
long status_kb(pid_t pid, const char *file, const char *name);

/** Open descriptors of a process. */
int open_files(pid_t pid);

#endif /* APE_TESTS_SANDBOX_PROCESSES_H */
