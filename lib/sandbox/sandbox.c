/* SPDX-License-Identifier: MIT */
#include "sandbox/sandbox.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/locate.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/utf8.h"
#include "sandbox/result.h"

enum {
    CODE_LIMIT = 1 << 20,
    TIME_LIMIT_MS = 600000,
    MEMORY_MIN_MB = 16,
    MEMORY_MAX_MB = 65536,
    OUTPUT_LIMIT = 64 << 20,
    DAY_SECONDS = 86400,
    /* The run's time of day: New York has closed, and it is the same date there and in UTC. */
    CLOCK_SECONDS = 22 * 3600,
    STANDBYS = 1,
};

struct ape_sandbox {
    ape_host *host;
    atomic_size_t shares;
    ape_market *market;
    char *helper_path;
    char *python_path;
    char *data_path; /* the market's folder, without links in it; NULL: none */
    ape__helper helper;
    ape__vee_metrics metrics;
};

static const ape_sandbox_options defaults = {
    .size = sizeof(ape_sandbox_options),
    .min_level = APE_SANDBOX_LEVEL_B,
};

static const ape_sandbox_run_options run_defaults = {
    .size = sizeof(ape_sandbox_run_options),
    .wall_ms = 10000,
    .cpu_ms = 10000,
    .memory_mb = 512,
    .output_bytes = 1 << 20,
};

void ape_sandbox_options_init(ape_sandbox_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

void ape_sandbox_run_options_init(ape_sandbox_run_options *opts, size_t size)
{
    ape__options_init(opts, size, &run_defaults, sizeof(run_defaults));
}

static char *real_path(ape_host *host, const char *path)
{
    char resolved[PATH_MAX];

    return path && realpath(path, resolved) ? ape__strdup(host, resolved) : NULL;
}

static ape_status take_options(ape_sandbox *s, const ape_sandbox_options *o, ape_error *err)
{
    const char *folder = ape__market_folder(s->market);

    if (o->min_level != APE_SANDBOX_LEVEL_A && o->min_level != APE_SANDBOX_LEVEL_B)
        return ape__fail(err, APE_ERR_INVALID, "min_level must be level A or B");
    if (o->python_path && strlen(o->python_path) >= APE__VEE_PATH_SIZE)
        return ape__fail(err, APE_ERR_INVALID, "python_path is longer than %d bytes",
                         APE__VEE_PATH_SIZE - 1);
    s->helper_path = o->helper_path
                         ? ape__strdup(s->host, o->helper_path)
                         : ape__locate(s->host, "../vee/ape-vee", APE_LIBEXECDIR "/ape-vee");
    s->python_path = ape__strdup(s->host, o->python_path);
    s->data_path = real_path(s->host, folder);
    if (!s->helper_path || (o->python_path && !s->python_path) || (folder && !s->data_path))
        return ape__fail_no_memory(err);
    s->helper.data = s->data_path;
    s->helper.path = s->helper_path;
    s->helper.python = s->python_path;
    s->helper.min_level = o->min_level;
    s->helper.standbys = STANDBYS;
    return APE_OK;
}

ape_status ape_sandbox_new(ape_host *host, ape_market *market, const ape_sandbox_options *opts,
                           ape_sandbox **out, ape_error *err)
{
    ape_sandbox_options o = defaults;
    ape_sandbox *s;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st != APE_OK)
        return st;
    s = ape__alloc(host, sizeof(*s));
    if (!s)
        return ape__fail_no_memory(err);
    s->host = ape__host_ref(host);
    s->market = ape__market_ref(market);
    atomic_init(&s->shares, 1);
    ape__helper_init(&s->helper);
    st = take_options(s, &o, err);
    if (st != APE_OK) {
        ape_sandbox_free(s);
        return st;
    }
    *out = s;
    return APE_OK;
}

ape_status ape_sandbox_set_metrics(ape_sandbox *sandbox, ape_metrics_registry *registry,
                                   ape_error *err)
{
    if (!sandbox || !registry)
        return ape__fail(err, APE_ERR_INVALID, "sandbox or registry is NULL");
    if (sandbox->metrics.registry)
        return ape__fail(err, APE_ERR_STATE, "this sandbox counts into a registry already");
    return ape__vee_metrics_init(&sandbox->metrics, registry, err);
}

ape_sandbox *ape__sandbox_ref(ape_sandbox *sandbox)
{
    if (sandbox)
        atomic_fetch_add_explicit(&sandbox->shares, 1, memory_order_relaxed);
    return sandbox;
}

