/* SPDX-License-Identifier: MIT */
#include <ape/host.h>

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/error.h"
#include "core/host.h"
#include "core/options.h"
#include "core/utf8.h"

struct ape_host {
    ape_host_options opts;
    atomic_size_t shares;
};

static void *system_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t system_now_ms(void *user)
{
    (void)user;
    return (uint64_t)read_clock_ms(CLOCK_MONOTONIC);
}

static int64_t system_wall_ms(void *user)
{
    (void)user;
    return read_clock_ms(CLOCK_REALTIME);
}

static const ape_host_options defaults = {
    .size = sizeof(ape_host_options),
    .alloc = system_alloc,
    .now_ms = system_now_ms,
    .wall_ms = system_wall_ms,
};

static const ape_host_options *options_of(const ape_host *host)
{
    return host ? &host->opts : &defaults;
}

void ape_host_options_init(ape_host_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status load(ape_host_options *o, const ape_host_options *opts, ape_error *err)
{
    ape_status st;

    *o = defaults;
    st = ape__options_load(o, sizeof(*o), sizeof(*o), opts, err);
    if (st != APE_OK)
        return st;
    if (o->flags != 0)
        return ape__fail(err, APE_ERR_UNSUPPORTED, "flags must be 0");
    if (!o->alloc)
        o->alloc = defaults.alloc;
    if (!o->now_ms)
        o->now_ms = defaults.now_ms;
    if (!o->wall_ms)
        o->wall_ms = defaults.wall_ms;
    return APE_OK;
}

ape_status ape_host_new(const ape_host_options *opts, ape_host **out, ape_error *err)
{
    ape_host_options o;
    ape_host *host;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = load(&o, opts, err);
    if (st != APE_OK)
        return st;
    host = o.alloc(o.user, NULL, 0, sizeof(*host));
    if (!host)
        return ape__fail_no_memory(err);
    host->opts = o;
    atomic_init(&host->shares, 1);
    *out = host;
    return APE_OK;
}

ape_host *ape__host_ref(ape_host *host)
{
    if (host)
        atomic_fetch_add_explicit(&host->shares, 1, memory_order_relaxed);
    return host;
}

void ape_host_free(ape_host *host)
{
    ape_host_options o;

    if (!host || atomic_fetch_sub_explicit(&host->shares, 1, memory_order_acq_rel) != 1)
        return;
    o = host->opts;
    o.alloc(o.user, host, sizeof(*host), 0);
    if (o.user_free)
        o.user_free(o.user);
}

void *ape__host_alloc(ape_host *host, void *ptr, size_t old_size, size_t new_size)
{
    const ape_host_options *o = options_of(host);

    return o->alloc(o->user, ptr, old_size, new_size);
}

uint64_t ape__now_ms(ape_host *host)
{
    const ape_host_options *o = options_of(host);

    return o->now_ms(o->user);
}

double ape__exact_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

uint64_t ape__now_coarse_ms(ape_host *host)
{
    if (options_of(host)->now_ms == system_now_ms)
        return (uint64_t)read_clock_ms(CLOCK_MONOTONIC_COARSE);
    return ape__now_ms(host);
}

int64_t ape__wall_ms(ape_host *host)
{
    const ape_host_options *o = options_of(host);

    return o->wall_ms(o->user);
}

void ape__log(ape_host *host, ape_log_level level, const char *area, const char *format, ...)
{
    const ape_host_options *o = options_of(host);
    char message[500];
    va_list args;
    int wanted;

    if (!o->log)
        return;
    va_start(args, format);
    wanted = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (wanted < 0)
        return;
    if ((size_t)wanted >= sizeof(message))
        message[ape__utf8_cut(message, sizeof(message) - 1)] = '\0';
    o->log(o->user, level, area, message);
}
