/* SPDX-License-Identifier: MIT */
#include "sandbox/result.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/host.h"
#include "core/json.h"

static const char *const reasons[] = { "ok",     "error",  "wall",   "cpu",       "memory",
                                       "output", "policy", "signal", "cancelled", "helper" };

static const char *const mechanisms[APE__MECHANISM_COUNT] = {
    "user_namespace",  "mount_namespace", "pid_namespace",     "network_namespace",
    "ipc_namespace",   "uts_namespace",   "cgroup_namespace",  "private_root",
    "seccomp",         "landlock",        "no_new_privileges", "no_capabilities",
    "resource_limits", "memory_guard",    "fixed_clock",       "seeded_randomness",
};

const char *ape_sandbox_reason_name(ape_sandbox_reason reason)
{
    size_t count = sizeof(reasons) / sizeof(reasons[0]);

    return reason >= 0 && (size_t)reason < count ? reasons[reason] : "unknown";
}

static bool read_part(int fd, ape__buffer *into, off_t from, uint64_t size)
{
    char chunk[16384];

    while (size > 0) {
        ssize_t got = pread(fd, chunk, size < sizeof(chunk) ? size : sizeof(chunk), from);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        ape__buffer_append(into, chunk, (size_t)got);
        from += got;
        size -= (uint64_t)got;
    }
    return true;
}

static ape_status read_output(ape_sandbox_result *r, int output, ape_error *err)
{
    ape__buffer out, errors;
    ape_status st;

    ape__buffer_init(&out, r->host);
    ape__buffer_init(&errors, r->host);
    if (output >= 0 &&
        (!read_part(output, &out, 0, r->done.stdout_size) ||
         !read_part(output, &errors, (off_t)r->done.stdout_size, r->done.stderr_size)))
        r->done.reason = APE_SANDBOX_HELPER;
    if (r->broken.status != APE_OK)
        ape__buffer_printf(&errors, "market data: %s\n", r->broken.message);
    st = ape__buffer_take(&out, &r->out, err);
    if (st == APE_OK)
        st = ape__buffer_take(&errors, &r->err, err);
    ape__buffer_clear(&errors);
    return st;
}

static void take_lineage(ape_sandbox_result *r, ape__broker *broker)
{
    r->lineage = broker->lineage;
    r->lineage_count = broker->lineage_count;
    r->lineage_capacity = broker->lineage_capacity;
    broker->lineage = NULL;
    broker->lineage_count = broker->lineage_capacity = 0;
}

ape_status ape__sandbox_result_new(ape_host *host, const ape__vee_ready *ready,
                                   const ape__vee_done *done, int output, const ape__vee_run *run,
                                   ape__broker *broker, ape_sandbox_result **out, ape_error *err)
{
    ape_sandbox_result *r = broker->no_memory ? NULL : ape__alloc(host, sizeof(*r));
    ape_status st;

    if (!r)
        return ape__fail_no_memory(err);
    r->host = ape__host_ref(host);
    r->ready = *ready;
    r->seed = run->seed;
    r->as_of = broker->as_of;
    if (done)
        r->done = *done;
    else
        r->done = (ape__vee_done){ .reason = APE_SANDBOX_HELPER, .exit_code = -1 };
    r->broken = broker->broken;
    /* A number made without the prices that were asked for is no answer. */
    if (r->broken.status != APE_OK && r->done.reason == APE_SANDBOX_OK)
        r->done.reason = APE_SANDBOX_ERROR;
    take_lineage(r, broker);
    st = read_output(r, output, err);
    if (st != APE_OK) {
        ape_sandbox_result_free(r);
        return st;
    }
    *out = r;
    return APE_OK;
}

void ape_sandbox_result_free(ape_sandbox_result *result)
{
    ape_host *host;

    if (!result)
        return;
    host = result->host;
    ape_text_free(result->out);
    ape_text_free(result->err);
    ape__free(host, result->lineage, result->lineage_capacity * sizeof(ape__lineage));
    ape__free(host, result, sizeof(*result));
    ape_host_free(host);
}

ape_sandbox_reason ape_sandbox_result_reason(const ape_sandbox_result *result)
{
    return result ? result->done.reason : APE_SANDBOX_HELPER;
}

int32_t ape_sandbox_result_exit_code(const ape_sandbox_result *result)
{
    return result ? result->done.exit_code : -1;
}

const char *ape_sandbox_result_stdout(const ape_sandbox_result *result)
{
    return result ? ape_text_data(result->out) : "";
}

size_t ape_sandbox_result_stdout_size(const ape_sandbox_result *result)
{
    return result ? ape_text_size(result->out) : 0;
}

