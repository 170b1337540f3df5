/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_SUPERVISOR_H
#define APE_VEE_SUPERVISOR_H

#include "run.h"
#include "zygote.h"

/** One process forked from the zygote: ready, running, or dying. */
typedef enum slot_state {
    SLOT_FREE,
    SLOT_FORKING, /* asked for */
    SLOT_READY,   /* confined and waiting */
    SLOT_RUNNING,
    SLOT_ENDING, /* its socket closed without END: its exit status will tell */
    SLOT_DYING,  /* killed; the zygote has not buried it yet */
} slot_state;

typedef struct slot {
    slot_state state;
    int control_fd;
    int pidfd;
    pid_t pid;
    run *run; /* owned from RUNNING to ENDING; in FORKING: the one that waits for it */
    uint64_t ending_until_ms;
} slot;

typedef struct supervisor {
    int library_fd;
    zygote_process zygote;
    uint32_t standbys;
    uint32_t processors;
    slot slots[SLOT_COUNT];
    bool stopping;
} supervisor;

uint64_t supervisor_now_us(void);

/** Ask the zygote for one more process, for a run that is there or to stand by; NULL if it
 *  cannot be asked. */
slot *supervisor_fork(supervisor *s, bool is_wanted);

/** Kill a slot's process, if it has one. */
void supervisor_kill(slot *sl);

/** Give a run a process, now or as soon as one is forked. Takes the run. */
bool supervisor_assign(supervisor *s, run *r);

/** One turn of the loop: wait for something and act on it. */
void supervisor_turn(supervisor *s);

/** Serve the library until it goes away. */
void supervisor_serve(supervisor *s);

#endif /* APE_VEE_SUPERVISOR_H */
