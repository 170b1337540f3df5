/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>

static bool is_program(ape__job *job)
{
    return ape__job_parse_program(job) && ape__has_effect(job->parse.module);
}

static void drop_byte_order_mark(ape__job *job)
{
    ape__edits edits = { .arena = &job->arena };

    if (job->source.size < 3 || memcmp(job->source.text, "\xef\xbb\xbf", 3) != 0)
        return;
    ape__edits_add(&edits, 0, 3, "");
    ape__job_apply(job, &edits);
}

static bool is_blank(const ape__source *source)
{
    for (uint32_t i = 0; i < source->size; i++)
        if (!strchr(" \t\r\n\f\v", source->text[i]))
            return false;
    return true;
}

void ape__reject_no_code(ape__job *job)
{
    ape__job_report(job, "APE017", 0, job->source.size,
                    is_blank(&job->source)
                        ? "the answer is empty; answer with one Python program"
                        : "the answer holds no Python code; answer with one Python program, in a "
                          "```python fence");
}

/* A transcript is the one thing that parses and is not the program it seems:
 * "In [1]: x = 1" annotates an item of In. */
static bool looks_like_transcript(const ape__source *source)
{
    const char *in = strstr(source->text, "In [");

    return in && (in == source->text || in[-1] == '\n') && strstr(in, "]: ");
}

void ape__extract(ape__job *job)
{
    ape__source whole;

    drop_byte_order_mark(job);
    whole = job->source;
    if (is_program(job) && !looks_like_transcript(&job->source))
        return;
    if (ape__unwrap_json(job) && is_program(job))
        return;
    if (ape__unwrap_tags(job) && is_program(job))
        return;
    if (ape__take_fences(job) && is_program(job))
        return;
    if (!job->no_memory && !ape__job_parse(job) && !job->no_memory &&
        !looks_like_transcript(&job->source))
        ape__trim_prose(job);
    if (is_blank(&job->source)) {
        job->source = whole;
        ape__reject_no_code(job);
    }
}
