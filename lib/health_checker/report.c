/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/date.h"
#include "core/host.h"
#include "core/json.h"
#include "health_checker/internal.h"

enum {
    TIME_SIZE = 32,
};

/* A check as it was at one moment. */
typedef struct copy {
    char name[APE__CHECK_NAME_SIZE];
    const char *component;
    bool is_critical;
    ape__check_state state;
} copy;

/* 2026-11-23T19:50:51.123Z */
static void format_time(int64_t wall_ms, char out[TIME_SIZE])
{
    int64_t ms = wall_ms % 86400000;
    char date[11];

    ape__date_format(ape__date_from_wall_ms(wall_ms), date);
    snprintf(out, TIME_SIZE, "%sT%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64 "Z", date,
             ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

static void put_time(ape__json_writer *w, const char *name, int64_t wall_ms)
{
    char text[TIME_SIZE];

    if (wall_ms == 0) {
        ape__json_null(w, name);
        return;
    }
    format_time(wall_ms, text);
    ape__json_string(w, name, text);
}

/* Milliseconds with three digits behind the point: more would be noise. */
static void put_latency(ape__json_writer *w, const char *name, const ape__check_state *state)
{
    if (state->status == APE_HEALTH_UNKNOWN)
        ape__json_null(w, name);
    else
        ape__json_number(w, name, (double)(int64_t)(state->latency_ms * 1000 + 0.5) / 1000);
}

static void put_detailed(ape__json_writer *w, const copy *c)
{
    const ape__check_state *s = &c->state;

    ape__json_begin_object(w, c->name);
    ape__json_string(w, "status", ape_health_status_name(s->status));
    ape__json_bool(w, "critical", c->is_critical);
    put_latency(w, "latency_ms", s);
    put_time(w, "since", s->since_wall_ms);
    put_time(w, "checked", s->checked_wall_ms);
    ape__json_integer(w, "failures", s->failures);
    ape__json_string(w, "last_error", s->last_error[0] ? s->last_error : NULL);
    ape__json_end_object(w);
}

static const char *pass_warn_fail(ape_health_status status)
{
    static const char *const words[] = { "pass", "warn", "fail", "warn" };

    return words[status];
}

/* draft-inadarei-api-health-check: an object of arrays, "component:measurement". */
static void put_health_json(ape__json_writer *w, const copy *c)
{
    const ape__check_state *s = &c->state;
    char key[APE__CHECK_NAME_SIZE + 16];

    snprintf(key, sizeof(key), "%s:responseTime", c->name);
    ape__json_begin_array(w, key);
    ape__json_begin_object(w, NULL);
    ape__json_string(w, "componentType", c->component);
    ape__json_string(w, "status", pass_warn_fail(s->status));
    if (s->status != APE_HEALTH_UNKNOWN) {
        put_latency(w, "observedValue", s);
        ape__json_string(w, "observedUnit", "ms");
        put_time(w, "time", s->checked_wall_ms);
    }
    if (s->status == APE_HEALTH_UNKNOWN)
        ape__json_string(w, "output", "not checked yet");
    else if (s->status != APE_HEALTH_HEALTHY)
        ape__json_string(w, "output", s->last_error);
    ape__json_end_object(w);
    ape__json_end_array(w);
}

static void put_report(ape__json_writer *w, ape_health_format format, ape_health_status status,
                       const copy *copies, size_t count)
{
    bool detailed = format == APE_HEALTH_DETAILED;

    ape__json_begin_object(w, NULL);
    ape__json_string(w, "status",
                     detailed ? ape_health_status_name(status) : pass_warn_fail(status));
    ape__json_string(w, detailed ? "version" : "releaseId", APE_VERSION);
    ape__json_begin_object(w, "checks");
    for (size_t i = 0; i < count; i++) {
        if (detailed)
            put_detailed(w, &copies[i]);
        else
            put_health_json(w, &copies[i]);
    }
    ape__json_end_object(w);
    ape__json_end_object(w);
}

static size_t copy_checks(ape_health_checker *checker, copy *copies, ape_health_status *status)
{
    size_t count;

    pthread_mutex_lock(&checker->lock);
    count = checker->check_count;
    for (size_t i = 0; i < count; i++) {
        const ape__check *check = checker->checks[i];

        copies[i] = (copy){ .component = check->component,
                            .is_critical = check->opts.critical,
                            .state = check->state };
        memcpy(copies[i].name, check->name, sizeof(check->name));
    }
    *status = ape__checks_status(checker);
    pthread_mutex_unlock(&checker->lock);
    return count;
}

ape_status ape_health_checker_to_json(ape_health_checker *checker, ape_health_format format,
                                      ape_text **out, ape_error *err)
{
    ape_health_status status;
    ape__json_writer w;
    ape__buffer buffer;
    copy *copies;
    size_t count;

    if (!checker || !out)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "out" : "checker");
    if (format != APE_HEALTH_DETAILED && format != APE_HEALTH_JSON)
        return ape__fail(err, APE_ERR_INVALID, "format %d is unknown", (int)format);
    copies = ape__alloc_array(checker->host, APE__CHECKS_MAX, sizeof(*copies));
    if (!copies)
        return ape__fail_no_memory(err);
    count = copy_checks(checker, copies, &status);
    ape__buffer_init(&buffer, checker->host);
    ape__json_writer_init(&w, &buffer);
    put_report(&w, format, status, copies, count);
    ape__free(checker->host, copies, APE__CHECKS_MAX * sizeof(*copies));
    return ape__buffer_take(&buffer, out, err);
}
