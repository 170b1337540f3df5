/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>

#include "code_sanitizer/fence.h"
#include "core/utf8.h"

/* Repairs of a text that does not parse, each with evidence of its own. They come
 * one after the other until the text parses. */

typedef struct character {
    uint32_t code_point;
    const char *plain;
    bool invisible;
} character;

/* What a character that no token may hold was meant to be. */
static const character characters[] = {
    { 0x201c, "\"", false },  { 0x201d, "\"", false }, { 0x201e, "\"", false },
    { 0x2018, "'", false },   { 0x2019, "'", false },  { 0x201a, "'", false },
    { 0x2212, "-", false },   { 0xd7, "*", false },    { 0xf7, "/", false },
    { 0x2264, "<=", false },  { 0x2265, ">=", false }, { 0x2260, "!=", false },
    { 0x2026, "...", false }, { 0xff08, "(", false },  { 0xff09, ")", false },
    { 0xff0c, ",", false },   { 0xff1a, ":", false },  { 0xff1d, "=", false },
    { 0xff3b, "[", false },   { 0xff3d, "]", false },  { 0xff5b, "{", false },
    { 0xff5d, "}", false },   { 0xff0b, "+", false },  { 0xff0d, "-", false },
    { 0xff0a, "*", false },   { 0xff0f, "/", false },  { 0xff02, "\"", false },
    { 0xff07, "'", false },   { 0xff1b, ";", false },  { 0x3001, ",", false },
    { 0xa0, " ", true },      { 0x2007, " ", true },   { 0x202f, " ", true },
    { 0x2002, " ", true },    { 0x2003, " ", true },   { 0x2009, " ", true },
    { 0x3000, "    ", true }, { 0x200b, "", true },    { 0x200c, "", true },
    { 0x200d, "", true },     { 0x2060, "", true },    { 0xfeff, "", true },
};

static const character *character_at(const ape__source *s, uint32_t at, size_t *length)
{
    uint32_t code_point;

    *length = ape__utf8_decode(s->text + at, s->size - at, &code_point);
    for (size_t i = 0; *length && i < sizeof(characters) / sizeof(characters[0]); i++)
        if (characters[i].code_point == code_point)
            return &characters[i];
    return NULL;
}

static bool is_curly_quote(uint32_t c)
{
    return c >= 0x2018 && c <= 0x201e;
}

/* Where a curly quote opens a string, the next of its kind on the line closes it;
 * what is between them is left alone. */
static uint32_t closing_quote(const ape__source *s, uint32_t at, const character *opening)
{
    for (size_t length; at < s->size; at += (uint32_t)length) {
        const character *c = character_at(s, at, &length);

        if (length == 0 || s->text[at] == '\n' || s->text[at] == '\r')
            return 0;
        if (c && is_curly_quote(c->code_point) && c->plain[0] == opening->plain[0])
            return at;
    }
    return 0;
}

/* One pass over the tokens that are no characters of Python. True if any was replaced. */
static bool replace_characters(ape__job *job, bool invisible)
{
    const char *rule = invisible ? "APE006" : "APE005";
    ape__edits edits = { .arena = &job->arena };
    uint32_t skip_to = 0;

    for (size_t i = 0; i < job->parse.tokens.count; i++) {
        const ape__token *t = &job->parse.tokens.items[i];
        const character *c;
        size_t length;
        uint32_t closing;

        if (t->kind != TOKEN_ERROR || t->start < skip_to)
            continue;
        if (t->detail != LEX_BAD_CHARACTER)
            continue;
        c = character_at(&job->source, t->start, &length);
        if (!c || c->invisible != invisible)
            continue;
        ape__edits_add(&edits, t->start, t->start + (uint32_t)length, c->plain);
        closing = is_curly_quote(c->code_point)
                      ? closing_quote(&job->source, t->start + (uint32_t)length, c)
                      : 0;
        if (closing > 0) {
            character_at(&job->source, closing, &length);
            ape__edits_add(&edits, closing, closing + (uint32_t)length, c->plain);
            skip_to = closing + (uint32_t)length;
        }
    }
    if (edits.count == 0)
        return false;
    ape__job_report_fixed(job, rule, edits.items[0].start, edits.items[0].end,
                          invisible ? "replaced invisible characters that Python does not take"
                                    : "replaced typographic characters by the plain ones");
    job->fix_count++;
    return ape__job_apply(job, &edits);
}

static bool repair_characters(ape__job *job)
{
    bool changed = ape__job_repairs(job, "APE006") && replace_characters(job, true);

    if (changed)
        ape__job_parse(job);
    return (ape__job_repairs(job, "APE005") && replace_characters(job, false)) || changed;
}

