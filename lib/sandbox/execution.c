/* SPDX-License-Identifier: MIT */
#include "sandbox/execution.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/result.h"

/* Until a run starts it may have to wait for others; after that the helper keeps
   its time, and is given a second beyond it. */
enum { START_MS = 900000, GRACE_MS = 1000 };

/* Descriptors of a run: the library's ends and those that go to the helper. */
typedef struct ends {
    int channel, broker;
    int theirs[APE__VEE_RUN_FDS];
} ends;

/* What came back. */
typedef struct outcome {
    bool is_done;
    ape__vee_done done;
    int output;
} outcome;

static int seal_code(const char *code, size_t size)
{
    int fd = memfd_create("code", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -1;
    while (size > 0) {
        ssize_t put = write(fd, code, size);

        if (put <= 0)
            break;
        code += put;
        size -= (size_t)put;
    }
    if (size == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
        return fd;
    close(fd);
    return -1;
}

static void close_theirs(ends *e)
{
    for (int i = 0; i < APE__VEE_RUN_FDS; i++)
        ape__close(&e->theirs[i]);
}

static ape_status open_ends(const ape__execution *x, ends *e, ape_error *err)
{
    int channel[2] = { -1, -1 }, broker[2] = { -1, -1 }, code = seal_code(x->code, x->size);
    int failed = 0;
    char reason[64];

    if (code < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, broker) != 0)
        failed = errno;
    *e = (ends){ channel[0], broker[0], { channel[1], code, broker[1] } };
    if (!failed)
        return APE_OK;
    close_theirs(e);
    ape__close(&e->channel);
    ape__close(&e->broker);
    return ape__fail_detail(err, APE_ERR_IO, failed, "descriptors for a run: %s",
                            strerror_r(failed, reason, sizeof(reason)));
}

/* Words of the helper; false when there is nothing more to wait for. */
static bool hear(int channel, outcome *o, uint64_t *deadline, uint32_t wall_ms)
{
    ape__packet packet;

    if (!ape__wire_receive(channel, &o->done, sizeof(o->done), &packet))
        return false;
    if (packet.size == sizeof(ape__vee_note) && o->done.type == APE__VEE_STARTED) {
        *deadline = ape__helper_now_ms() + wall_ms + GRACE_MS;
        return true;
    }
    if (packet.size == sizeof(o->done) && o->done.type == APE__VEE_DONE) {
        o->is_done = true;
        if (packet.fd_count == 1)
            o->output = packet.fds[0];
    }
    return false;
}

/* Serve until the run is over; false if the helper stopped answering. */
static bool attend(const ape__execution *x, int channel, ape__broker *broker, outcome *o)
{
    uint64_t deadline = ape__helper_now_ms() + START_MS + x->request.wall_ms;
    int cancel_fd = x->cancel_fd;

    for (;;) {
        short events = ape__broker_events(broker);
        struct pollfd wait[] = { { .fd = channel, .events = POLLIN },
                                 { .fd = events ? broker->fd : -1, .events = events },
                                 { .fd = cancel_fd, .events = POLLIN } };
        uint64_t now = ape__helper_now_ms();

        if (now >= deadline)
            return false;
        if (poll(wait, 3, (int)(deadline - now)) < 0)
            continue;
        if (wait[1].revents)
            ape__broker_serve(broker);
        if (wait[2].revents) {
            const ape__vee_note cancel = { .type = APE__VEE_CANCEL };

            if (!ape__wire_send(channel, &cancel, sizeof(cancel), NULL, 0))
                return true; /* it ended by itself */
            cancel_fd = -1;
        }
        if (wait[0].revents && !hear(channel, o, &deadline, x->request.wall_ms))
            return true;
    }
}

static ape_status run(const ape__execution *x, ape_sandbox_result **out, ape_error *err)
{
    outcome o = { .output = -1 };
    ape__vee_ready ready;
    ape__broker broker;
    ape_status st;
    ends e;

    st = open_ends(x, &e, err);
    if (st != APE_OK)
        return st;
    st = ape__helper_send(x->helper, &x->request, e.theirs, &ready, err);
    close_theirs(&e);
    if (st != APE_OK) {
        ape__close(&e.channel);
        ape__close(&e.broker);
        return st;
    }
    ape__broker_init(&broker, x->host, x->market, x->as_of, e.broker);
    if (!attend(x, e.channel, &broker, &o))
        ape__helper_kill(x->helper);
    ape__close(&e.channel);
    st = ape__sandbox_result_new(x->host, &ready, o.is_done ? &o.done : NULL, o.output, &x->request,
                                 &broker, out, err);
    ape__close(&o.output);
    ape__broker_clear(&broker);
    return st;
}

ape_status ape__execution_run(const ape__execution *execution, ape_sandbox_result **out,
                              ape_error *err)
{
    ape_status st = run(execution, out, err);

    ape__vee_metrics_note(execution->metrics, st == APE_OK ? *out : NULL);
    return st;
}
