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
    f->last = &f->first;
    ape__names_collect(&f->names, &job->arena, f->module);
    f->typed = handles_data(&job->source) && ape__infer_run(&job->arena, f->module);
    ape__rules_names(f);
    ape__rules_yfinance(f);
    ape__rules_pandas(f);
    ape__rules_numpy(f);
    ape__rules_output(f);
    ape__rules_finance(f);
    return !job->arena.failed;
}

static bool is_wanted(const ape__job *job, const ape__fix *fix)
{
    return fix->edit_count > 0 && ape__job_repairs(job, fix->rule);
}

static bool overlaps(const ape__edits *edits, const ape__fix *fix)
{
    for (uint32_t i = 0; i < fix->edit_count; i++)
        if (ape__edits_overlap(edits, fix->edits[i].start, fix->edits[i].end))
            return true;
    return false;
}

/* Imports may be inserted at one place by several fixes; the same one, once. */
static void add_edits(ape__edits *edits, const ape__fix *fix)
{
    for (uint32_t i = 0; i < fix->edit_count; i++) {
        const ape__edit *e = &fix->edits[i];
        bool there = false;

        for (uint32_t j = 0; j < edits->count && strncmp(e->text, "import ", 7) == 0; j++)
            there = there || (edits->items[j].start == e->start &&
                              strcmp(edits->items[j].text, e->text) == 0);
        if (!there)
            ape__edits_add(edits, e->start, e->end, e->text);
    }
}

/* The source with some fixes made; false if it is no program then. */
static bool apply(ape__job *job, ape__edits *edits, ape__source *out)
{
    return ape__source_apply(&job->arena, &job->source, edits, out) &&
           ape__job_parses(job, out->text, out->size);
}

static void report_fixed(ape__job *job, const ape__fix *fix)
{
    ape__job_report_fixed(job, fix->rule, fix->start, fix->end, fix->message);
    job->fix_count++;
}

/* All wanted fixes at once; where they do not go together, the first that goes. */
static bool make_fixes(ape__job *job, ape__fixer *f)
{
    ape__edits edits = { .arena = &job->arena };
    ape__source changed;

    for (ape__fix *fix = f->first; fix; fix = fix->next) {
        fix->skipped = is_wanted(job, fix) && overlaps(&edits, fix);
        if (is_wanted(job, fix) && !fix->skipped)
            add_edits(&edits, fix);
    }
    if (edits.count == 0)
        return false;
    if (apply(job, &edits, &changed)) {
        for (ape__fix *fix = f->first; fix; fix = fix->next)
            if (is_wanted(job, fix) && !fix->skipped)
                report_fixed(job, fix);
        job->source = changed;
        return true;
    }
    for (ape__fix *fix = f->first; fix && !job->no_memory; fix = fix->next) {
        ape__edits alone = { .arena = &job->arena };

        if (!is_wanted(job, fix))
            continue;
        add_edits(&alone, fix);
        if (apply(job, &alone, &changed)) {
            report_fixed(job, fix);
            job->source = changed;
            return true;
        }
        fix->edit_count = 0; /* it breaks the program: only say so */
    }
    return false;
}

void ape__apply_rules(ape__job *job)
{
    ape__fixer f;

    for (int round = 0;; round++) {
        if (!find_all(&f, job) || job->no_memory)
            return;
        if (round == APE__ROUNDS_MAX || !make_fixes(job, &f))
            break;
        if (!ape__job_parse(job))
            return;
    }
    for (const ape__fix *fix = f.first; fix; fix = fix->next)
        ape__job_report(job, fix->rule, fix->start, fix->end, fix->message);
}
