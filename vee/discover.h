/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_DISCOVER_H
#define APE_VEE_DISCOVER_H

#include "fault.h"

enum { PATHS_SIZE = 8192, PATHS_COUNT = 64 };

/** An interpreter, and all that it needs to read. */
typedef struct interpreter {
    char program[1024];             /* to be executed */
    char storage[PATHS_SIZE];       /* what the paths point into */
    const char *paths[PATHS_COUNT]; /* folders and files, without symbolic links in them */
    int path_count;
} interpreter;

/**
 * Ask an interpreter where it lives. An empty @p wanted takes the first python3 of
 * the usual places that has numpy and pandas.
 *
 * @return APE_OK; APE_ERR_NOT_FOUND: none, or numpy or pandas missing;
 *         APE_ERR_REFUSED: any user could change it.
 */
ape_status discover_python(const char *wanted, interpreter *out, ape_error *err);

/** APE_ERR_REFUSED if runs, which may read what the interpreter reads, could read a
 *  folder of prices. An empty path is none. */
ape_status discover_refuse_data(const interpreter *python, const char *data, ape_error *err);

#endif /* APE_VEE_DISCOVER_H */
