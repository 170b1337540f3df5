/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/fence.h"

#include <string.h>

uint32_t ape__line_end(const char *text, uint32_t size, uint32_t at)
{
    while (at < size && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

uint32_t ape__line_after(const char *text, uint32_t size, uint32_t end)
{
    if (end < size && text[end] == '\r')
        end++, end += end < size && text[end] == '\n';
    else if (end < size)
        end++;
    return end;
}

/* A run of at least three backticks or tildes after at most @p indent_max blanks. */
static uint32_t fence_run(const char *text, uint32_t at, uint32_t end, uint32_t indent_max,
                          uint32_t *run_start)
{
    uint32_t i = at;

    while (i < end && text[i] == ' ' && i - at < indent_max)
        i++;
    *run_start = i;
    if (i == end || (text[i] != '`' && text[i] != '~'))
        return 0;
    while (i < end && text[i] == text[*run_start])
        i++;
    return i - *run_start >= 3 ? i - *run_start : 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void read_tag(const char *text, uint32_t at, uint32_t end, ape__fence *out)
{
    while (at < end && (is_blank(text[at]) || text[at] == '{' || text[at] == '.'))
        at++;
    out->tag = at;
    while (at < end && !is_blank(text[at]) && text[at] != '}' && text[at] != ',')
        at++;
    out->tag_size = at - out->tag;
}

/* ```python x = 1``` on one line: closed where the run comes again. */
static bool one_line(const char *text, uint32_t after, uint32_t end, char mark, uint32_t run,
                     ape__fence *out)
{
    uint32_t close = end;

    while (close > after && is_blank(text[close - 1]))
        close--;
    for (uint32_t i = 0; i < run; i++)
        if (close <= after + i || text[close - 1 - i] != mark)
            return false;
    read_tag(text, after, close - run, out);
    out->start = out->tag + out->tag_size;
    while (out->start < close - run && is_blank(text[out->start]))
        out->start++;
    out->end = close - run;
    if (out->start >= out->end && out->tag_size > 0)
        out->start = out->tag, out->tag_size = 0;
    out->closed = true;
    return true;
}

/* Look for the closing line of a fence whose inside begins at out->start. */
static void find_closing(const char *text, uint32_t size, char mark, uint32_t run, ape__fence *out,
                         uint32_t *next)
{
    for (uint32_t at = out->start; at < size;) {
        uint32_t end = ape__line_end(text, size, at), start;
        uint32_t length = fence_run(text, at, end, out->indent + 3, &start);
        uint32_t rest = start + length;

        while (rest < end && is_blank(text[rest]))
            rest++;
        if (length >= run && text[start] == mark && rest == end) {
            out->end = at;
            out->closed = true;
            *next = ape__line_after(text, size, end);
            return;
        }
        at = ape__line_after(text, size, end);
    }
    out->end = size;
    *next = size;
}

static bool info_is_valid(const char *text, uint32_t at, uint32_t end, char mark)
{
    return mark == '~' || !memchr(text + at, '`', end - at);
}

bool ape__fence_next(const char *text, uint32_t size, uint32_t from, ape__fence *out,
                     uint32_t *next)
{
    for (uint32_t at = from; at < size;) {
        uint32_t end = ape__line_end(text, size, at), start;
        /* in a list a fence stands deeper than CommonMark's three blanks outside one */
        uint32_t run = fence_run(text, at, end, 12, &start), after = start + run;

        *out = (ape__fence){ .opening = at, .indent = start - at };
        if (run > 0 && after < end && one_line(text, after, end, text[start], run, out)) {
            *next = ape__line_after(text, size, end);
            return true;
        }
        if (run > 0 && info_is_valid(text, after, end, text[start])) {
            read_tag(text, after, end, out);
            out->start = ape__line_after(text, size, end);
            find_closing(text, size, text[start], run, out, next);
            return true;
        }
        at = ape__line_after(text, size, end);
    }
    return false;
}
