/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_HELPER_H
#define APE_SANDBOX_HELPER_H

#include <pthread.h>

#include "core/error.h"
#include "sandbox/protocol.h"
#include "sandbox/wire.h"

/**
 * The helper process: started when first needed, again if it has gone. Nothing
 * here calls back into the host program.
 */
typedef struct ape__helper {
    const char *path;   /* borrowed */
    const char *python; /* borrowed; NULL: let it look */
    const char *data;   /* borrowed; the market's folder, without links in it; NULL: none */
    int32_t min_level;
    uint32_t standbys;
    pthread_mutex_t lock; /* over all below */
    _Atomic pid_t owner;  /* the process that started it; a fork looks before it locks */
    pid_t pid;            /* 0: not running */
    int pidfd;
    int fd;
    ape__vee_ready ready;
} ape__helper;

void ape__helper_init(ape__helper *helper);

/** End it, and wait until it is gone. */
void ape__helper_stop(ape__helper *helper);

/**
 * Send a run, starting the helper if need be.
 *
 * @param fds    channel, code, broker; stay the caller's
 * @param ready  set to what the helper said of itself
 */
ape_status ape__helper_send(ape__helper *helper, const ape__vee_run *run, const int fds[],
                            ape__vee_ready *ready, ape_error *err);

/** Start the helper if need be, and hear what it says of itself. */
ape_status ape__helper_ready(ape__helper *helper, ape__vee_ready *ready, ape_error *err);

/** It does not answer any more: make an end of it. */
void ape__helper_kill(ape__helper *helper);

/** Milliseconds of the system's monotonic clock: processes do not wait by the host's. */
uint64_t ape__helper_now_ms(void);

#endif /* APE_SANDBOX_HELPER_H */
