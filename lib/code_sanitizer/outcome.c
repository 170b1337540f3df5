/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/outcome.h"

#include <string.h>

#include "core/error.h"
#include "core/host.h"
#include "core/json.h"

typedef struct place {
    uint32_t line, column;
} place;

typedef struct finding {
    const ape__rule *rule;
    ape__rule_level level;
    bool fixed;
    place start, end;
    char *message;
} finding;

struct ape_sanitized_code {
    ape_host *host;
    ape_code_verdict verdict;
    char *text;
    size_t text_size;
    char *reason;
    size_t fix_count;
    finding *findings;
    size_t finding_count;
};

/* Where bytes of the raw answer stand. What was passed is marked at intervals, so that
 * findings in any order cost no walk from the beginning each. */
enum { MARK_EVERY = 512 };

typedef struct walker {
    const char *raw;
    size_t size, at;
    place now;
    place *marks;
    size_t furthest; /* mark */
} walker;

/* To the last mark before an offset, if that saves steps. */
static void jump(walker *w, size_t offset)
{
    size_t mark = offset / MARK_EVERY;

    if (mark > w->furthest)
        mark = w->furthest;
    if (offset < w->at || mark * MARK_EVERY > w->at) {
        w->at = mark * MARK_EVERY;
        w->now = w->marks[mark];
    }
}

static place place_of(walker *w, size_t offset)
{
    jump(w, offset);
    for (; w->at < offset && w->at < w->size; w->at++) {
        unsigned char c = (unsigned char)w->raw[w->at];
        bool before_lf = c == '\r' && w->at + 1 < w->size && w->raw[w->at + 1] == '\n';

        if (w->at % MARK_EVERY == 0) {
            w->marks[w->at / MARK_EVERY] = w->now;
            w->furthest = w->at / MARK_EVERY > w->furthest ? w->at / MARK_EVERY : w->furthest;
        }
        if (c == '\n' || (c == '\r' && !before_lf))
            w->now = (place){ w->now.line + 1, 1 };
        else if ((c & 0xc0) != 0x80)
            w->now.column++;
    }
    return w->now;
}

static ape_status copy_finding(finding *f, const ape__diagnostic *d, walker *w, ape_host *host)
{
    f->rule = d->rule;
    f->level = d->level;
    f->fixed = d->fixed;
    f->start = place_of(w, d->start);
    f->end = place_of(w, d->end);
    f->message = ape__strdup(host, d->message);
    return f->message ? APE_OK : APE_ERR_NO_MEMORY;
}

static ape_status copy_findings(ape_sanitized_code *code, const ape__job *job, const char *raw,
                                size_t size)
{
    size_t mark_count = size / MARK_EVERY + 1;
    walker w = { .raw = raw ? raw : "", .size = size, .now = { 1, 1 } };
    ape_status st = APE_OK;

    if (job->diagnostic_count == 0)
        return APE_OK;
    code->findings = ape__alloc_array(code->host, job->diagnostic_count, sizeof(finding));
    if (!code->findings)
        return APE_ERR_NO_MEMORY;
    code->finding_count = job->diagnostic_count;
    w.marks = ape__alloc_array(code->host, mark_count, sizeof(place));
    if (!w.marks)
        return APE_ERR_NO_MEMORY;
    w.marks[0] = w.now;
    for (uint32_t i = 0; st == APE_OK && i < job->diagnostic_count; i++)
        st = copy_finding(&code->findings[i], &job->diagnostics[i], &w, code->host);
    ape__free(code->host, w.marks, mark_count * sizeof(place));
    return st;
}

