/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static const uint64_t LOW32 = 0xffffffff;

/* What Python, numpy and pandas need between start and end. */
static const char *const harmless[] = {
    "access",
    "brk",
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "close_range",
    "dup",
    "dup2",
    "dup3",
    "exit",
    "exit_group",
    "faccessat",
    "faccessat2",
    "fdatasync",
    "fstat",
    "fstatfs",
    "fsync",
    "futex",
    "getcwd",
    "getdents64",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getpid",
    "getppid",
    "getrandom",
    "getresgid",
    "getresuid",
    "getrlimit",
    "getrusage",
    "gettid",
    "gettimeofday",
    "getuid",
    "lseek",
    "lstat",
    "mincore",
    "mremap",
    "munmap",
    "nanosleep",
    "newfstatat",
    "poll",
    "ppoll",
    "pread64",
    "pselect6",
    "read",
    "readlink",
    "readlinkat",
    "readv",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_getaffinity",
    "sched_yield",
    "select",
    "set_robust_list",
    "sigaltstack",
    "stat",
    "statfs",
    "statx",
    "sysinfo",
    "time",
    "times",
    "umask",
    "uname",
    "write",
    "writev",
};

/* Only where the file system has a place to write to. */
static const char *const writing[] = {
    "chdir",  "fallocate", "ftruncate", "mkdir", "mkdirat",  "pwrite64", "pwritev",
    "rename", "renameat",  "renameat2", "rmdir", "truncate", "unlink",   "unlinkat",
};

/* An honest program has no use for these: the run ends there and then. */
static const char *const deadly[] = {
    "acct",
    "add_key",
    "bpf",
    "chroot",
    "delete_module",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "name_to_handle_at",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pivot_root",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "reboot",
    "request_key",
    "setns",
    "swapoff",
    "swapon",
    "umount2",
    "unshare",
    "userfaultfd",
};

/* glibc asks for the new call, and falls back to the old one only on ENOSYS. */
static const char *const unknown[] = { "clone3", "openat2" };

static bool add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);

        if (number >= 0 && seccomp_rule_add(filter, action, number, 0) != 0)
            return false;
    }
    return true;
}

#define ADD_ALL(filter, action, names)                                                             \
    add_all(filter, action, names, sizeof(names) / sizeof((names)[0]))

static bool allow_if(scmp_filter_ctx filter, const char *name, unsigned int argument, uint64_t mask,
                     uint64_t value)
{
    struct scmp_arg_cmp test = SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value);
    int number = seccomp_syscall_resolve_name(name);

    return number < 0 ||
           seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, mask ? 1 : 0, &test) == 0;
}

/* Memory is never writable and executable; code comes only from read-only files. */
static bool add_memory_rules(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp library[] = {
        SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
        SCMP_CMP(3, SCMP_CMP_MASKED_EQ, MAP_TYPE | MAP_ANONYMOUS, MAP_PRIVATE),
    };
    static const int advice[] = { MADV_NORMAL,     MADV_DONTNEED, MADV_FREE,      MADV_HUGEPAGE,
                                  MADV_NOHUGEPAGE, MADV_WILLNEED, MADV_SEQUENTIAL };

    if (!allow_if(filter, "mmap", 2, PROT_EXEC, 0) ||
        !allow_if(filter, "mprotect", 2, PROT_EXEC, 0) ||
        seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, library) != 0)
        return false;
    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
        if (!allow_if(filter, "madvise", 2, LOW32, (uint64_t)advice[i]))
            return false;
    return true;
}

/* The kernel looks at the low 32 bits of these; so must the filter. */
static bool add_control_rules(scmp_filter_ctx filter)
{
    static const unsigned long requests[] = { TCGETS, FIOCLEX, FIONCLEX, TIOCGWINSZ };
    static const int commands[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC };
    const struct scmp_arg_cmp own_limits[] = {
        SCMP_CMP(0, SCMP_CMP_MASKED_EQ, LOW32, 0),
        SCMP_CMP(2, SCMP_CMP_EQ, 0),
    };

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        if (!allow_if(filter, "ioctl", 1, LOW32, requests[i]))
            return false;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (!allow_if(filter, "fcntl", 1, LOW32, (uint64_t)commands[i]))
            return false;
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, own_limits) == 0;
}

static bool add_open_rules(scmp_filter_ctx filter, bool writable)
{
    const uint64_t mask =
        writable ? 0 : O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);

    return allow_if(filter, "openat", 2, mask, 0) && allow_if(filter, "open", 1, mask, 0);
}

static bool fill(scmp_filter_ctx filter, bool writable)
{
    return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
           seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
           ADD_ALL(filter, SCMP_ACT_ALLOW, harmless) &&
           (!writable || ADD_ALL(filter, SCMP_ACT_ALLOW, writing)) &&
           ADD_ALL(filter, SCMP_ACT_KILL_PROCESS, deadly) &&
           ADD_ALL(filter, SCMP_ACT_ERRNO(ENOSYS), unknown) && add_memory_rules(filter) &&
           add_control_rules(filter) && add_open_rules(filter, writable);
}

int filter_for_runs(bool writable)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int fd = memfd_create("filter", MFD_CLOEXEC);
    bool written =
        filter && fd >= 0 && fill(filter, writable) && seccomp_export_bpf(filter, fd) == 0;

    seccomp_release(filter);
    if (written && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool filter_enforce_on_supervisor(void)
{
    static const char *const needed[] = {
        "brk",
        "clock_getres",
        "clock_gettime",
        "close",
        "poll",
        "ppoll",
        "exit",
        "exit_group",
        "fcntl",
        "fstat",
        "ftruncate",
        "futex",
        "getpid",
        "gettid",
        "lseek",
        "madvise",
        "memfd_create",
        "mmap",
        "mprotect",
        "mremap",
        "munmap",
        "newfstatat",
        "pidfd_open",
        "pidfd_send_signal",
        "pipe2",
        "pread64",
        "read",
        "recvmsg",
        "restart_syscall",
        "rt_sigprocmask",
        "rt_sigreturn",
        "sendmsg",
        "setsockopt",
        "socketpair",
        "wait4",
        "waitid",
        "write",
        "writev",
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool held = filter && ADD_ALL(filter, SCMP_ACT_ALLOW, needed) &&
                add_open_rules(filter, false) && seccomp_load(filter) == 0;

    seccomp_release(filter);
    return held;
}
