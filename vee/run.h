/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_RUN_H
#define APE_VEE_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include <ape/sandbox.h>

#include "run_protocol.h"
#include "sandbox/protocol.h"

/** One pipe of a run, and what came out of it. */
typedef struct run_output {
    int fd;
    char *bytes;
    size_t size;
    size_t capacity;
} run_output;

/** One run, from RUN to DONE. */
typedef struct run {
    ape__vee_run request;
    int channel_fd; /* to the library; -1 for the self-test */
    int code_fd;
    int broker_fd;
    run_output out;
    run_output err;
    uint64_t started_us;
    uint64_t cpu_before_us; /* what the process had used while it waited */
    bool truncated;
    ape_sandbox_reason reason; /* set by the supervisor before it kills; OK: not yet */
    int exit_code;
    int signal;
} run;

/** A run from a RUN packet; takes the descriptors. NULL if memory is out. */
run *run_new(const ape__vee_run *request, int channel_fd, int code_fd, int broker_fd);
void run_free(run *r);

/** Send START with fresh pipes; false if the process has gone. */
bool run_start_on(run *r, int control_fd, pid_t pid);

/** Read what there is; false if the run printed more than it may. */
bool run_read_output(run *r, run_output *output);

/** Milliseconds until the run must be looked at again. */
int run_wait_ms(const run *r, pid_t pid, uint64_t now_us);

/** The limit that the run has passed, or APE_SANDBOX_OK. */
ape_sandbox_reason run_limit_passed(const run *r, pid_t pid, uint64_t now_us);

/** Take the rest of the output and tell the library how it ended. */
void run_report(run *r, pid_t pid);

/** A number from a line of /proc/PID/status, as "VmHWM:"; -1 if it is not there. */
long long process_status(pid_t pid, const char *name, int base);

#endif /* APE_VEE_RUN_H */
