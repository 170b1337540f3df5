/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>

static const ape__rule *rule_of(const char *rule_id)
{
    int row = ape__rule_find(rule_id, strlen(rule_id));

    return row < 0 ? NULL : &ape__rules[row];
}

ape__rule_level ape__job_level(const ape__job *job, const char *rule_id)
{
    int row = ape__rule_find(rule_id, strlen(rule_id));

    return row < 0 ? RULE_OFF : (ape__rule_level)job->config->level[row];
}

bool ape__job_repairs(const ape__job *job, const char *rule_id)
{
    ape__rule_level level = ape__job_level(job, rule_id);

    return level == RULE_SAFE || (level == RULE_UNSAFE && job->config->unsafe_fixes);
}

static ape__diagnostic *append(ape__job *job)
{
    if (job->diagnostic_count == job->diagnostic_capacity) {
        uint32_t capacity = job->diagnostic_capacity ? job->diagnostic_capacity * 2 : 16;
        ape__diagnostic *items = ape__arena_alloc(&job->arena, capacity * sizeof(*items));

        if (!items)
            return NULL;
        if (job->diagnostic_count > 0)
            memcpy(items, job->diagnostics, job->diagnostic_count * sizeof(*items));
        job->diagnostics = items;
        job->diagnostic_capacity = capacity;
    }
    return &job->diagnostics[job->diagnostic_count++];
}

static void report(ape__job *job, const char *rule_id, uint32_t start, uint32_t end,
                   const char *message, bool fixed)
{
    ape__rule_level level = ape__job_level(job, rule_id);
    ape__diagnostic *d;

    if (level == RULE_OFF || !message)
        return;
    d = append(job);
    if (!d)
        return;
    *d = (ape__diagnostic){
        .rule = rule_of(rule_id),
        .level = level,
        .fixed = fixed,
        .start = ape__source_raw_offset(&job->source, start),
        .end = end > start ? ape__source_raw_end(&job->source, end)
                           : ape__source_raw_offset(&job->source, end),
        .message = message,
    };
    if (d->end < d->start)
        d->end = d->start;
    if (level == RULE_REJECT && !fixed)
        job->rejected = true;
}

void ape__job_report(ape__job *job, const char *rule_id, uint32_t start, uint32_t end,
                     const char *message)
{
    report(job, rule_id, start, end, message, false);
}

void ape__job_report_fixed(ape__job *job, const char *rule_id, uint32_t start, uint32_t end,
                           const char *message)
{
    report(job, rule_id, start, end, message, true);
}

bool ape__job_apply(ape__job *job, ape__edits *edits)
{
    return edits->count == 0 || ape__source_apply(&job->arena, &job->source, edits, &job->source);
}

static int minor_of(const ape__job *job)
{
    return (int)(job->config->python / 100 % 100);
}

typedef ape_status parse_function(ape__arena *arena, const char *text, size_t size, int minor,
                                  ape__parse *out);

/* Texts of sources never change: one of the same place and size is the same. */
static bool parse_with(ape__job *job, const ape__source *source, parse_function *parse)
{
    if (job->parsed_text == source->text && job->parsed_size == source->size)
        return job->parse.error_count == 0;
    ape__parse_clear(&job->parse);
    job->parsed_text = NULL;
    if (parse(&job->arena, source->text, source->size, minor_of(job), &job->parse) != APE_OK) {
        job->no_memory = true;
        return false;
    }
    if (job->parse.module) {
        job->parsed_text = source->text;
        job->parsed_size = source->size;
    }
    return job->parse.error_count == 0;
}

bool ape__job_parse_as(ape__job *job, const ape__source *source)
{
    return parse_with(job, source, ape__parse_python);
}

bool ape__job_parse_program(ape__job *job)
{
    return parse_with(job, &job->source, ape__parse_program);
}

bool ape__job_parse(ape__job *job)
{
    return ape__job_parse_as(job, &job->source);
}

const ape__names *ape__job_names(ape__job *job)
{
    if (job->named != job->parse.module)
        ape__names_collect(&job->names, &job->arena, job->parse.module);
    job->named = job->parse.module;
    return &job->names;
}

bool ape__job_parses(ape__job *job, const char *text, size_t size)
{
    ape__arena arena;
    ape__parse parse;
    bool parses;

    ape__arena_init(&arena, job->arena.host);
    if (ape__parse_python(&arena, text, size, minor_of(job), &parse) != APE_OK)
        job->no_memory = true;
    parses = !job->no_memory && parse.error_count == 0;
    ape__parse_clear(&parse);
    ape__arena_clear(&arena);
    return parses;
}

static bool parses_as(ape__job *job, int minor)
{
    ape__arena arena;
    ape__parse parse;
    bool parses;

    ape__arena_init(&arena, job->arena.host);
    if (ape__parse_python(&arena, job->source.text, job->source.size, minor, &parse) != APE_OK)
        job->no_memory = true;
    parses = !job->no_memory && parse.error_count == 0;
    ape__parse_clear(&parse);
    ape__arena_clear(&arena);
    return parses;
}

int ape__job_newer_python(ape__job *job)
{
    int newest = 13;

    if (!parses_as(job, newest))
        return 0;
    for (int minor = minor_of(job) + 1; minor < newest && !job->no_memory; minor++)
        if (parses_as(job, minor))
            return minor;
    return newest;
}

bool ape__statement_has_effect(const ape__node *node)
{
    switch (node->kind) {
    case NODE_EXPR:
        return node->a->kind == NODE_CALL || node->a->kind == NODE_AWAIT;
    case NODE_ANN_ASSIGN: /* "Note: this" is one */
        return node->c != NULL;
    case NODE_PASS:
    case NODE_BREAK:
    case NODE_CONTINUE:
    case NODE_ERROR:
        return false;
    default:
        return true;
    }
}

bool ape__has_effect(const ape__node *module)
{
    for (uint32_t i = 0; i < module->list.count; i++)
        if (ape__statement_has_effect(module->list.items[i]))
            return true;
    return false;
}
