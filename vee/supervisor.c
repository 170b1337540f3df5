/* SPDX-License-Identifier: MIT */
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/wire.h"

enum { EXIT_STATUS_MS = 500, FIXED_FDS = 3, FDS_PER_SLOT = 4 };

uint64_t supervisor_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void supervisor_kill(slot *sl)
{
    if (sl->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, sl->pidfd, SIGKILL, NULL, 0);
    ape__close(&sl->pidfd);
    ape__close(&sl->control_fd);
    sl->state = SLOT_DYING;
}

/* The run of a slot is over, for the reason it holds. */
static void finish(slot *sl)
{
    run_report(sl->run, sl->pid);
    run_free(sl->run);
    sl->run = NULL;
    supervisor_kill(sl);
}

static void finish_for(slot *sl, ape_sandbox_reason reason)
{
    sl->run->reason = reason;
    finish(sl);
}

/* Ask the zygote for one more process. */
slot *supervisor_fork(supervisor *s, bool is_wanted)
{
    zygote_note note = { .type = RUN_FORK, .wanted = is_wanted };
    int ends[2], on = 1;
    slot *sl;
    bool sent;

    while (note.slot < SLOT_COUNT && s->slots[note.slot].state != SLOT_FREE)
        note.slot++;
    if (note.slot == SLOT_COUNT || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return NULL;
    sl = &s->slots[note.slot];
    setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    sent = ape__wire_send(s->zygote.control_fd, &note, sizeof(note), &ends[1], 1);
    close(ends[1]);
    if (!sent) {
        close(ends[0]);
        return NULL;
    }
    *sl = (slot){ .state = SLOT_FORKING, .control_fd = ends[0], .pidfd = -1 };
    return sl;
}

static void start(slot *sl)
{
    sl->state = SLOT_RUNNING;
    if (!run_start_on(sl->run, sl->control_fd, sl->pid))
        finish_for(sl, APE_SANDBOX_HELPER);
}

static uint32_t count_runs(const supervisor *s)
{
    uint32_t runs = 0;

    for (int i = 0; i < SLOT_COUNT; i++)
        runs += s->slots[i].run != NULL;
    return runs;
}

/* A process kept ready makes a run start at once. Made only while a processor has
   nothing to do: making it costs more time than it saves the next run. */
static void refill(supervisor *s)
{
    uint32_t ready = 0;

    if (count_runs(s) >= s->processors)
        return;
    for (int i = 0; i < SLOT_COUNT; i++)
        ready += s->slots[i].state == SLOT_READY ||
                 (s->slots[i].state == SLOT_FORKING && !s->slots[i].run);
    while (ready < s->standbys && supervisor_fork(s, false))
        ready++;
}

bool supervisor_assign(supervisor *s, run *r)
{
    slot *sl = NULL;

    for (int i = 0; i < SLOT_COUNT && !sl; i++)
        if (s->slots[i].state == SLOT_READY)
            sl = &s->slots[i];
    for (int i = 0; i < SLOT_COUNT && !sl; i++)
        if (s->slots[i].state == SLOT_FORKING && !s->slots[i].run)
            sl = &s->slots[i];
    if (!sl)
        sl = supervisor_fork(s, true);
    if (!sl)
        return false;
    sl->run = r;
    if (sl->state == SLOT_READY)
        start(sl);
    return true;
}

static void on_standby(slot *sl, pid_t pid)
{
    sl->pid = pid;
    sl->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    sl->state = SLOT_READY;
    if (sl->run)
        start(sl);
}

static void on_end(slot *sl, const run_note *note)
{
    sl->run->exit_code = note->exit_code;
    if (note->kind == RUN_END_MEMORY)
        finish_for(sl, APE_SANDBOX_MEMORY);
    else
        finish_for(sl, note->exit_code == 0 ? APE_SANDBOX_OK : APE_SANDBOX_ERROR);
}

/* Words from a process: believed only where it speaks of itself, and in turn. */
static void on_control(slot *sl)
{
    ape__packet packet;
    run_note note;
    bool whole = ape__wire_receive(sl->control_fd, &note, sizeof(note), &packet) &&
                 packet.size == sizeof(note);

    if (whole && note.type == RUN_STANDBY && sl->state == SLOT_FORKING && packet.sender > 0) {
        on_standby(sl, packet.sender);
    } else if (whole && note.type == RUN_END && sl->state == SLOT_RUNNING) {
        on_end(sl, &note);
    } else if (sl->state == SLOT_RUNNING || (sl->state == SLOT_FORKING && sl->run)) {
        ape__close(&sl->control_fd);
        sl->state = SLOT_ENDING;
        sl->ending_until_ms = supervisor_now_us() / 1000 + EXIT_STATUS_MS;
    } else {
        supervisor_kill(sl);
    }
    ape__packet_close(&packet);
}

/* It went without saying END: the kernel's word decides. */
static void on_death(slot *sl, int status)
{
    run *r = sl->run;

    r->reason = r->started_us ? APE_SANDBOX_ERROR : APE_SANDBOX_HELPER;
    if (WIFEXITED(status))
        r->exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) {
        r->signal = WTERMSIG(status);
        r->reason = r->signal == SIGSYS ? APE_SANDBOX_POLICY : APE_SANDBOX_SIGNAL;
    }
    finish(sl);
}