static bool starts_with(const char *line, size_t size, const char *word)
{
    size_t length = strlen(word);

    return size >= length && memcmp(line, word, length) == 0;
}

static bool is_notebook_line(const char *line, size_t size)
{
    while (size > 0 && (*line == ' ' || *line == '\t'))
        line++, size--;
    if (size == 0)
        return false;
    if (*line == '!' ||
        (*line == '%' && size > 1 && strchr("%abcdefghijklmnopqrstuvwxyz", line[1])))
        return true;
    return starts_with(line, size, "pip install ") || starts_with(line, size, "pip3 install ") ||
           starts_with(line, size, "conda install ");
}

/* Lines that a notebook understands and Python does not. */
static bool drop_notebook_lines(ape__job *job)
{
    const ape__source *s = &job->source;
    ape__edits edits = { .arena = &job->arena };
    const ape__tokens *tokens = &job->parse.tokens;
    size_t token = 0;

    for (uint32_t at = 0; at < s->size;) {
        uint32_t end = ape__line_end(s->text, s->size, at);

        while (token < tokens->count && tokens->items[token].end <= at)
            token++;
        /* within a string or brackets a line may begin with anything */
        if (is_notebook_line(s->text + at, end - at) &&
            !(token < tokens->count && tokens->items[token].start < at) &&
            !(token < tokens->count && tokens->items[token].depth > 0))
            ape__edits_add(&edits, at, ape__line_after(s->text, s->size, end), "");
        at = ape__line_after(s->text, s->size, end);
    }
    if (edits.count == 0)
        return false;
    ape__job_report_fixed(job, "APE009", edits.items[0].start, edits.items[0].end,
                          "deleted the commands of a notebook");
    job->fix_count++;
    return ape__job_apply(job, &edits);
}

/* Length of ">>> ", "... " or "In [3]: " at a line's start. */
static size_t prompt_length(const char *line, size_t size)
{
    size_t at;

    if (starts_with(line, size, ">>> ") || starts_with(line, size, "... "))
        return 4;
    if (size == 3 && (starts_with(line, size, ">>>") || starts_with(line, size, "...")))
        return 3;
    if (!starts_with(line, size, "In ["))
        return 0;
    for (at = 4; at < size && line[at] >= '0' && line[at] <= '9'; at++)
        ;
    return at + 1 < size && line[at] == ']' && line[at + 1] == ':'
               ? at + 2 + (at + 2 < size && line[at + 2] == ' ')
               : 0;
}

/* "   ...: " goes on with what "In [3]: " began. */
static size_t continuation_length(const char *line, size_t size)
{
    size_t blanks = 0;

    while (blanks < size && line[blanks] == ' ')
        blanks++;
    if (blanks == 0 || !starts_with(line + blanks, size - blanks, "...:"))
        return 0;
    return blanks + 4 + (blanks + 4 < size && line[blanks + 4] == ' ');
}

static bool strip_prompts(ape__job *job)
{
    const ape__source *s = &job->source;
    ape__edits edits = { .arena = &job->arena };
    ape__source code;
    uint32_t prompts = 0;

    for (uint32_t at = 0; at < s->size;) {
        uint32_t end = ape__line_end(s->text, s->size, at);
        uint32_t next = ape__line_after(s->text, s->size, end);
        size_t length = prompt_length(s->text + at, end - at);

        if (length == 0)
            length = continuation_length(s->text + at, end - at);
        if (length > 0)
            ape__edits_add(&edits, at, at + (uint32_t)length, ""), prompts++;
        else
            ape__edits_add(&edits, at, next, "");
        at = next;
    }
    if (prompts == 0 || !ape__source_apply(&job->arena, s, &edits, &code) ||
        !ape__job_parses(job, code.text, code.size))
        return false;
    ape__job_report_fixed(job, "APE010", 0, 0, "took the prompts of a session away");
    job->source = code;
    job->fix_count++;
    return true;
}

/* Length of the blanks that all lines with text in them begin with. */
static uint32_t common_indent(const ape__source *s)
{
    uint32_t common = UINT32_MAX;

    for (uint32_t at = 0; at < s->size;) {
        uint32_t end = ape__line_end(s->text, s->size, at), blanks = 0;

        while (at + blanks < end && strchr(" \t", s->text[at + blanks]))
            blanks++;
        if (at + blanks < end && blanks < common)
            common = blanks;
        at = ape__line_after(s->text, s->size, end);
    }
    return common == UINT32_MAX ? 0 : common;
}

