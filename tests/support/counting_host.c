/* SPDX-License-Identifier: MIT */
#include "counting_host.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Each block has its size in front, in a cell that keeps the alignment. */
enum { HEADER = 16 };

static void *count_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    counting_host *c = user;
    char *block = ptr ? (char *)ptr - HEADER : NULL;
    size_t had = 0;

    if (block) {
        memcpy(&had, block, sizeof(had));
        if (had != old_size)
            c->wrong_size = true;
    }
    if (new_size == 0) {
        if (block) {
            c->live_blocks--;
            c->live_bytes -= had;
        }
        free(block);
        return NULL;
    }
    if (++c->allocations == c->fail_at)
        return NULL;
    block = realloc(block, HEADER + new_size);
    if (!block)
        return NULL;
    if (!ptr)
        c->live_blocks++;
    c->live_bytes += new_size - had;
    memcpy(block, &new_size, sizeof(new_size));
    return block + HEADER;
}

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t now(void *user)
{
    counting_host *c = user;

    return c->runs_real_time ? (uint64_t)read_clock_ms(CLOCK_MONOTONIC) : c->now_ms;
}

static int64_t wall(void *user)
{
    counting_host *c = user;

    return c->runs_real_time ? read_clock_ms(CLOCK_REALTIME) : c->wall_ms;
}

void counting_host_init(counting_host *counting)
{
    ape_host_options opts;

    memset(counting, 0, sizeof(*counting));
    counting->now_ms = 1000000;
    counting->wall_ms = INT64_C(1672185600000); /* 2022-12-28 00:00:00 UTC */
    ape_host_options_init(&opts, sizeof(opts));
    opts.user = counting;
    opts.alloc = count_alloc;
    opts.now_ms = now;
    opts.wall_ms = wall;
    if (ape_host_new(&opts, &counting->host, NULL) != APE_OK)
        abort();
}

bool counting_host_done(counting_host *counting)
{
    ape_host_free(counting->host);
    counting->host = NULL;
    return counting->live_blocks == 0 && counting->live_bytes == 0 && !counting->wrong_size;
}

void counting_host_end_test(counting_host *counting)
{
    if (counting_host_done(counting))
        return;
    fprintf(stderr, "something was not given back, or with another size\n");
    kill(getppid(), SIGABRT);
}

const char *each_allocation_fails(ape_status (*body)(ape_host *host, void *user), void *user)
{
    static char complaint[200];

    for (size_t n = 1;; n++) {
        counting_host c;
        size_t before, used;
        ape_status st;

        counting_host_init(&c);
        before = c.allocations;
        c.fail_at = before + n;
        st = body(c.host, user);
        used = c.allocations - before;
        if (!counting_host_done(&c)) {
            snprintf(complaint, sizeof(complaint), "allocation %zu fails: leak or wrong size", n);
            return complaint;
        }
        if (st != APE_OK && st != APE_ERR_NO_MEMORY) {
            snprintf(complaint, sizeof(complaint), "allocation %zu fails: %s", n,
                     ape_status_name(st));
            return complaint;
        }
        if (used < n)
            return st == APE_OK ? NULL : "no allocation failed, yet it says so";
    }
}
