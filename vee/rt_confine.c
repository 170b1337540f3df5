/* SPDX-License-Identifier: MIT */
/* What a run may do, taken away in two steps: before it waits, and when it starts. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "landlock.h"
#include "rt.h"
#include "run_protocol.h"

enum { FILTER_LIMIT = 1024, BOX_MB = 64, OPEN_FILES = 64, NOSYMFOLLOW = 256 };

rt_config rt;
static struct sock_filter filter[FILTER_LIMIT];

void rt_die(const char *what)
{
    dprintf(2, "ape-vee: %s: %s\n", what, strerror(errno));
    _exit(71);
}

static void load_filter(void)
{
    ssize_t size = read(ZYGOTE_FILTER_FD, filter, sizeof(filter));

    close(ZYGOTE_FILTER_FD);
    if (size <= 0 || size == (ssize_t)sizeof(filter) || size % (ssize_t)sizeof(filter[0]) != 0)
        rt_die("cannot read the system-call filter");
    rt.filter_size = (size_t)size / sizeof(filter[0]);
}

void rt_load_config(void)
{
    const char *level = getenv("APE_VEE_LEVEL"), *paths = getenv("APE_VEE_PATHS");

    if (!level || !paths || strlen(paths) > sizeof(rt.paths) - 2)
        rt_die("not started by ape-vee");
    rt.namespaced = strcmp(level, "A") == 0;
    rt.control_fd = RUN_CONTROL_FD;
    memcpy(rt.paths, paths, strlen(paths));
    for (char *at = rt.paths; *at; at++)
        if (*at == ':')
            *at = '\0';
    load_filter();
}

/* A small disk of the run's own, gone with it. */
static void make_box(void)
{
    char options[64];

    if (unshare(CLONE_NEWNS) != 0)
        rt_die("mount namespace of a run");
    snprintf(options, sizeof(options), "size=%dm,nr_inodes=4096,mode=0700", BOX_MB);
    if (mount("box", "/box", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | NOSYMFOLLOW, options) != 0)
        rt_die("/box");
    if (chdir("/box") != 0)
        rt_die("chdir /box");
}

static void limit(int resource, rlim_t value)
{
    struct rlimit both;

    if (getrlimit((__rlimit_resource_t)resource, &both) != 0)
        rt_die("getrlimit");
    if (both.rlim_max < value) /* lower already, and not to be raised */
        value = both.rlim_max;
    both.rlim_cur = both.rlim_max = value;
    if (setrlimit((__rlimit_resource_t)resource, &both) != 0)
        rt_die("setrlimit");
}

static void set_fixed_limits(void)
{
    limit(RLIMIT_FSIZE, (rlim_t)BOX_MB << 20);
    limit(RLIMIT_NOFILE, OPEN_FILES);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_MEMLOCK, 0);
    limit(RLIMIT_MSGQUEUE, 0);
}

static void drop_privileges(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2];

    memset(none, 0, sizeof(none));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        rt_die("no_new_privs");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        rt_die("ambient capabilities");
    if (syscall(SYS_capset, &header, none) != 0)
        rt_die("capset");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        rt_die("dumpable");
}

static void enforce_landlock(void)
{
    int ruleset = landlock_begin();
    bool held = ruleset >= 0;

    if (!held && rt.namespaced)
        return; /* the private root is the wall there */
    if (held && rt.namespaced)
        held = landlock_allow_read(ruleset, "/") && landlock_allow_work(ruleset, "/box");
    for (const char *path = rt.paths; held && !rt.namespaced && *path; path += strlen(path) + 1)
        held = landlock_allow_read(ruleset, path);
    if (!held || !landlock_enforce(ruleset))
        rt_die("landlock");
}

void rt_confine_early(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        rt_die("parent death signal");
    if (rt.namespaced)
        make_box();
    set_fixed_limits();
    drop_privileges();
    enforce_landlock();
}

void rt_confine_finally(uint64_t address_space, uint32_t cpu_seconds)
{
    struct sock_fprog program = { .len = (unsigned short)rt.filter_size, .filter = filter };

    limit(RLIMIT_AS, address_space);
    limit(RLIMIT_CPU, cpu_seconds);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        rt_die("seccomp");
}