static void on_zygote(supervisor *s)
{
    ape__packet packet;
    zygote_note note;
    slot *sl;

    if (!ape__wire_receive(s->zygote.control_fd, &note, sizeof(note), &packet)) {
        s->stopping = true;
        return;
    }
    ape__packet_close(&packet);
    if (packet.size != sizeof(note) || note.type != RUN_EXITED || note.slot >= SLOT_COUNT)
        return;
    sl = &s->slots[note.slot];
    if (sl->run)
        on_death(sl, note.wait_status);
    else if (sl->state != SLOT_DYING)
        supervisor_kill(sl);
    sl->state = SLOT_FREE;
}

static void on_library(supervisor *s)
{
    ape__vee_run request;
    ape__packet packet;
    run *r;

    if (!ape__wire_receive(s->library_fd, &request, sizeof(request), &packet)) {
        s->stopping = true;
        return;
    }
    if (packet.size != sizeof(request) || request.type != APE__VEE_RUN ||
        packet.fd_count != APE__VEE_RUN_FDS) {
        ape__packet_close(&packet);
        return;
    }
    r = run_new(&request, packet.fds[0], packet.fds[1], packet.fds[2]);
    if (!r)
        ape__packet_close(&packet);
    else if (!supervisor_assign(s, r))
        run_free(r); /* the channel closes: the library knows */
}

/* CANCEL, or the end of interest: the same. */
static void on_channel(slot *sl)
{
    ape__vee_note note;
    ape__packet packet;

    /* Read it: closing a socket over unread words would throw away our answer. */
    if (ape__wire_receive(sl->run->channel_fd, &note, sizeof(note), &packet))
        ape__packet_close(&packet);
    if (sl->state == SLOT_RUNNING || sl->state == SLOT_ENDING) {
        finish_for(sl, APE_SANDBOX_CANCELLED);
        return;
    }
    sl->run->reason = APE_SANDBOX_CANCELLED; /* before it began */
    run_report(sl->run, sl->pid);
    run_free(sl->run);
    sl->run = NULL;
}

static void on_output(slot *sl, run_output *output)
{
    if (run_read_output(sl->run, output))
        return;
    sl->run->truncated = true;
    finish_for(sl, APE_SANDBOX_OUTPUT);
}

static void check_limits(slot *sl, uint64_t now_us)
{
    ape_sandbox_reason passed;

    if (sl->state == SLOT_ENDING && now_us / 1000 >= sl->ending_until_ms)
        finish_for(sl, APE_SANDBOX_ERROR);
    if (sl->state != SLOT_RUNNING)
        return;
    passed = run_limit_passed(sl->run, sl->pid, now_us);
    if (passed != APE_SANDBOX_OK)
        finish_for(sl, passed);
}

