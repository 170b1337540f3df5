/* SPDX-License-Identifier: MIT */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "landlock.h"
#include "sandbox/wire.h"

enum { SELFTEST_MS = 20000, SECCOMP_MODE = 2 };

static const char passed[] = "ok\n";

/* The program, told where it is and which process is its neighbour. */
static int make_code(const supervisor *s, int source)
{
    int fd = memfd_create("selftest", MFD_CLOEXEC);
    struct stat file;
    off_t from = 0;

    if (fd < 0 || fstat(source, &file) != 0)
        return -1;
    dprintf(fd, "LEVEL = '%s'; OUTSIDER = %d\n", s->zygote.level == APE_SANDBOX_LEVEL_A ? "A" : "B",
            (int)getpid());
    if (sendfile(fd, source, &from, (size_t)file.st_size) == file.st_size &&
        lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    close(fd);
    return -1;
}

static run *make_run(const supervisor *s, const vee_files *files)
{
    const ape__vee_run request = {
        .type = APE__VEE_RUN,
        .wall_ms = SELFTEST_MS,
        .cpu_ms = SELFTEST_MS,
        .memory_mb = 256,
        .output_bytes = 4096,
        .as_of_seconds = 1000000000,
    };
    int code = make_code(s, files->selftest_fd), broker[2] = { -1, -1 };
    run *r = NULL;

    if (code >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, broker) == 0)
        r = run_new(&request, -1, code, broker[1]);
    ape__close(&broker[0]); /* nobody answers */
    if (!r) {
        ape__close(&code);
        ape__close(&broker[1]);
    }
    return r;
}

static bool readable(int fd, int ms)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };

    return poll(&wait, 1, ms) == 1;
}

static bool await_standby(slot *sl)
{
    ape__packet packet;
    run_note note;

    if (!readable(sl->control_fd, SELFTEST_MS) ||
        !ape__wire_receive(sl->control_fd, &note, sizeof(note), &packet))
        return false;
    ape__packet_close(&packet);
    sl->pid = packet.sender;
    sl->pidfd = (int)syscall(SYS_pidfd_open, sl->pid, 0);
    return note.type == RUN_STANDBY && sl->pidfd >= 0;
}

static bool says_ok(const run *r)
{
    return r->out.size == sizeof(passed) - 1 && memcmp(r->out.bytes, passed, r->out.size) == 0;
}

static bool has_line(const run *r)
{
    return r->out.size > 0 && r->out.bytes[r->out.size - 1] == '\n';
}

/* Until it says something, or cannot any more. */
static ape_status await_verdict(run *r, ape_error *err)
{
    while (r->out.fd >= 0 && !has_line(r)) {
        if (!readable(r->out.fd, SELFTEST_MS) || !run_read_output(r, &r->out))
            return fault(err, APE_ERR_ISOLATION, "self-test: it did not end");
    }
    run_read_output(r, &r->err);
    if (says_ok(r))
        return APE_OK;
    if (r->out.size > 0)
        return fault(err, APE_ERR_ISOLATION, "self-test: %.*s", (int)r->out.size, r->out.bytes);
    return fault(err, APE_ERR_ISOLATION, "self-test: %.*s", (int)r->err.size,
                 r->err.size ? r->err.bytes : "");
}

/* What the kernel says of a process that is confined now. */
static ape_status inspect(pid_t pid, ape_error *err)
{
    if (access("/proc/self/status", R_OK) != 0)
        return APE_OK; /* no /proc here: the program's own probes have to do */
    if (process_status(pid, "\nSeccomp:", 10) != SECCOMP_MODE)
        return fault(err, APE_ERR_ISOLATION, "self-test: the system-call filter is not in force");
    if (process_status(pid, "\nNoNewPrivs:", 10) != 1)
        return fault(err, APE_ERR_ISOLATION, "self-test: a run could gain privileges");
    if (process_status(pid, "\nCapEff:", 16) != 0 || process_status(pid, "\nCapPrm:", 16) != 0)
        return fault(err, APE_ERR_ISOLATION, "self-test: a run has capabilities");
    if (process_status(pid, "\nThreads:", 10) != 1)
        return fault(err, APE_ERR_ISOLATION, "self-test: a run has more than one thread");
    return APE_OK;
}

static uint32_t proved(const supervisor *s)
{
    uint32_t bits = APE__MECHANISM_SECCOMP | APE__MECHANISM_NO_NEW_PRIVILEGES |
                    APE__MECHANISM_NO_CAPABILITIES | APE__MECHANISM_RESOURCE_LIMITS |
                    APE__MECHANISM_MEMORY_GUARD | APE__MECHANISM_FIXED_CLOCK |
                    APE__MECHANISM_SEEDED_RANDOMNESS;

    if (landlock_abi() > 0)
        bits |= APE__MECHANISM_LANDLOCK;
    if (s->zygote.level == APE_SANDBOX_LEVEL_A)
        bits |= APE__MECHANISM_USER_NAMESPACE | APE__MECHANISM_MOUNT_NAMESPACE |
                APE__MECHANISM_PID_NAMESPACE | APE__MECHANISM_NETWORK_NAMESPACE |
                APE__MECHANISM_IPC_NAMESPACE | APE__MECHANISM_UTS_NAMESPACE |
                APE__MECHANISM_CGROUP_NAMESPACE | APE__MECHANISM_PRIVATE_ROOT;
    return bits;
}

static ape_status test(supervisor *s, slot *sl, run *r, ape_error *err)
{
    ape_status st;

    if (!await_standby(sl) || !run_start_on(r, sl->control_fd, sl->pid)) {
        supervisor_kill(sl);
        return fault(err, APE_ERR_ISOLATION, "a run could not be confined: %.180s",
                     zygote_last_words(&s->zygote));
    }
    st = await_verdict(r, err);
    return st == APE_OK ? inspect(sl->pid, err) : st;
}

ape_status selftest_run(supervisor *s, const vee_files *files, uint32_t *mechanisms, ape_error *err)
{
    slot *sl = supervisor_fork(s, true);
    run *r = make_run(s, files);
    ape_status st;

    if (!sl || !r) {
        run_free(r);
        return fault_errno(err, APE_ERR_IO, "starting the self-test");
    }
    st = test(s, sl, r, err);
    supervisor_kill(sl); /* by its socket, if it never got further */
    run_free(r);
    if (st == APE_OK)
        *mechanisms = proved(s);
    return st;
}
