/* SPDX-License-Identifier: MIT */
#include "sandbox/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ape/version.h>

enum { READY_MS = 120000, LEAVE_MS = 2000, ABOVE_STANDARD = 10 };

uint64_t ape__helper_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void ape__helper_init(ape__helper *h)
{
    pthread_mutex_init(&h->lock, NULL);
    h->owner = getpid();
    h->pid = 0;
    h->pidfd = h->fd = -1;
}

static bool wait_readable(int fd, int ms)
{
    uint64_t end = ape__helper_now_ms() + (uint64_t)ms;

    for (;;) {
        uint64_t now = ape__helper_now_ms();
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        int ready = poll(&wait, 1, now < end ? (int)(end - now) : 0);

        if (ready >= 0 || errno != EINTR)
            return ready == 1;
    }
}

/* The socket closes, the helper goes; if it does not, it is made to. The host
   program may have collected it already: then there is nothing to wait for. */
static void dismiss(ape__helper *h, bool by_force)
{
    if (h->pid == 0)
        return;
    if (by_force)
        syscall(SYS_pidfd_send_signal, h->pidfd, SIGKILL, NULL, 0);
    ape__close(&h->fd);
    if (!wait_readable(h->pidfd, LEAVE_MS))
        syscall(SYS_pidfd_send_signal, h->pidfd, SIGKILL, NULL, 0);
    while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    ape__close(&h->pidfd);
    h->pid = 0;
}

/* In a fork of the host program the helper belongs to the parent. */
static void forget_after_fork(ape__helper *h)
{
    if (h->owner == getpid())
        return;
    ape__close(&h->fd);
    ape__close(&h->pidfd);
    ape__helper_init(h);
}

void ape__helper_stop(ape__helper *h)
{
    forget_after_fork(h);
    dismiss(h, false);
    pthread_mutex_destroy(&h->lock);
}

void ape__helper_kill(ape__helper *h)
{
    pthread_mutex_lock(&h->lock);
    dismiss(h, true);
    pthread_mutex_unlock(&h->lock);
}

static int add_actions(posix_spawn_file_actions_t *actions, int fd)
{
    int failed = 0;

    for (int i = 0; i <= 2 && !failed; i++)
        failed = posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(actions, fd, APE__VEE_FD);
    if (!failed)
        failed = posix_spawn_file_actions_addclosefrom_np(actions, APE__VEE_FD + 1);
    return failed;
}

/* Nothing of the host program reaches the helper: no signal settings, no
   environment, no descriptor but the socket. */
static int spawn(const char *path, int fd, pid_t *pid)
{
    char *const arguments[] = { (char *)(uintptr_t)path, NULL };
    char *const environment[] = { NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    failed = add_actions(&actions, fd);
    if (!failed)
        failed = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static ape_status fail_errno(ape_error *err, int code, const char *what)
{
    char reason[64];

    return ape__fail_detail(err, APE_ERR_IO, code, "%s: %s", what,
                            strerror_r(code, reason, sizeof(reason)));
}

static ape_status launch(ape__helper *h, ape_error *err)
{
    int ends[2], high, failed;

    if (access(h->path, X_OK) != 0)
        return ape__fail(err, APE_ERR_NOT_FOUND,
                         "the sandbox's helper program is not at %s; install it with libape, or "
                         "set helper_path",
                         h->path);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(err, errno, "socket of the helper");
    high = fcntl(ends[1], F_DUPFD_CLOEXEC, ABOVE_STANDARD); /* 0 to 2 may have been closed */
    failed = high >= 0 ? spawn(h->path, high, &h->pid) : errno;
    close(ends[1]);
    ape__close(&high);
    if (failed) {
        close(ends[0]);
        h->pid = 0;
        return fail_errno(err, failed, h->path);
    }
    h->fd = ends[0];
    h->owner = getpid();
    h->pidfd = (int)syscall(SYS_pidfd_open, h->pid, 0);
    return APE_OK;
}

static ape_status shake_hands(ape__helper *h, ape_error *err)
{
    ape__vee_hello hello = { .type = APE__VEE_HELLO,
                             .protocol = APE__VEE_PROTOCOL,
                             .version = APE_VERSION,
                             .min_level = h->min_level,
                             .standbys = h->standbys };
    ape__packet packet;

    if (h->python)
        snprintf(hello.python, sizeof(hello.python), "%s", h->python);
    if (h->data)
        snprintf(hello.data, sizeof(hello.data), "%s", h->data);
    if (!ape__wire_send(h->fd, &hello, sizeof(hello), NULL, 0) || !wait_readable(h->fd, READY_MS) ||
        !ape__wire_receive(h->fd, &h->ready, sizeof(h->ready), &packet))
        return ape__fail(err, APE_ERR_IO, "%s ended before it was ready", h->path);
    ape__packet_close(&packet);
    if (packet.size != sizeof(h->ready) || h->ready.type != APE__VEE_READY)
        return ape__fail(err, APE_ERR_UNSUPPORTED, "%s is not the helper of this libape", h->path);
    if (h->ready.status != APE_OK)
        return ape__fail(err, h->ready.status, "%s%.200s",
                         h->ready.status == APE_ERR_ISOLATION ? "no isolation, so nothing is run: "
                                                              : "",
                         h->ready.message);
    return APE_OK;
}

static ape_status ensure_running(ape__helper *h, ape_error *err)
{
    ape_status st;

    if (h->pid != 0)
        return APE_OK;
    st = launch(h, err);
    if (st != APE_OK)
        return st;
    st = shake_hands(h, err);
    if (st != APE_OK)
        dismiss(h, true);
    return st;
}

static ape_status send_locked(ape__helper *h, const ape__vee_run *run, const int fds[],
                              ape__vee_ready *ready, ape_error *err)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        ape_status st = ensure_running(h, err);

        if (st != APE_OK)
            return st;
        if (ape__wire_send(h->fd, run, sizeof(*run), fds, APE__VEE_RUN_FDS)) {
            *ready = h->ready;
            return APE_OK;
        }
        dismiss(h, true); /* it died since the last run */
    }
    return fail_errno(err, errno, "sending a run to the helper");
}

ape_status ape__helper_send(ape__helper *h, const ape__vee_run *run, const int fds[],
                            ape__vee_ready *ready, ape_error *err)
{
    ape_status st;

    forget_after_fork(h);
    pthread_mutex_lock(&h->lock);
    st = send_locked(h, run, fds, ready, err);
    pthread_mutex_unlock(&h->lock);
    return st;
}

ape_status ape__helper_ready(ape__helper *h, ape__vee_ready *ready, ape_error *err)
{
    ape_status st;

    forget_after_fork(h);
    pthread_mutex_lock(&h->lock);
    st = ensure_running(h, err);
    if (st == APE_OK)
        *ready = h->ready;
    pthread_mutex_unlock(&h->lock);
    return st;
}
