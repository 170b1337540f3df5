/* SPDX-License-Identifier: MIT */
#include "rt.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_protocol.h"
#include "sandbox/wire.h"

typedef struct zygote {
    int children_fd; /* readable when a child ended */
    int self_fd;     /* pidfd of the zygote: the way back to its own pid namespace */
    pid_t pids[SLOT_COUNT];
} zygote;

/* Python's own preparations for fork, found by name: any 3.7 or later has them. */
static void python_hook(const char *name)
{
    void (*hook)(void) = NULL;
    void *found = dlsym(RTLD_DEFAULT, name);

    memcpy(&hook, &found, sizeof(hook));
    if (!hook)
        rt_die(name);
    hook();
}

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

int ape_rt_ready(const char *python, const char *numpy, const char *pandas)
{
    zygote_ready ready = { .type = RUN_ZYGOTE_READY };

    rt_load_config();
    copy_text(ready.python, sizeof(ready.python), python);
    copy_text(ready.numpy, sizeof(ready.numpy), numpy);
    copy_text(ready.pandas, sizeof(ready.pandas), pandas);
    return ape__wire_send(RUN_CONTROL_FD, &ready, sizeof(ready), NULL, 0) ? 0 : -1;
}

/* The next child gets a pid namespace of its own; the one before is left first. */
static bool enter_fresh_pid_namespace(const zygote *z)
{
    return setns(z->self_fd, CLONE_NEWPID) == 0 && unshare(CLONE_NEWPID) == 0;
}

static void report_for_duty(void)
{
    const run_note standby = { .type = RUN_STANDBY };

    if (!ape__wire_send(RUN_CONTROL_FD, &standby, sizeof(standby), NULL, 0))
        _exit(0); /* never needed */
}

static bool is_wanted; /* a run waits for this process already */

static void become_child(zygote *z, int socket)
{
    sigset_t none;

    python_hook("PyOS_AfterFork_Child");
    close(z->children_fd);
    if (dup2(socket, RUN_CONTROL_FD) < 0 || syscall(SYS_close_range, RUN_CONTROL_FD + 1, ~0u, 0))
        rt_die("control socket");
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    rt_confine_early();
    report_for_duty();
}

/* True in the child. */
static bool fork_run(zygote *z, const zygote_note *wish, int socket)
{
    zygote_note failed = { .type = RUN_EXITED, .slot = wish->slot };
    pid_t pid = -1;

    if (!rt.namespaced || enter_fresh_pid_namespace(z)) {
        python_hook("PyOS_BeforeFork");
        pid = fork();
        if (pid == 0) {
            is_wanted = wish->wanted;
            become_child(z, socket);
            return true;
        }
        python_hook("PyOS_AfterFork_Parent");
    }
    failed.error = errno;
    if (pid > 0)
        z->pids[wish->slot] = pid;
    else if (!ape__wire_send(RUN_CONTROL_FD, &failed, sizeof(failed), NULL, 0))
        _exit(0);
    return false;
}

/* True in the child. */
static bool obey(zygote *z)
{
    zygote_note note;
    ape__packet packet;
    bool child = false;

    if (!ape__wire_receive(RUN_CONTROL_FD, &note, sizeof(note), &packet))
        _exit(0); /* the supervisor has gone */
    if (packet.size == sizeof(note) && note.type == RUN_FORK && note.slot < SLOT_COUNT &&
        packet.fd_count == 1)
        child = fork_run(z, &note, packet.fds[0]);
    if (!child)
        ape__packet_close(&packet);
    return child;
}

static void report(zygote *z, pid_t pid, int status)
{
    zygote_note note = { .type = RUN_EXITED, .wait_status = status };

    for (uint32_t slot = 0; slot < SLOT_COUNT; slot++)
        if (z->pids[slot] == pid) {
            z->pids[slot] = 0;
            note.slot = slot;
            if (!ape__wire_send(RUN_CONTROL_FD, &note, sizeof(note), NULL, 0))
                _exit(0);
        }
}

static void bury(zygote *z)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    if (read(z->children_fd, &info, sizeof(info)) < 0)
        return;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        report(z, pid, status);
}

static void begin(zygote *z)
{
    sigset_t children;

    memset(z, 0, sizeof(*z));
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    z->children_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    z->self_fd = rt.namespaced ? (int)syscall(SYS_pidfd_open, getpid(), 0) : -1;
    if (z->children_fd < 0 || (rt.namespaced && z->self_fd < 0))
        rt_die("zygote");
}

void ape_rt_serve(void)
{
    zygote z;

    begin(&z);
    for (;;) {
        struct pollfd wait[] = { { .fd = RUN_CONTROL_FD, .events = POLLIN },
                                 { .fd = z.children_fd, .events = POLLIN } };

        if (poll(wait, 2, -1) < 0)
            continue;
        if (wait[1].revents)
            bury(&z);
        if (wait[0].revents && obey(&z))
            return;
    }
}

/* Files of the run to the places that Python expects them in; nothing else stays open. */
static void place_files(const int fds[RUN_START_FDS])
{
    static const int places[RUN_START_FDS] = { 1, 2, RUN_BROKER_FD, RUN_CODE_FD };
    int safe[RUN_START_FDS];

    for (int i = 0; i < RUN_START_FDS; i++) {
        safe[i] = fcntl(fds[i], F_DUPFD, 10);
        if (safe[i] < 0)
            rt_die("files of the run");
    }
    for (int i = 0; i < RUN_START_FDS; i++)
        if (dup2(safe[i], places[i]) < 0)
            rt_die("files of the run");
    if (syscall(SYS_close_range, RUN_CODE_FD + 1, ~0u, 0) != 0)
        rt_die("close_range");
}

int ape_rt_wanted(void)
{
    struct pollfd wait = { .fd = RUN_CONTROL_FD, .events = POLLIN };

    return is_wanted || poll(&wait, 1, 0) == 1;
}

void ape_rt_start(void)
{
    run_start start;
    ape__packet packet;

    if (!ape__wire_receive(RUN_CONTROL_FD, &start, sizeof(start), &packet))
        _exit(0); /* never needed */
    if (packet.size != sizeof(start) || start.type != RUN_START || packet.fd_count != RUN_START_FDS)
        rt_die("start of the run");
    place_files(packet.fds);
    rt_clock_set(start.as_of_seconds);
    rt_random_seed(start.seed);
    rt_confine_finally(start.address_space, start.cpu_seconds);
    rt_guard_arm();
}

void ape_rt_end(int exit_code)
{
    const run_note end = { .type = RUN_END, .kind = RUN_END_EXIT, .exit_code = exit_code };

    rt_say_and_wait(&end, sizeof(end));
}

/* The supervisor looks at the process a last time, and kills it. */
void rt_say_and_wait(const void *note, size_t size)
{
    ssize_t sent = write(RUN_CONTROL_FD, note, size);

    while (sent > 0)
        poll(NULL, 0, -1);
    _exit(1);
}
