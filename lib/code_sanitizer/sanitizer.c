/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/code_sanitizer.h"

#include <stdatomic.h>
#include <string.h>

#include "code_sanitizer/job.h"
#include "code_sanitizer/outcome.h"
#include "core/date.h"
#include "core/error.h"
#include "core/host.h"
#include "core/options.h"

enum { LONGEST_TICKER = 31 };

struct ape_code_sanitizer {
    ape__config config;
    atomic_size_t shares;
    ape__arena_spare *spare; /* changes while the sanitizer works, which is const then */
};

static const ape_code_sanitizer_options defaults = { .size = sizeof(ape_code_sanitizer_options) };
static const ape_code_request no_request = { .size = sizeof(ape_code_request) };

void ape_code_sanitizer_options_init(ape_code_sanitizer_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

void ape_code_request_init(ape_code_request *request, size_t size)
{
    ape__options_init(request, size, &no_request, sizeof(no_request));
}

ape_status ape_code_sanitizer_new(ape_host *host, const ape_code_sanitizer_options *opts,
                                  ape_code_sanitizer **out, ape_error *err)
{
    ape_code_sanitizer_options o = defaults;
    ape_code_sanitizer *s;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), APE__SANITIZER_OPTIONS_V1, opts, err);
    if (st != APE_OK)
        return st;
    s = ape__alloc(host, sizeof(*s));
    if (!s)
        return ape__fail_no_memory(err);
    s->config.host = host;
    s->spare = ape__alloc(host, sizeof(*s->spare));
    st = s->spare ? ape__config_load(&s->config, &o, err) : ape__fail_no_memory(err);
    if (st != APE_OK) {
        ape__config_clear(&s->config);
        ape__free(host, s->spare, sizeof(*s->spare));
        ape__free(host, s, sizeof(*s));
        return st;
    }
    s->config.host = ape__host_ref(host);
    atomic_init(&s->shares, 1);
    *out = s;
    return APE_OK;
}

ape_code_sanitizer *ape__code_sanitizer_ref(ape_code_sanitizer *sanitizer)
{
    if (sanitizer)
        atomic_fetch_add(&sanitizer->shares, 1);
    return sanitizer;
}

void ape_code_sanitizer_free(ape_code_sanitizer *sanitizer)
{
    ape_host *host;

    if (!sanitizer || atomic_fetch_sub(&sanitizer->shares, 1) > 1)
        return;
    host = sanitizer->config.host;
    ape__config_clear(&sanitizer->config);
    ape__arena_spare_clear(sanitizer->spare, host);
    ape__free(host, sanitizer->spare, sizeof(*sanitizer->spare));
    ape__free(host, sanitizer, sizeof(*sanitizer));
    ape_host_free(host);
}

static ape_status check_date(const char *text, const char *name, ape_error *err)
{
    ape__date date;

    if (text && !ape__date_parse(text, strlen(text), &date))
        return ape__fail(err, APE_ERR_INVALID, "%s is no date such as 2022-12-28", name);
    return APE_OK;
}

/* Dates in this form compare as they are written. */
static ape_status check_window(const ape_code_request *request, ape_error *err)
{
    if (request->start && request->end && strcmp(request->start, request->end) > 0)
        return ape__fail(err, APE_ERR_INVALID, "end, %s, is before start, %s", request->end,
                         request->start);
    return APE_OK;
}

static ape_status check_tickers(const char *tickers, ape_error *err)
{
    while (tickers && *tickers) {
        size_t size = strcspn(tickers, " ,");

        if (size > LONGEST_TICKER)
            return ape__fail(err, APE_ERR_INVALID,
                             "tickers: one has %zu bytes; they are symbols such as AAPL,MSFT",
                             size);
        tickers += size;
        tickers += strspn(tickers, " ,");
    }
    return APE_OK;
}

static ape_status load_request(const ape_code_request *given, ape_code_request *out, ape_error *err)
{
    ape_status st;

    *out = no_request;
    st = ape__options_load(out, sizeof(*out), APE__CODE_REQUEST_V1, given, err);
    if (st != APE_OK)
        return st;
    if (out->reserved != 0)
        return ape__fail(err, APE_ERR_INVALID, "reserved is %u; it must be 0", out->reserved);
    st = check_date(out->as_of, "as_of", err);
    if (st == APE_OK)
        st = check_date(out->start, "start", err);
    if (st == APE_OK)
        st = check_date(out->end, "end", err);
    if (st == APE_OK)
        st = check_window(out, err);
    return st == APE_OK ? check_tickers(out->tickers, err) : st;
}

static void report_syntax_error(ape__job *job)
{
    const ape__parse *p = &job->parse;
    bool deep = p->message && (strstr(p->message, "too many nested parentheses") ||
                               strstr(p->message, "too many levels of indentation"));

    ape__job_report(job, deep ? "APE016" : "APE100", p->error_start, p->error_end,
                    ape__arena_format(&job->arena, "the code is no Python: %s",
                                      p->message ? p->message : "invalid syntax"));
}

static void run(ape__job *job, const char *raw, size_t size)
{
    ape__check_raw(job, raw, size);
    if (job->rejected || job->arena.failed)
        return;
    ape__extract(job);
    if (!job->rejected && !job->no_memory)
        ape__repair_text(job);
    if (!job->rejected && !job->no_memory)
        ape__repair_syntax(job);
    if (job->rejected || job->no_memory || job->arena.failed)
        return;
    if (!ape__job_parse(job)) {
        if (!job->no_memory)
            report_syntax_error(job);
        return;
    }
    if (!ape__has_effect(job->parse.module)) {
        ape__reject_no_code(job); /* it parses, as many a sentence does */
        return;
    }
    ape__apply_rules(job);
    if (!job->no_memory && !job->arena.failed && ape__job_parse(job))
        ape__check_security(job);
}

ape_status ape_code_sanitizer_sanitize(const ape_code_sanitizer *sanitizer, const char *raw,
                                       size_t size, const ape_code_request *request,
                                       ape_sanitized_code **out, ape_error *err)
{
    ape__job job = { 0 };
    ape_code_request r;
    ape_status st;

    if (!sanitizer || (!raw && size > 0) || !out)
        return ape__fail(err, APE_ERR_INVALID, "sanitizer, raw or out is NULL");
    st = load_request(request, &r, err);
    if (st != APE_OK)
        return st;
    job.config = &sanitizer->config;
    job.request = &r;
    ape__arena_init_from(&job.arena, sanitizer->config.host, sanitizer->spare);
    job.source.text = "";
    run(&job, raw ? raw : "", size);
    st = job.no_memory || job.arena.failed
             ? ape__fail_no_memory(err)
             : ape__outcome_new(&job, sanitizer->config.host, raw, size, out, err);
    ape__parse_clear(&job.parse);
    ape__arena_clear_to(&job.arena, sanitizer->spare);
    return st;
}