static int time_to_wait(const supervisor *s)
{
    uint64_t now_us = supervisor_now_us();
    int wait = -1;

    for (int i = 0; i < SLOT_COUNT; i++) {
        const slot *sl = &s->slots[i];
        int own = -1;

        if (sl->state == SLOT_RUNNING)
            own = run_wait_ms(sl->run, sl->pid, now_us);
        if (sl->state == SLOT_ENDING)
            own = EXIT_STATUS_MS;
        if (own >= 0 && (wait < 0 || own < wait))
            wait = own;
    }
    return wait;
}

/* The descriptors of a slot, in fixed places; poll() passes over negative ones. */
static void watch_slot(const slot *sl, struct pollfd *wait)
{
    for (int i = 0; i < FDS_PER_SLOT; i++)
        wait[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
    wait[0].fd = sl->control_fd;
    if (sl->run) {
        wait[1].fd = sl->run->out.fd;
        wait[2].fd = sl->run->err.fd;
        wait[3].fd = sl->run->channel_fd;
    }
}

/* Output first: what was printed before the end belongs to the run. */
static void serve_slot(slot *sl, const struct pollfd *wait, uint64_t now_us)
{
    if (wait[1].revents && sl->run)
        on_output(sl, &sl->run->out);
    if (wait[2].revents && sl->run)
        on_output(sl, &sl->run->err);
    if (wait[0].revents && sl->control_fd >= 0)
        on_control(sl);
    if (wait[3].revents && sl->run)
        on_channel(sl);
    if (sl->run)
        check_limits(sl, now_us);
}

/* When every slot is taken, further runs wait in the library's socket. */
static bool has_room(const supervisor *s)
{
    for (int i = 0; i < SLOT_COUNT; i++)
        if (s->slots[i].state == SLOT_FREE ||
            (!s->slots[i].run &&
             (s->slots[i].state == SLOT_READY || s->slots[i].state == SLOT_FORKING)))
            return true;
    return false;
}

/* What to wait for; the descriptors of a slot stand at first[slot], if it has any.
   Only those in use: poll() takes no more entries than a process may have files. */
static nfds_t watch(const supervisor *s, struct pollfd *wait, int first[SLOT_COUNT])
{
    nfds_t count = FIXED_FDS;

    wait[0] = (struct pollfd){ .fd = s->library_fd, .events = has_room(s) ? POLLIN : 0 };
    wait[1] = (struct pollfd){ .fd = s->zygote.control_fd, .events = POLLIN };
    wait[2] = (struct pollfd){ .fd = s->zygote.complaint_fd, .events = POLLIN };
    for (int i = 0; i < SLOT_COUNT; i++) {
        bool alive = s->slots[i].state != SLOT_FREE && s->slots[i].state != SLOT_DYING;

        first[i] = alive ? (int)count : -1;
        if (!alive)
            continue;
        watch_slot(&s->slots[i], &wait[count]);
        count += FDS_PER_SLOT;
    }
    return count;
}

void supervisor_turn(supervisor *s)
{
    struct pollfd wait[FIXED_FDS + SLOT_COUNT * FDS_PER_SLOT];
    int first[SLOT_COUNT];
    nfds_t count = watch(s, wait, first);
    uint64_t now_us;

    if (poll(wait, count, time_to_wait(s)) < 0) {
        s->stopping = errno != EINTR;
        return;
    }
    now_us = supervisor_now_us();
    for (int i = 0; i < SLOT_COUNT; i++)
        if (first[i] >= 0)
            serve_slot(&s->slots[i], &wait[first[i]], now_us);
    if (wait[2].revents)
        zygote_listen(&s->zygote);
    if (wait[1].revents)
        on_zygote(s);
    if (wait[0].revents)
        on_library(s);
    refill(s);
}

void supervisor_serve(supervisor *s)
{
    refill(s);
    while (!s->stopping)
        supervisor_turn(s);
    zygote_stop(&s->zygote);
}
