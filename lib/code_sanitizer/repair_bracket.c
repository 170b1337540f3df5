/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/proposal.h"

/* Brackets and commas. Where two places would each make a program, none is chosen. */

enum { DEPTH_MAX = 200, PLACES_MAX = 16 };

static bool opens(ape__token_kind kind)
{
    return kind == TOKEN_LEFT_PAREN || kind == TOKEN_LEFT_BRACKET || kind == TOKEN_LEFT_BRACE;
}

static bool closes(ape__token_kind kind)
{
    return kind == TOKEN_RIGHT_PAREN || kind == TOKEN_RIGHT_BRACKET || kind == TOKEN_RIGHT_BRACE;
}

static bool matches(ape__token_kind open, ape__token_kind close)
{
    return (open == TOKEN_LEFT_PAREN && close == TOKEN_RIGHT_PAREN) ||
           (open == TOKEN_LEFT_BRACKET && close == TOKEN_RIGHT_BRACKET) ||
           (open == TOKEN_LEFT_BRACE && close == TOKEN_RIGHT_BRACE);
}

/* The brackets that are open before a token. */
typedef struct stack {
    size_t items[DEPTH_MAX];
    size_t count;
} stack;

static bool is_error(const ape__token *t, ape__lex_error error)
{
    return t->kind == TOKEN_ERROR && t->detail == error;
}

/* False if a token closes what is not open. */
static bool step(const ape__job *job, stack *s, size_t i)
{
    ape__token_kind kind = (ape__token_kind)ape__token_at(job, i)->kind;

    if (is_error(ape__token_at(job, i), LEX_UNMATCHED_BRACKET) ||
        is_error(ape__token_at(job, i), LEX_MISMATCHED_BRACKET) ||
        (opens(kind) && s->count == DEPTH_MAX))
        return false;
    if (opens(kind)) {
        s->items[s->count++] = i;
    } else if (closes(kind)) {
        if (s->count == 0 ||
            !matches((ape__token_kind)ape__token_at(job, s->items[s->count - 1])->kind, kind))
            return false;
        s->count--;
    }
    return true;
}

static bool line_ends_after(const ape__job *job, size_t i)
{
    const ape__token *t = ape__token_at(job, i);

    return (t + 1)->kind == TOKEN_END ||
           memchr(job->source.text + t->end, '\n', (t + 1)->start - t->end);
}

/* What one edit makes of the text, if it is a program. */
static bool makes_program(ape__job *job, uint32_t start, uint32_t end, const char *text)
{
    ape__edits edits = { .arena = &job->arena };
    ape__source changed;

    ape__edits_add(&edits, start, end, text);
    return ape__source_apply(&job->arena, &job->source, &edits, &changed) &&
           ape__job_parses(job, changed.text, changed.size);
}

/* print(json.dumps(x), with the bracket at a line's end, or before a comma */
void ape__propose_closing(ape__job *job, ape__proposal *p)
{
    stack all = { .count = 0 };
    size_t count = job->parse.tokens.count, open, places = 0, found = 0;
    ape__token_kind kind;
    const char *closing;
    uint32_t at = 0;

    p->unsafe = true;
    for (size_t i = 0; i < count; i++)
        if (!step(job, &all, i))
            return;
    if (all.count != 1 || !job->config->unsafe_fixes)
        return;
    open = all.items[0];
    kind = (ape__token_kind)ape__token_at(job, open)->kind;
    closing = kind == TOKEN_LEFT_PAREN ? ")" : kind == TOKEN_LEFT_BRACKET ? "]" : "}";
    for (size_t i = open + 1; i + 1 < count && places < PLACES_MAX && found < 2; i++) {
        const ape__token *t = ape__token_at(job, i);

        if (t->kind == TOKEN_NEWLINE || t->kind == TOKEN_ERROR || t->kind == TOKEN_COMMA ||
            !(line_ends_after(job, i) || (t + 1)->kind == TOKEN_COMMA))
            continue;
        places++;
        if (makes_program(job, t->end, t->end, closing))
            at = t->end, found++;
    }
    if (found == 1 && places < PLACES_MAX)
        ape__edits_add(&p->edits, at, at, closing);
}

/* print(x)): the brackets of the line, each left out in turn; of neighbours one */
void ape__propose_fewer(ape__job *job, ape__proposal *p)
{
    const char *text = job->source.text;
    size_t count = job->parse.tokens.count, wrong = 0, places = 0, found = 0;
    const ape__token *only = NULL;

    p->unsafe = true;
    while (wrong < count && !is_error(ape__token_at(job, wrong), LEX_UNMATCHED_BRACKET))
        wrong++;
    if (wrong == count || !job->config->unsafe_fixes)
        return;
    for (size_t i = wrong + 1; i-- > 0 && places < PLACES_MAX && found < 2;) {
        const ape__token *t = ape__token_at(job, i);

        if (t->kind == TOKEN_NEWLINE)
            break;
        if (text[t->start] != text[ape__token_at(job, wrong)->start] ||
            (i < wrong && text[t->end] == text[t->start]))
            continue;
        places++;
        if (makes_program(job, t->start, t->end, ""))
            only = t, found++;
    }
    if (found == 1 && places < PLACES_MAX)
        ape__edits_add(&p->edits, only->start, only->end, "");
}

static bool ends_operand(ape__token_kind kind)
{
    return closes(kind) || kind == TOKEN_FSTRING_END ||
           (ape__begins_operand(kind) && !opens(kind) && kind != TOKEN_NOT &&
            kind != TOKEN_FSTRING_START);
}

/* Two operands within brackets, the second on a line of its own. */
void ape__propose_comma(ape__job *job, ape__proposal *p)
{
    stack s = { .count = 0 };

    p->unsafe = true;
    for (size_t i = 0; i + 2 < job->parse.tokens.count; i++) {
        const ape__token *t = ape__token_at(job, i), *next = t + 1;
        bool key, begins = ape__begins_operand((ape__token_kind)next->kind);

        if (!step(job, &s, i))
            return;
        key = next->kind == TOKEN_STRING && (next + 1)->kind == TOKEN_COLON;
        if (s.count > 0 && ends_operand((ape__token_kind)t->kind) && begins &&
            next->kind != TOKEN_LEFT_BRACKET && line_ends_after(job, i) &&
            (t->kind != TOKEN_STRING || next->kind != TOKEN_STRING || key))
            ape__edits_add(&p->edits, t->end, t->end, ",");
    }
}
