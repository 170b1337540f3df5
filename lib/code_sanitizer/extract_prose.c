/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>

#include "code_sanitizer/fence.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Words that stand side by side in code too. */
static bool is_code_word(const char *text, size_t size)
{
    static const char *const words[] = {
        "import", "from",   "as",     "def",    "class",  "for",    "in",    "if",
        "else",   "elif",   "while",  "return", "not",    "and",    "or",    "is",
        "with",   "lambda", "raise",  "try",    "except", "del",    "print", "async",
        "await",  "yield",  "global", "assert", "pip",    "install"
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0)
            return true;
    return false;
}

/* Three words in a row, or two and the end of a sentence, are no code. */
static bool line_is_prose(const char *line, size_t size)
{
    size_t words = 0, longest = 0, at = 0;
    bool code_first = false;

    while (size > 0 && strchr(" \t", line[size - 1]))
        size--;
    while (at < size) {
        size_t start = at;

        while (at < size && (is_letter(line[at]) || line[at] == '\''))
            at++;
        if (at == start) {
            if (line[at] != ' ' && line[at] != ',' && line[at] != '-' && line[at] != '*')
                words = 0;
            at++;
        } else if (is_code_word(line + start, at - start)) {
            code_first = code_first || start == 0;
            words = words > 1 ? words : 0;
        } else if (++words > longest) {
            longest = words;
        }
    }
    return longest >= 3 ||
           (size > 0 && strchr(".!?:", line[size - 1]) && longest >= 2 && !code_first) ||
           (size > 2 && (memcmp(line, "**", 2) == 0 || memcmp(line, "##", 2) == 0));
}

static bool first_line_is_prose(const ape__source *s, uint32_t start)
{
    uint32_t end = ape__line_end(s->text, s->size, start);

    return line_is_prose(s->text + start, end - start);
}

static uint32_t line_start(const ape__source *s, uint32_t at)
{
    while (at > 0 && s->text[at - 1] != '\n' && s->text[at - 1] != '\r')
        at--;
    return at;
}

/* Ranges come in order; two statements of one line name it twice. */
static void drop(ape__edits *edits, uint32_t from, uint32_t to)
{
    uint32_t dropped = edits->count > 0 ? edits->items[edits->count - 1].end : 0;

    if (to > from && from >= dropped)
        ape__edits_add(edits, from, to, "");
}

/* The lines of a statement that could not be parsed, without those of prose. */
static void drop_prose_lines(const ape__source *s, ape__edits *edits, const ape__node *statement)
{
    uint32_t at = line_start(s, statement->start);

    while (at < statement->end && at < s->size) {
        uint32_t end = ape__line_end(s->text, s->size, at);
        uint32_t next = ape__line_after(s->text, s->size, end);

        if (line_is_prose(s->text + at, end - at))
            drop(edits, at, next);
        at = next > at ? next : at + 1;
    }
}

static bool find_code(const ape__nodes *body, uint32_t *first, uint32_t *last)
{
    bool found = false;

    for (uint32_t i = 0; i < body->count; i++) {
        if (!ape__statement_has_effect(body->items[i]))
            continue;
        *first = found ? *first : i;
        *last = i;
        found = true;
    }
    return found;
}

/* Statements next to the code that could not be parsed and are no prose belong
 * to it: a repair may still be found. */
static void widen(const ape__source *s, const ape__nodes *body, uint32_t *first, uint32_t *last)
{
    while (*first > 0 && body->items[*first - 1]->kind == NODE_ERROR &&
           !first_line_is_prose(s, body->items[*first - 1]->start))
        --*first;
    while (*last + 1 < body->count && body->items[*last + 1]->kind == NODE_ERROR &&
           !first_line_is_prose(s, body->items[*last + 1]->start))
        ++*last;
}

/* "for i in x:", "def f():" ... */
static bool opens_block(const char *line, size_t size)
{
    static const char *const words[] = { "for ",  "if ", "while ", "def ",  "class ",
                                         "with ", "try", "else",   "elif ", "async " };

    while (size > 0 && strchr(" \t", *line))
        line++, size--;
    while (size > 0 && strchr(" \t\r", line[size - 1]))
        size--;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (size > strlen(words[i]) && line[size - 1] == ':' &&
            memcmp(line, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* Markdown's other form of code: each line four blanks in, prose at the margin. */
static bool take_indented(ape__job *job)
{
    const ape__source *s = &job->source;
    ape__edits edits = { .arena = &job->arena };
    ape__source code;
    uint32_t kept = 0;

    for (uint32_t at = 0; at < s->size;) {
        uint32_t end = ape__line_end(s->text, s->size, at);
        uint32_t next = ape__line_after(s->text, s->size, end);
        bool tab = at < end && s->text[at] == '\t';

        if (tab || (end - at > 4 && memcmp(s->text + at, "    ", 4) == 0))
            ape__edits_add(&edits, at, at + (tab ? 1 : 4), ""), kept++;
        else if (end > at + strspn(s->text + at, " \t") && opens_block(s->text + at, end - at))
            return false; /* what stands deeper belongs to it */
        else if (end > at + strspn(s->text + at, " \t"))
            ape__edits_add(&edits, at, next, "");
        at = next;
    }
    if (kept == 0 || !ape__source_apply(&job->arena, s, &edits, &code) ||
        !ape__job_parses(job, code.text, code.size))
        return false;
    ape__job_report_fixed(job, "APE003", 0, 0, "took the indented code out of the prose");
    job->source = code;
    return true;
}

static void drop_all_but(ape__job *job, uint32_t first, uint32_t last)
{
    const ape__source *s = &job->source;
    const ape__nodes *body = &job->parse.module->list;
    ape__edits edits = { .arena = &job->arena };
    uint32_t from = line_start(s, body->items[first]->start);
    uint32_t to = body->items[last]->end;

    to = ape__line_after(s->text, s->size, ape__line_end(s->text, s->size, to > 0 ? to - 1 : 0));
    if (body->items[last]->kind != NODE_ERROR && last + 1 < body->count &&
        to > line_start(s, body->items[last + 1]->start))
        to = line_start(s, body->items[last + 1]->start);
    drop(&edits, 0, from);
    for (uint32_t i = first; i <= last; i++)
        if (body->items[i]->kind == NODE_ERROR)
            drop_prose_lines(s, &edits, body->items[i]);
    if (last + 1 < body->count)
        drop(&edits, to, s->size);
    if (edits.count == 0)
        return;
    ape__job_report_fixed(job, "APE003", edits.items[0].start, edits.items[0].end,
                          "left out the prose around the code");
    ape__job_apply(job, &edits);
}

bool ape__trim_prose(ape__job *job)
{
    uint32_t first = 0, last = 0;

    if (!job->parse.module || ape__job_newer_python(job) > 0)
        return false; /* a newer Python takes all of it: nothing is prose */
    if (!find_code(&job->parse.module->list, &first, &last)) {
        if (take_indented(job))
            return true;
        /* one broken statement may be all there is */
        if (job->source.size > 0 && !first_line_is_prose(&job->source, 0))
            return false;
        job->source.size = 0;
        job->source.text = "";
        return true;
    }
    widen(&job->source, &job->parse.module->list, &first, &last);
    drop_all_but(job, first, last);
    return true;
}
