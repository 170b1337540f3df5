/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_JAIL_H
#define APE_VEE_JAIL_H

#include "discover.h"

enum { JAIL_RUNTIME_SIZE = 64 };

/**
 * Make a root of its own for this process, which is alone in fresh user, mount and
 * other namespaces: the interpreter's paths, read-only; /dev/null; an empty /box; the
 * run-time at /vee/libape_rt.so; no /proc, no /sys, no /etc. Ends as a process that
 * keeps one capability in its user namespace, that of making more namespaces.
 */
ape_status jail_enter(const interpreter *python, int runtime_fd, unsigned int uid, unsigned int gid,
                      ape_error *err);

#endif /* APE_VEE_JAIL_H */