const char *ape_sandbox_result_stderr(const ape_sandbox_result *result)
{
    return result ? ape_text_data(result->err) : "";
}

size_t ape_sandbox_result_stderr_size(const ape_sandbox_result *result)
{
    return result ? ape_text_size(result->err) : 0;
}

static void write_mechanisms(ape__json_writer *json, const ape__vee_ready *ready)
{
    ape__json_string(json, "level", ready->level == APE_SANDBOX_LEVEL_A ? "A" : "B");
    ape__json_begin_array(json, "mechanisms");
    for (int i = 0; i < APE__MECHANISM_COUNT; i++)
        if (ready->mechanisms & (1u << i))
            ape__json_string(json, NULL, mechanisms[i]);
    ape__json_end_array(json);
    ape__json_integer(json, "landlock_abi", ready->landlock_abi);
    ape__json_string(json, "filter_sha256", ready->filter_sha256);
}

static void write_runtime(ape__json_writer *json, const ape__vee_ready *ready)
{
    ape__json_begin_object(json, "runtime");
    ape__json_string(json, "python", ready->python);
    ape__json_string(json, "numpy", ready->numpy);
    ape__json_string(json, "pandas", ready->pandas);
    ape__json_end_object(json);
}

/* NULL: null. */
static void write_date(ape__json_writer *json, const char *name, const ape__date *date)
{
    char text[11];

    if (date)
        ape__date_format(*date, text);
    ape__json_string(json, name, date ? text : NULL);
}

static void write_lineage(ape__json_writer *json, const ape_sandbox_result *r)
{
    ape__json_begin_array(json, "data");
    for (size_t i = 0; i < r->lineage_count; i++) {
        const ape__lineage *entry = &r->lineage[i];

        ape__json_begin_object(json, NULL);
        ape__json_string(json, "symbol", entry->symbol);
        write_date(json, "first", entry->rows ? &entry->first : NULL);
        write_date(json, "last", entry->rows ? &entry->last : NULL);
        ape__json_integer(json, "rows", (int64_t)entry->rows);
        ape__json_string(json, "sha256", entry->rows ? entry->sha256 : NULL);
        ape__json_end_object(json);
    }
    ape__json_end_array(json);
    ape__json_string(json, "data_error", r->broken.status == APE_OK ? NULL : r->broken.message);
}

static void write_usage(ape__json_writer *json, const ape__vee_done *done)
{
    ape__json_begin_object(json, "usage");
    ape__json_number(json, "wall_ms", (double)done->wall_us / 1000);
    ape__json_number(json, "cpu_ms", (double)done->cpu_us / 1000);
    ape__json_integer(json, "peak_memory_bytes", (int64_t)done->peak_bytes);
    ape__json_end_object(json);
}

ape_status ape_sandbox_result_to_json(const ape_sandbox_result *result, ape_text **out,
                                      ape_error *err)
{
    ape__json_writer json;
    ape__buffer buffer;

    if (!result || !out)
        return ape__fail(err, APE_ERR_INVALID, "result and out must not be NULL");
    ape__buffer_init(&buffer, result->host);
    ape__json_writer_init(&json, &buffer);
    ape__json_begin_object(&json, NULL);
    ape__json_string(&json, "reason", ape_sandbox_reason_name(result->done.reason));
    ape__json_integer(&json, "exit_code", result->done.exit_code);
    if (result->done.signal)
        ape__json_integer(&json, "signal", result->done.signal);
    ape__json_string_sized(&json, "stdout", ape_text_data(result->out), ape_text_size(result->out));
    ape__json_string_sized(&json, "stderr", ape_text_data(result->err), ape_text_size(result->err));
    ape__json_bool(&json, "truncated", result->done.truncated);
    write_date(&json, "as_of", &result->as_of);
    ape__json_integer(&json, "seed", result->seed);
    ape__json_begin_object(&json, "isolation");
    write_mechanisms(&json, &result->ready);
    ape__json_end_object(&json);
    write_runtime(&json, &result->ready);
    write_lineage(&json, result);
    write_usage(&json, &result->done);
    ape__json_end_object(&json);
    return ape__buffer_take(&buffer, out, err);
}

ape_status ape__sandbox_describe(ape_host *host, const ape__vee_ready *ready, ape_text **out,
                                 ape_error *err)
{
    ape__json_writer json;
    ape__buffer buffer;

    ape__buffer_init(&buffer, host);
    ape__json_writer_init(&json, &buffer);
    ape__json_begin_object(&json, NULL);
    write_mechanisms(&json, ready);
    ape__json_string(&json, "why_not_higher", ready->message[0] ? ready->message : NULL);
    write_runtime(&json, ready);
    ape__json_end_object(&json);
    return ape__buffer_take(&buffer, out, err);
}