static bool dedent(ape__job *job)
{
    const ape__source *s = &job->source;
    uint32_t common = common_indent(s);
    ape__edits edits = { .arena = &job->arena };

    if (common == 0)
        return false;
    for (uint32_t at = 0; at < s->size;) {
        uint32_t end = ape__line_end(s->text, s->size, at);

        if (end - at >= common)
            ape__edits_add(&edits, at, at + common, "");
        at = ape__line_after(s->text, s->size, end);
    }
    ape__job_report_fixed(job, "APE012", 0, common, "took away the indentation of all lines");
    job->fix_count++;
    return ape__job_apply(job, &edits);
}

/* Each tab of an indentation as so many columns. */
static bool expanded(ape__job *job, uint32_t width, ape__source *out)
{
    const ape__source *s = &job->source;
    ape__edits edits = { .arena = &job->arena };

    for (uint32_t at = 0; at < s->size;) {
        uint32_t end = ape__line_end(s->text, s->size, at), column = 0;

        for (uint32_t i = at; i < end && strchr(" \t", s->text[i]); i++) {
            uint32_t wide = s->text[i] == '\t' ? width - column % width : 1;

            if (s->text[i] == '\t')
                ape__edits_add(&edits, i, i + 1, &"        "[8 - wide]);
            column += wide;
        }
        at = ape__line_after(s->text, s->size, end);
    }
    return edits.count > 0 && ape__source_apply(&job->arena, s, &edits, out) &&
           ape__job_parses(job, out->text, out->size);
}

static bool expand_tabs(ape__job *job)
{
    ape__source eight, four;
    bool by_eight = expanded(job, 8, &eight), by_four = expanded(job, 4, &four);

    if (!by_eight && !by_four)
        return false;
    if (by_eight && by_four && !job->config->unsafe_fixes) {
        ape__job_report(job, "APE007", 0, 0,
                        "tabs and blanks are mixed, and can be read in two ways; indent with "
                        "blanks only");
        return false;
    }
    ape__job_report_fixed(job, "APE007", 0, 0, "turned the tabs of the indentation into blanks");
    job->source = by_eight ? eight : four;
    job->fix_count++;
    return true;
}

/* "12: ", "12. ", "12| " or "+" before a line. */
static size_t mark_length(const char *line, size_t size)
{
    size_t at = 0;

    if (size > 0 && *line == '+')
        return 1;
    while (at < size && line[at] == ' ')
        at++;
    if (at == size || line[at] < '0' || line[at] > '9')
        return 0;
    while (at < size && line[at] >= '0' && line[at] <= '9')
        at++;
    if (at < size && strchr(":.|\t ", line[at]))
        at++;
    else
        return 0;
    return at + (at < size && line[at] == ' ');
}

static bool strip_line_marks(ape__job *job)
{
    const ape__source *s = &job->source;
    ape__edits edits = { .arena = &job->arena };
    ape__source code;
    uint32_t lines = 0;

    for (uint32_t at = 0; at < s->size;) {
        uint32_t end = ape__line_end(s->text, s->size, at);
        size_t length = mark_length(s->text + at, end - at);

        lines += end > at;
        if (length > 0)
            ape__edits_add(&edits, at, at + (uint32_t)length, "");
        at = ape__line_after(s->text, s->size, end);
    }
    if (lines < 2 || edits.count * 10 < lines * 9 ||
        !ape__source_apply(&job->arena, s, &edits, &code) ||
        !ape__job_parses(job, code.text, code.size))
        return false;
    if (!ape__job_repairs(job, "APE014")) {
        ape__job_report(job, "APE014", 0, 0,
                        "the lines carry numbers or diff marks; send bare code");
        return false;
    }
    ape__job_report_fixed(job, "APE014", 0, 0, "took away line numbers or diff marks");
    job->source = code;
    job->fix_count++;
    return true;
}

void ape__repair_text(ape__job *job)
{
    static const struct {
        const char *rule;
        bool (*repair)(ape__job *job);
    } repairs[] = {
        { "APE010", strip_prompts },       { "APE012", dedent },
        { "APE005", repair_characters },   { "APE011", ape__unescape_entities },
        { "APE009", drop_notebook_lines }, { "APE007", expand_tabs },
        { "APE014", strip_line_marks },
    };
    bool transcript = strncmp(job->source.text, "In [", 4) == 0;

    for (size_t i = 0; i < sizeof(repairs) / sizeof(repairs[0]); i++) {
        if (ape__job_parse(job) && !(transcript && i == 0))
            return;
        if (job->no_memory || job->rejected)
            return;
        if (ape__job_level(job, repairs[i].rule) != RULE_OFF)
            repairs[i].repair(job);
    }
    ape__job_parse(job);
}
