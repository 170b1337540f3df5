/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>
#include <strings.h>

/* What is between these is dropped with them. */
static const char *const thoughts[] = { "think",    "thinking",   "thought",   "reasoning",
                                        "analysis", "scratchpad", "reflection" };

/* These go, what is between them stays. */
static const char *const wrappers[] = { "<code>",   "</code>",   "<python>", "</python>",
                                        "<answer>", "</answer>", "<pre>",    "</pre>",
                                        "[PYTHON]", "[/PYTHON]", "[CODE]",   "[/CODE]" };

static uint32_t skip_blanks(const ape__source *s, uint32_t at)
{
    while (at < s->size && (s->text[at] == ' ' || s->text[at] == '\t'))
        at++;
    return at;
}

static bool at_line_start(const ape__source *s, uint32_t at)
{
    while (at > 0 && (s->text[at - 1] == ' ' || s->text[at - 1] == '\t'))
        at--;
    return at == 0 || s->text[at - 1] == '\n' || s->text[at - 1] == '\r';
}

/* Length of "<name>" or "</name>" at a place; 0 if it is another text. */
static uint32_t tag_length(const ape__source *s, uint32_t at, const char *name, bool closing)
{
    uint32_t size = (uint32_t)strlen(name), from = at + (closing ? 2 : 1);

    if (from + size >= s->size || s->text[at] != '<' || (closing && s->text[at + 1] != '/') ||
        strncasecmp(s->text + from, name, size) != 0 || s->text[from + size] != '>')
        return 0;
    return from + size + 1 - at;
}

/* Behind the closing tag; the end of the text if there is none. */
static uint32_t end_of_thought(const ape__source *s, uint32_t at, const char *name)
{
    for (; at < s->size; at++) {
        uint32_t length = s->text[at] == '<' ? tag_length(s, at, name, true) : 0;

        if (length > 0)
            return at + length;
    }
    return s->size;
}

static bool drop_thought(const ape__source *s, uint32_t *at, ape__edits *edits)
{
    for (size_t i = 0; i < sizeof(thoughts) / sizeof(thoughts[0]); i++) {
        uint32_t closing = tag_length(s, *at, thoughts[i], true), end;

        if (closing > 0 && edits->count == 0) { /* opened by the prompt, before the answer */
            ape__edits_add(edits, 0, *at + closing, "");
            *at += closing;
            return true;
        }
        if (tag_length(s, *at, thoughts[i], false) == 0)
            continue;
        end = end_of_thought(s, *at, thoughts[i]);
        ape__edits_add(edits, *at, end, "");
        *at = end;
        return true;
    }
    return false;
}

static bool drop_wrapper(const ape__source *s, uint32_t *at, ape__edits *edits)
{
    for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        uint32_t size = (uint32_t)strlen(wrappers[i]);

        if (s->size - *at < size || strncasecmp(s->text + *at, wrappers[i], size) != 0)
            continue;
        ape__edits_add(edits, *at, *at + size, "");
        *at += size;
        return true;
    }
    return false;
}

/* <|im_end|>, <|endoftext|>, wherever they stand. */
static bool drop_special_token(const ape__source *s, uint32_t *at, ape__edits *edits)
{
    uint32_t end = *at + 2;

    if (s->size - *at < 4 || s->text[*at] != '<' || s->text[*at + 1] != '|')
        return false;
    while (end < s->size && end - *at < 40 &&
           strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-0123456789", s->text[end]))
        end++;
    if (end + 1 >= s->size || s->text[end] != '|' || s->text[end + 1] != '>')
        return false;
    ape__edits_add(edits, *at, end + 2, "");
    *at = end + 2;
    return true;
}

bool ape__unwrap_tags(ape__job *job)
{
    const ape__source *s = &job->source;
    ape__edits edits = { .arena = &job->arena };
    uint32_t at = skip_blanks(s, 0);

    while (at < s->size) {
        bool tag = s->text[at] == '<' || s->text[at] == '[';

        if (tag && drop_thought(s, &at, &edits))
            continue;
        if (tag && drop_special_token(s, &at, &edits))
            continue;
        if (tag && (at_line_start(s, at) || s->text[at + 1] == '/') && drop_wrapper(s, &at, &edits))
            continue;
        at++;
    }
    if (edits.count == 0)
        return false;
    ape__job_report_fixed(job, "APE013", edits.items[0].start, edits.items[0].end,
                          "removed tags around the code, and what the model thought");
    return ape__job_apply(job, &edits);
}
