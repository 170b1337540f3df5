/* SPDX-License-Identifier: MIT */
#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "jail.h"
#include "sandbox/wire.h"

enum {
    WARM_UP_MS = 60000,
    NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                 CLONE_NEWUTS | CLONE_NEWCGROUP
};

static const char boot[] = "exec(compile(open(5, 'rb').read(), '<ape-vee>', 'exec'))";

typedef struct birth {
    const interpreter *python;
    const vee_files *files;
    bool namespaced;
    int control_fd;
    int filter_fd;
    int complaint_fd;
    uid_t uid;
    gid_t gid;
} birth;

/* Descriptors to the numbers that the run-time and zygote.py know. */
static int place_files(const birth *b, int *runtime_fd)
{
    int wanted[ZYGOTE_MODULES_FD + MODULE_COUNT + 1], count = 0;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    wanted[count++] = nothing;
    wanted[count++] = nothing;
    wanted[count++] = b->complaint_fd;
    wanted[count++] = b->control_fd;
    wanted[count++] = b->filter_fd;
    for (int i = 0; i < MODULE_COUNT; i++)
        wanted[count++] = b->files->module_fds[i];
    wanted[count++] = b->files->runtime_fd;
    for (int i = 0; i < count; i++) {
        wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, count);
        if (wanted[i] < 0)
            return -1;
    }
    for (int i = 0; i < count; i++)
        if (dup2(wanted[i], i) < 0)
            return -1;
    for (int i = 4; i < count; i++) /* shared with zygotes tried before */
        lseek(i, 0, SEEK_SET);
    *runtime_fd = count - 1;
    return close_range((unsigned int)count, ~0u, 0);
}

/* "LD_PRELOAD=" and where this process finds the run-time. */
static void runtime_variable(const birth *b, int runtime_fd, char *out, size_t size)
{
    if (b->namespaced)
        snprintf(out, size, "LD_PRELOAD=/vee/libape_rt.so");
    else if (access("/proc/self/fd", X_OK) == 0)
        snprintf(out, size, "LD_PRELOAD=/proc/self/fd/%d", runtime_fd);
    else
        snprintf(out, size, "LD_PRELOAD=%s", b->files->runtime_path);
}

static void join_paths(const interpreter *python, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "APE_VEE_PATHS=");

    for (int i = 0; i < python->path_count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ":" : "", python->paths[i]);
}

static void become_python(const birth *b, int runtime_fd)
{
    char preload[1100], paths[PATHS_SIZE + 32];
    /* By its whole name, from which Python finds the folders of a virtual environment. */
    const char *const arguments[] = { b->python->program, "-s", "-c", boot, NULL };
    const char *const environment[] = {
        preload, paths, b->namespaced ? "APE_VEE_LEVEL=A" : "APE_VEE_LEVEL=B", "PYTHONHASHSEED=0",
        "PYTHONSAFEPATH=1", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUTF8=1",
        /* numpy's helpers would start threads, and threads do not survive a fork. */
        "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "NUMEXPR_NUM_THREADS=1",
        "MALLOC_ARENA_MAX=1", "TZ=UTC", "LC_ALL=C.UTF-8", "HOME=/box", "PATH=/nonexistent", NULL
    };

    runtime_variable(b, runtime_fd, preload, sizeof(preload));
    join_paths(b->python, paths, sizeof(paths));
    execve(b->python->program, (char *const *)(uintptr_t)arguments,
           (char *const *)(uintptr_t)environment);
    dprintf(2, "cannot execute %s: %s\n", b->python->program, strerror(errno));
    _exit(71);
}

static void live(const birth *b)
{
    int runtime_fd;
    ape_error err;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (place_files(b, &runtime_fd) != 0) {
        dprintf(b->complaint_fd, "too few descriptors: raise the limit on open files\n");
        _exit(71);
    }
    if (b->namespaced && jail_enter(b->python, runtime_fd, b->uid, b->gid, &err) != APE_OK) {
        dprintf(2, "%s\n", err.message);
        _exit(72);
    }
    if (!b->namespaced && chdir("/") != 0)
        _exit(71);
    become_python(b, runtime_fd);
}

