/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/wire.h"
#include "supervisor.h"

enum {
    READ_SIZE = 65536,
    ROOM_WITHOUT_PROC_MB = 640, /* address space of a warm interpreter, generously */
    CPU_GRACE_SECONDS = 2,
};

run *run_new(const ape__vee_run *request, int channel_fd, int code_fd, int broker_fd)
{
    run *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->request = *request;
    r->channel_fd = channel_fd;
    r->code_fd = code_fd;
    r->broker_fd = broker_fd;
    r->out.fd = r->err.fd = -1;
    r->exit_code = -1;
    return r;
}

void run_free(run *r)
{
    if (!r)
        return;
    ape__close(&r->channel_fd);
    ape__close(&r->code_fd);
    ape__close(&r->broker_fd);
    ape__close(&r->out.fd);
    ape__close(&r->err.fd);
    free(r->out.bytes);
    free(r->err.bytes);
    free(r);
}

long long process_status(pid_t pid, const char *name, int base)
{
    char path[32], text[4096];
    const char *line;
    ssize_t got;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    ape__close(&fd);
    if (got <= 0)
        return -1;
    text[got] = '\0';
    line = strstr(text, name);
    return line ? strtoll(line + strlen(name), NULL, base) : -1;
}

static uint64_t cpu_us(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

/* Since the run began. A process that has gone has no clock any more: then nothing is known. */
static uint64_t cpu_of_run_us(const run *r, pid_t pid)
{
    uint64_t now_us = cpu_us(pid);

    return now_us > r->cpu_before_us ? now_us - r->cpu_before_us : 0;
}

static void fill_start(const run *r, pid_t pid, run_start *start)
{
    long long own_kb = process_status(pid, "VmSize:", 10);
    uint64_t own = own_kb > 0 ? (uint64_t)own_kb << 10 : (uint64_t)ROOM_WITHOUT_PROC_MB << 20;

    *start = (run_start){
        .type = RUN_START,
        .cpu_seconds =
            (uint32_t)((r->cpu_before_us / 1000 + r->request.cpu_ms) / 1000) + CPU_GRACE_SECONDS,
        .address_space = own + ((uint64_t)r->request.memory_mb << 20),
        .seed = r->request.seed,
        .as_of_seconds = r->request.as_of_seconds,
    };
}

bool run_start_on(run *r, int control_fd, pid_t pid)
{
    const ape__vee_note started = { .type = APE__VEE_STARTED };
    int out[2] = { -1, -1 }, err[2] = { -1, -1 };
    run_start start;
    bool sent;

    r->cpu_before_us = cpu_us(pid);
    fill_start(r, pid, &start);
    sent = pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0;
    if (sent) {
        const int fds[RUN_START_FDS] = { out[1], err[1], r->broker_fd, r->code_fd };

        r->started_us = supervisor_now_us();
        sent = ape__wire_send(control_fd, &start, sizeof(start), fds, RUN_START_FDS);
    }
    r->out.fd = out[0];
    r->err.fd = err[0];
    ape__close(&out[1]);
    ape__close(&err[1]);
    ape__close(&r->code_fd);
    ape__close(&r->broker_fd);
    if (r->out.fd >= 0)
        fcntl(r->out.fd, F_SETFL, O_NONBLOCK);
    if (r->err.fd >= 0)
        fcntl(r->err.fd, F_SETFL, O_NONBLOCK);
    if (sent && r->channel_fd >= 0)
        sent = ape__wire_send(r->channel_fd, &started, sizeof(started), NULL, 0) || errno == EPIPE;
    return sent;
}

static bool make_room(run_output *output)
{
    size_t capacity = output->capacity ? output->capacity * 2 : 4096;
    char *bytes;

    if (output->size < output->capacity)
        return true;
    bytes = realloc(output->bytes, capacity);
    if (!bytes)
        return false;
    output->bytes = bytes;
    output->capacity = capacity;
    return true;
}

bool run_read_output(run *r, run_output *output)
{
    while (output->fd >= 0) {
        size_t room, left = r->request.output_bytes - output->size;
        char extra;
        ssize_t got;

        if (!make_room(output))
            return false;
        room = output->capacity - output->size;
        if (left == 0)
            got = read(output->fd, &extra, 1);
        else
            got = read(output->fd, output->bytes + output->size, room < left ? room : left);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return true; /* nothing more for now */
        if (got == 0)
            ape__close(&output->fd);
        else if (left == 0)
            return false;
        else
            output->size += (size_t)got;
    }
    return true;
}

int run_wait_ms(const run *r, pid_t pid, uint64_t now_us)
{
    uint64_t wall_end = r->started_us + (uint64_t)r->request.wall_ms * 1000;
    uint64_t used = cpu_of_run_us(r, pid);
    uint64_t cpu_limit = (uint64_t)r->request.cpu_ms * 1000;
    uint64_t wall_left = wall_end > now_us ? wall_end - now_us : 0;
    uint64_t cpu_left = cpu_limit > used ? cpu_limit - used : 0;

    return (int)((wall_left < cpu_left ? wall_left : cpu_left) / 1000) + 1;
}

ape_sandbox_reason run_limit_passed(const run *r, pid_t pid, uint64_t now_us)
{
    if (cpu_of_run_us(r, pid) >= (uint64_t)r->request.cpu_ms * 1000)
        return APE_SANDBOX_CPU;
    if (now_us >= r->started_us + (uint64_t)r->request.wall_ms * 1000)
        return APE_SANDBOX_WALL;
    return APE_SANDBOX_OK;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);

        if (put <= 0)
            return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

/* Both outputs in one sealed memory file: the library may map it without care. */
static int pack_output(const run *r)
{
    int fd = memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && write_all(fd, r->out.bytes, r->out.size) &&
        write_all(fd, r->err.bytes, r->err.size) &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return fd;
    ape__close(&fd);
    return -1;
}

void run_report(run *r, pid_t pid)
{
    long long peak_kb = process_status(pid, "VmHWM:", 10);
    ape__vee_done done = {
        .type = APE__VEE_DONE,
        .exit_code = r->exit_code,
        .signal = r->signal,
        .wall_us = r->started_us ? supervisor_now_us() - r->started_us : 0,
        .cpu_us = r->started_us ? cpu_of_run_us(r, pid) : 0,
        .peak_bytes = peak_kb > 0 ? (uint64_t)peak_kb << 10 : 0,
    };
    int packed;

    if (!run_read_output(r, &r->out) || !run_read_output(r, &r->err)) {
        r->truncated = true;
        if (r->reason == APE_SANDBOX_OK || r->reason == APE_SANDBOX_ERROR)
            r->reason = APE_SANDBOX_OUTPUT;
    }
    if (r->channel_fd < 0)
        return;
    packed = pack_output(r);
    done.reason = packed >= 0 ? r->reason : APE_SANDBOX_HELPER;
    done.truncated = r->truncated;
    done.stdout_size = packed >= 0 ? r->out.size : 0;
    done.stderr_size = packed >= 0 ? r->err.size : 0;
    if (!ape__wire_send(r->channel_fd, &done, sizeof(done), &packed, packed >= 0 ? 1 : 0)) {
        /* The library lost interest. */
    }
    ape__close(&packed);
}