/* Sentences a model can act on, one line for each reject. */
static ape_status write_reason(ape_sanitized_code *code)
{
    ape__buffer b;

    if (code->verdict == APE_CODE_OK)
        return APE_OK;
    ape__buffer_init(&b, code->host);
    for (size_t i = 0; i < code->finding_count; i++) {
        const finding *f = &code->findings[i];

        if (f->level != RULE_REJECT || f->fixed)
            continue;
        ape__buffer_printf(&b, "%s%s (%s, line %u): %s.", b.size > 0 ? "\n" : "", f->rule->id,
                           ape__rule_class(f->rule), f->start.line, f->message);
    }
    code->reason = ape__buffer_take_string(&b);
    return code->reason ? APE_OK : APE_ERR_NO_MEMORY;
}

ape_status ape__outcome_new(const ape__job *job, ape_host *host, const char *raw, size_t size,
                            ape_sanitized_code **out, ape_error *err)
{
    ape_sanitized_code *code = ape__alloc(host, sizeof(*code));
    bool keep = !job->rejected || job->parse.module;

    if (!code)
        return ape__fail_no_memory(err);
    code->host = ape__host_ref(host);
    code->verdict = job->rejected ? APE_CODE_REJECT : APE_CODE_OK;
    code->fix_count = job->fix_count;
    code->text_size = keep ? job->source.size : 0;
    code->text = ape__strndup(host, keep ? job->source.text : "", code->text_size);
    if (!code->text || copy_findings(code, job, raw, size) != APE_OK ||
        write_reason(code) != APE_OK) {
        ape_sanitized_code_free(code);
        return ape__fail_no_memory(err);
    }
    *out = code;
    return APE_OK;
}

void ape_sanitized_code_free(ape_sanitized_code *code)
{
    ape_host *host;

    if (!code)
        return;
    host = code->host;
    for (size_t i = 0; i < code->finding_count; i++)
        ape__strfree(host, code->findings[i].message);
    ape__free(host, code->findings, code->finding_count * sizeof(finding));
    ape__strfree(host, code->text);
    ape__strfree(host, code->reason);
    ape__free(host, code, sizeof(*code));
    ape_host_free(host);
}

ape_code_verdict ape_sanitized_code_verdict(const ape_sanitized_code *code)
{
    return code->verdict;
}

const char *ape_sanitized_code_text(const ape_sanitized_code *code)
{
    return code->text;
}

size_t ape_sanitized_code_text_size(const ape_sanitized_code *code)
{
    return code->text_size;
}

const char *ape_sanitized_code_reason(const ape_sanitized_code *code)
{
    return code->reason;
}

size_t ape_sanitized_code_fix_count(const ape_sanitized_code *code)
{
    return code->fix_count;
}

static void write_finding(ape__json_writer *w, const finding *f)
{
    ape__json_begin_object(w, NULL);
    ape__json_string(w, "rule", f->rule->id);
    ape__json_string(w, "level", ape__rule_level_name(f->level));
    ape__json_integer(w, "line", f->start.line);
    ape__json_integer(w, "column", f->start.column);
    ape__json_integer(w, "end_line", f->end.line);
    ape__json_integer(w, "end_column", f->end.column);
    ape__json_string(w, "message", f->message);
    ape__json_bool(w, "fixed", f->fixed);
    ape__json_end_object(w);
}

ape_status ape_sanitized_code_to_json(const ape_sanitized_code *code, ape_text **out,
                                      ape_error *err)
{
    ape__json_writer w;
    ape__buffer b;

    if (!code || !out)
        return ape__fail(err, APE_ERR_INVALID, "code or out is NULL");
    ape__buffer_init(&b, code->host);
    ape__json_writer_init(&w, &b);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "verdict", code->verdict == APE_CODE_OK ? "ok" : "reject");
    ape__json_string_sized(&w, "code", code->text, code->text_size);
    ape__json_integer(&w, "fixes", (int64_t)code->fix_count);
    ape__json_begin_array(&w, "diagnostics");
    for (size_t i = 0; i < code->finding_count; i++)
        write_finding(&w, &code->findings[i]);
    ape__json_end_array(&w);
    ape__json_end_object(&w);
    return ape__buffer_take(&b, out, err);
}
