/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/fixer.h"

/* Following what values flow where pays only where such values are made. */
static bool handles_data(const ape__source *source)
{
    return strstr(source->text, "pandas") || strstr(source->text, "numpy") ||
           strstr(source->text, "yfinance");
}

static bool find_all(ape__fixer *f, ape__job *job)
{
    *f = (ape__fixer){ .job = job, .module = job->parse.module };
    for (int i = 0; i < FIXES_COUNT; i++)
        f->fixes[i].last = &f->fixes[i].first;
    f->output.last = &f->output.first;
    f->names = *ape__job_names(job);
    f->typed = handles_data(&job->source) && ape__infer_run(&job->arena, f->module);
    ape__fixer_walk(f);
    f->family = FIXES_NAMES;
    ape__finish_names(f);
    f->family = FIXES_OUTPUT;
    ape__finish_output(f);
    f->family = FIXES_REQUEST;
    ape__finish_request(f);
    for (int i = FIXES_COUNT - 1; i >= 0; i--) {
        *f->fixes[i].last = f->first;
        f->first = f->fixes[i].first;
    }
    return !job->arena.failed;
}

/* Where names are written otherwise than they are compared, edits would miss them. */
static bool is_wanted(const ape__job *job, const ape__fix *fix)
{
    int row = ape__rule_find(fix->rule, strlen(fix->rule));
    ape__rule_level level = ape__job_level(job, fix->rule);

    if (fix->edit_count == 0 || job->parse.renamed)
        return false;
    if (fix->level != RULE_OFF && row >= 0 && level == ape__rules[row].level)
        level = fix->level;
    return level == RULE_SAFE || (level == RULE_UNSAFE && job->config->unsafe_fixes);
}

/* Fixes that go together. */
typedef struct choice {
    ape__edits edits;
    ape__cover cover;
    struct import {
        struct import *next;
        const char *statement;
    } * imports;
} choice;

static bool overlaps(const choice *chosen, const ape__fix *fix)
{
    for (uint32_t i = 0; i < fix->edit_count; i++)
        if (ape__cover_touches(&chosen->cover, fix->edits[i].start, fix->edits[i].end))
            return true;
    return false;
}

/* Several fixes may want the same import; once is enough. */
static bool is_imported(choice *chosen, const char *statement)
{
    struct import *new;

    for (const struct import *i = chosen->imports; i; i = i->next)
        if (strcmp(i->statement, statement) == 0)
            return true;
    new = ape__arena_alloc(chosen->edits.arena, sizeof(*new));
    if (new)
        *new = (struct import){ chosen->imports, statement };
    chosen->imports = new ? new : chosen->imports;
    return false;
}

static void choose(choice *chosen, const ape__fix *fix)
{
    for (uint32_t i = 0; i < fix->edit_count; i++) {
        const ape__edit *e = &fix->edits[i];

        if (strncmp(e->text, "import ", 7) == 0 && is_imported(chosen, e->text))
            continue;
        ape__edits_add(&chosen->edits, e->start, e->end, e->text);
        ape__cover_add(&chosen->cover, e->start, e->end);
    }
}

/* The source with some fixes made, parsed; false if it is no program then. */
static bool apply(ape__job *job, ape__edits *edits, ape__source *out)
{
    return ape__source_apply(&job->arena, &job->source, edits, out) && ape__job_parse_as(job, out);
}

static void report_fixed(ape__job *job, const ape__fix *fix)
{
    ape__job_report_fixed(job, fix->rule, fix->start, fix->end, fix->message);
    job->fix_count++;
}

/* All wanted fixes at once, those left out that touch others. True if they were made. */
static bool make_all(ape__job *job, ape__fixer *f, choice *chosen)
{
    ape__source changed;

    for (ape__fix *fix = f->first; fix; fix = fix->next) {
        fix->skipped = is_wanted(job, fix) && overlaps(chosen, fix);
        if (is_wanted(job, fix) && !fix->skipped)
            choose(chosen, fix);
    }
    if (chosen->edits.count == 0 || !apply(job, &chosen->edits, &changed))
        return false;
    for (ape__fix *fix = f->first; fix; fix = fix->next)
        if (is_wanted(job, fix) && !fix->skipped)
            report_fixed(job, fix);
    job->source = changed;
    return true;
}

/* Where they do not go together: the first that goes. */
static bool make_one(ape__job *job, ape__fixer *f)
{
    ape__source changed;
    int trials = 0;

    for (ape__fix *fix = f->first; fix && !job->no_memory; fix = fix->next) {
        ape__edits alone = { .arena = &job->arena };

        if (!is_wanted(job, fix) || ++trials > APE__TRIALS_MAX)
            continue;
        for (uint32_t i = 0; i < fix->edit_count; i++)
            ape__edits_add(&alone, fix->edits[i].start, fix->edits[i].end, fix->edits[i].text);
        if (apply(job, &alone, &changed)) {
            report_fixed(job, fix);
            job->source = changed;
            return true;
        }
        fix->edit_count = 0; /* it breaks the program: only say so */
    }
    return false;
}

static bool make_fixes(ape__job *job, ape__fixer *f)
{
    choice chosen = { .edits = { .arena = &job->arena } };

    if (!ape__cover_init(&chosen.cover, &job->arena, &job->source))
        return false;
    return make_all(job, f, &chosen) || (chosen.edits.count > 0 && make_one(job, f));
}

void ape__apply_rules(ape__job *job)
{
    ape__fixer f;

    for (int round = 0;; round++) {
        if (!find_all(&f, job) || job->no_memory)
            return;
        if (round == APE__ROUNDS_MAX || !make_fixes(job, &f))
            break;
    }
    for (const ape__fix *fix = f.first; fix; fix = fix->next)
        ape__job_report(job, fix->rule, fix->start, fix->end, fix->message);
}