void zygote_listen(zygote_process *z)
{
    char chunk[512];
    ssize_t got;

    while ((got = read(z->complaint_fd, chunk, sizeof(chunk))) > 0) {
        size_t keep = sizeof(z->complaint) - 1 - (size_t)got;

        if (z->complaint_size > keep) { /* the end matters */
            memmove(z->complaint, z->complaint + z->complaint_size - keep, keep);
            z->complaint_size = keep;
        }
        memcpy(z->complaint + z->complaint_size, chunk, (size_t)got);
        z->complaint_size += (size_t)got;
        z->complaint[z->complaint_size] = '\0';
    }
}

const char *zygote_last_words(zygote_process *z)
{
    char *line;

    zygote_listen(z);
    while (z->complaint_size > 0 && z->complaint[z->complaint_size - 1] == '\n')
        z->complaint[--z->complaint_size] = '\0';
    line = strrchr(z->complaint, '\n');
    return line ? line + 1 : z->complaint;
}

void zygote_stop(zygote_process *z)
{
    if (z->pid > 0) { /* by descriptor: that much the supervisor's own filter allows */
        syscall(SYS_pidfd_send_signal, z->pidfd, SIGKILL, NULL, 0);
        waitpid(z->pid, NULL, 0);
    }
    z->pid = 0;
    ape__close(&z->pidfd);
    ape__close(&z->control_fd);
    ape__close(&z->complaint_fd);
    ape__close(&z->filter_fd);
}

static ape_status await_warmth(zygote_process *z, ape_error *err)
{
    struct pollfd wait = { .fd = z->control_fd, .events = POLLIN };
    ape__packet packet;
    int status = 0;

    if (poll(&wait, 1, WARM_UP_MS) == 1 &&
        ape__wire_receive(z->control_fd, &z->ready, sizeof(z->ready), &packet) &&
        packet.size == sizeof(z->ready) && z->ready.type == RUN_ZYGOTE_READY)
        return APE_OK;
    kill(z->pid, SIGKILL);
    waitpid(z->pid, &status, 0);
    z->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 72)
        return fault(err, APE_ERR_ISOLATION, "%.200s", zygote_last_words(z));
    return fault(err, APE_ERR_IO, "the interpreter did not start: %.190s", zygote_last_words(z));
}

ape_status zygote_start(ape_sandbox_level level, const interpreter *python, const vee_files *files,
                        zygote_process *out, ape_error *err)
{
    bool namespaced = level == APE_SANDBOX_LEVEL_A;
    birth b = { .python = python,
                .files = files,
                .namespaced = namespaced,
                .uid = geteuid(),
                .gid = getegid() };
    int control[2], complaint[2];
    ape_status st;

    *out = (zygote_process){ .level = level, .pidfd = -1, .control_fd = -1, .complaint_fd = -1 };
    out->filter_fd = b.filter_fd = filter_for_runs(namespaced);
    if (b.filter_fd < 0)
        return fault(err, APE_ERR_ISOLATION, "no system-call filter can be built here");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0 ||
        pipe2(complaint, O_CLOEXEC | O_NONBLOCK) != 0)
        return fault_errno(err, APE_ERR_IO, "sockets of the interpreter");
    b.control_fd = control[1];
    b.complaint_fd = complaint[1];
    out->control_fd = control[0];
    out->complaint_fd = complaint[0];
    out->pid =
        (pid_t)syscall(SYS_clone, (namespaced ? NAMESPACES : 0) | SIGCHLD, NULL, NULL, NULL, 0);
    if (out->pid == 0)
        live(&b);
    st = out->pid < 0 ? fault_errno(err, APE_ERR_ISOLATION, "making namespaces") : APE_OK;
    if (st == APE_OK)
        out->pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0);
    close(control[1]);
    close(complaint[1]);
    if (st == APE_OK)
        st = await_warmth(out, err);
    if (st != APE_OK)
        zygote_stop(out);
    return st;
}