void ape_sandbox_free(ape_sandbox *sandbox)
{
    ape_host *host;

    if (!sandbox || atomic_fetch_sub_explicit(&sandbox->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = sandbox->host;
    ape__helper_stop(&sandbox->helper);
    ape_market_free(sandbox->market);
    ape_metrics_registry_free(sandbox->metrics.registry);
    ape__strfree(host, sandbox->helper_path);
    ape__strfree(host, sandbox->python_path);
    ape__strfree(host, sandbox->data_path);
    ape__free(host, sandbox, sizeof(*sandbox));
    ape_host_free(host);
}

static ape_status check_code(const char *code, size_t size, ape_error *err)
{
    if (!code || size == 0)
        return ape__fail(err, APE_ERR_INVALID, "the code is empty");
    if (size > CODE_LIMIT)
        return ape__fail(err, APE_ERR_INVALID, "the code has %zu bytes; at most %d are run", size,
                         CODE_LIMIT);
    if (memchr(code, '\0', size))
        return ape__fail(err, APE_ERR_INVALID, "the code has a NUL byte");
    if (!ape__utf8_valid(code, size))
        return ape__fail(err, APE_ERR_INVALID, "the code is not UTF-8");
    return APE_OK;
}

static ape_status check_range(const char *name, uint32_t value, uint32_t min, uint32_t max,
                              ape_error *err)
{
    if (value >= min && value <= max)
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID, "%s must be from %u to %u", name, min, max);
}

static ape_status check_limits(const ape_sandbox_run_options *o, ape_error *err)
{
    ape_status st = check_range("wall_ms", o->wall_ms, 1, TIME_LIMIT_MS, err);

    if (st == APE_OK)
        st = check_range("cpu_ms", o->cpu_ms, 1, TIME_LIMIT_MS, err);
    if (st == APE_OK)
        st = check_range("memory_mb", o->memory_mb, MEMORY_MIN_MB, MEMORY_MAX_MB, err);
    if (st == APE_OK)
        st = check_range("output_bytes", o->output_bytes, 1, OUTPUT_LIMIT, err);
    return st;
}

static ape_status find_as_of(const ape_sandbox *s, const char *as_of, ape__date *out,
                             ape_error *err)
{
    char newest[11];
    ape_status st;

    if (!as_of && !s->market) {
        *out = ape__date_from_wall_ms(ape__wall_ms(s->host));
        return APE_OK;
    }
    if (!as_of) {
        st = ape_market_newest_date(s->market, newest, err);
        if (st != APE_OK)
            return st;
        as_of = newest;
    }
    if (!ape__date_parse(as_of, strlen(as_of), out))
        return ape__fail(err, APE_ERR_INVALID, "as_of must be a date as 2022-12-28");
    return APE_OK;
}

ape_status ape__sandbox_prepare(ape_sandbox *sandbox, const char *code, size_t size,
                                const ape_sandbox_run_options *opts, ape__execution *out,
                                ape_error *err)
{
    ape_sandbox_run_options o = run_defaults;
    ape_status st;

    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st == APE_OK)
        st = check_code(code, size, err);
    if (st == APE_OK)
        st = check_limits(&o, err);
    if (st != APE_OK)
        return st;
    *out = (ape__execution){
        .host = sandbox->host,
        .helper = &sandbox->helper,
        .market = sandbox->market,
        .metrics = &sandbox->metrics,
        .code = code,
        .size = size,
        .cancel_fd = -1,
        .request = { .type = APE__VEE_RUN,
                     .wall_ms = o.wall_ms,
                     .cpu_ms = o.cpu_ms,
                     .memory_mb = o.memory_mb,
                     .output_bytes = o.output_bytes,
                     .seed = o.seed },
    };
    st = find_as_of(sandbox, o.as_of, &out->as_of, err);
    out->request.as_of_seconds = (int64_t)out->as_of * DAY_SECONDS + CLOCK_SECONDS;
    return st;
}

ape_status ape_sandbox_run(ape_sandbox *sandbox, const char *code, size_t size,
                           const ape_sandbox_run_options *opts, ape_sandbox_result **out,
                           ape_error *err)
{
    ape__execution execution;
    ape_status st;

    if (!sandbox || !out)
        return ape__fail(err, APE_ERR_INVALID, "sandbox and out must not be NULL");
    st = ape__sandbox_prepare(sandbox, code, size, opts, &execution, err);
    return st == APE_OK ? ape__execution_run(&execution, out, err) : st;
}

ape_status ape_sandbox_describe(ape_sandbox *sandbox, ape_text **out, ape_error *err)
{
    ape__vee_ready ready;
    ape_status st;

    if (!sandbox || !out)
        return ape__fail(err, APE_ERR_INVALID, "sandbox and out must not be NULL");
    st = ape__helper_ready(&sandbox->helper, &ready, err);
    return st == APE_OK ? ape__sandbox_describe(sandbox->host, &ready, out, err) : st;
}
