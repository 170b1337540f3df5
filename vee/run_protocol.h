/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_RUN_PROTOCOL_H
#define APE_VEE_RUN_PROTOCOL_H

#include <stdint.h>

/*
 * Between the supervisor, the zygote and the processes forked from it: packets
 * over SOCK_SEQPACKET. The zygote sees numbers of slots and nothing of a run.
 *
 *     supervisor                 zygote
 *                           <-   ZYGOTE_READY
 *     FORK + socket         ->   (forks; the socket goes to the child)
 *                           <-   EXITED
 *                                child
 *                           <-   STANDBY: confined but for the last step
 *     START + 4 files       ->
 *                           <-   END
 */
enum {
    RUN_CONTROL_FD = 3, /* zygote: its socket; child: its own */
    RUN_BROKER_FD = 4,
    RUN_CODE_FD = 5,
    ZYGOTE_FILTER_FD = 4,  /* the system-call filter of runs, as BPF */
    ZYGOTE_MODULES_FD = 5, /* Python sources, one descriptor each, from here on */
    RUN_START_FDS = 4,     /* stdout, stderr, broker, code */
    SLOT_COUNT = 32,       /* processes at a time */
};

typedef enum run_type {
    RUN_ZYGOTE_READY = 0x52554e01,
    RUN_FORK,
    RUN_EXITED,
    RUN_STANDBY,
    RUN_START,
    RUN_END,
} run_type;

typedef struct zygote_ready {
    uint32_t type;
    uint32_t threads;
    char python[32];
    char numpy[32];
    char pandas[32];
} zygote_ready;

typedef struct zygote_note { /* FORK, EXITED */
    uint32_t type;
    uint32_t slot;
    int32_t wait_status;
    int32_t error;   /* EXITED: errno of a fork that failed */
    uint32_t wanted; /* FORK: a run waits for it already */
} zygote_note;

typedef struct run_start {
    uint32_t type;
    uint32_t cpu_seconds;   /* backstop; the supervisor counts milliseconds */
    uint64_t address_space; /* bytes, the interpreter's own included */
    uint32_t seed;
    uint32_t pad;
    int64_t as_of_seconds;
} run_start;

typedef enum run_end_kind { RUN_END_EXIT = 0, RUN_END_MEMORY = 1 } run_end_kind;

/* From a process that runs hostile code: believed only about itself. */
typedef struct run_note { /* STANDBY, END */
    uint32_t type;
    uint32_t kind;
    int32_t exit_code;
} run_note;

#endif /* APE_VEE_RUN_PROTOCOL_H */
