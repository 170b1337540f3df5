/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_ZYGOTE_H
#define APE_VEE_ZYGOTE_H

#include <sys/types.h>

#include <ape/sandbox.h>

#include "discover.h"
#include "run_protocol.h"

enum { MODULE_COUNT = 2, COMPLAINT_SIZE = 2048 };

/** Files that come with the helper, opened before any right is given up. */
typedef struct vee_files {
    int runtime_fd; /* libape_rt.so, in a memfd that every user may read */
    char runtime_path[1024];
    int module_fds[MODULE_COUNT]; /* zygote.py, yfinance.py */
    int selftest_fd;
} vee_files;

ape_status vee_files_open(const char *helper, vee_files *out, ape_error *err);

/** The interpreter, warm: runs are forked from it. */
typedef struct zygote_process {
    ape_sandbox_level level;
    pid_t pid;
    int pidfd;
    int control_fd;
    int complaint_fd; /* its stderr */
    char complaint[COMPLAINT_SIZE];
    size_t complaint_size;
    int filter_fd; /* of its runs, for the digest */
    zygote_ready ready;
} zygote_process;

/**
 * Start a zygote, and wait until it is warm.
 *
 * @return APE_OK; APE_ERR_ISOLATION: this level cannot be had; APE_ERR_NOT_FOUND:
 *         numpy or pandas do not load; APE_ERR_IO.
 */
ape_status zygote_start(ape_sandbox_level level, const interpreter *python, const vee_files *files,
                        zygote_process *out, ape_error *err);

/** End it, and all that came of it. */
void zygote_stop(zygote_process *zygote);

/** Take in what it wrote to stderr. */
void zygote_listen(zygote_process *zygote);

/** The last line of what it wrote, or "". */
const char *zygote_last_words(zygote_process *zygote);

#endif /* APE_VEE_ZYGOTE_H */
