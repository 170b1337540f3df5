/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/proposal.h"

/* Two tokens side by side that are one operator elsewhere. */
static const char *foreign_operator(const ape__token *t)
{
    const ape__token *next = t + 1;

    if (next->start != t->end || next->kind == TOKEN_END)
        return NULL;
    if (t->kind == TOKEN_AMPERSAND && next->kind == TOKEN_AMPERSAND)
        return " and ";
    if (t->kind == TOKEN_BAR && next->kind == TOKEN_BAR)
        return " or ";
    if (t->kind == TOKEN_LESS && next->kind == TOKEN_GREATER)
        return "!=";
    return NULL;
}

void ape__propose_foreign(ape__job *job, ape__proposal *p)
{
    for (size_t i = 0; i + 1 < job->parse.tokens.count; i++) {
        const ape__token *t = ape__token_at(job, i);
        const char *operator= foreign_operator(t);

        if (operator) {
            ape__edits_add(&p->edits, t->start, (t + 1)->end, operator);
            i++;
        } else if (t->kind == TOKEN_ELSE && (t + 1)->kind == TOKEN_IF && ape__starts_line(job, i)) {
            ape__edits_add(&p->edits, t->start, (t + 1)->end, "elif");
        } else if (t->kind == TOKEN_ERROR && t->detail == LEX_LEADING_ZERO &&
                   t->end - t->start == 2) {
            ape__edits_add(&p->edits, t->start, t->start + 1, ""); /* datetime(2021, 01, 04) */
        } else if (t->kind == TOKEN_EXCEPT && (t + 1)->kind == TOKEN_NAME &&
                   (t + 2)->kind == TOKEN_COMMA && (t + 3)->kind == TOKEN_NAME &&
                   (t + 4)->kind == TOKEN_COLON) {
            ape__edits_add(&p->edits, (t + 2)->start, (t + 2)->end, " as");
        }
    }
}

/* i++ as a statement */
static void propose_increment(ape__job *job, ape__proposal *p, size_t i)
{
    const ape__token *t = ape__token_at(job, i);

    if (t->kind == TOKEN_NAME && (t + 1)->kind == (t + 2)->kind && (t + 1)->end == (t + 2)->start &&
        ((t + 1)->kind == TOKEN_PLUS || (t + 1)->kind == TOKEN_MINUS) &&
        ape__end_of_line(job, i) == i + 3)
        ape__edits_add(&p->edits, t->end, (t + 2)->end,
                       (t + 1)->kind == TOKEN_PLUS ? " += 1" : " -= 1");
}

/* const x = 1 */
static void propose_declaration(ape__job *job, ape__proposal *p, size_t i)
{
    const ape__token *t = ape__token_at(job, i);

    if (t->kind == TOKEN_NAME && (t + 1)->kind == TOKEN_NAME && (t + 2)->kind == TOKEN_EQUAL &&
        (ape__is_word(job, t, "const") || ape__is_word(job, t, "let") ||
         ape__is_word(job, t, "var")))
        ape__edits_add(&p->edits, t->start, (t + 1)->start, "");
}

/* raise ValueError, "text" */
static void propose_raise(ape__job *job, ape__proposal *p, size_t i)
{
    const ape__token *t = ape__token_at(job, i);
    size_t end = ape__end_of_line(job, i);

    if (t->kind != TOKEN_RAISE || (t + 1)->kind != TOKEN_NAME || (t + 2)->kind != TOKEN_COMMA ||
        end < i + 4)
        return;
    ape__edits_add(&p->edits, (t + 2)->start, (t + 3)->start, "(");
    ape__edits_add(&p->edits, ape__token_at(job, end - 1)->end, ape__token_at(job, end - 1)->end,
                   ")");
}

/* x = test ? one : other, where nothing but the name of the result stands before it */
static void propose_choice(ape__job *job, ape__proposal *p, size_t i)
{
    const ape__token *t = ape__token_at(job, i);
    size_t first = t->kind == TOKEN_RETURN ? i + 1 : i + 2, end = ape__end_of_line(job, i);
    size_t mark = 0, colon = 0;
    int depth = 0;

    if (t->kind != TOKEN_RETURN && !(t->kind == TOKEN_NAME && (t + 1)->kind == TOKEN_EQUAL))
        return;
    for (size_t k = first; k < end; k++) {
        const ape__token *u = ape__token_at(job, k);
        bool question = u->kind == TOKEN_ERROR && job->source.text[u->start] == '?';

        depth += u->kind == TOKEN_LEFT_PAREN || u->kind == TOKEN_LEFT_BRACKET ||
                 u->kind == TOKEN_LEFT_BRACE;
        depth -= u->kind == TOKEN_RIGHT_PAREN || u->kind == TOKEN_RIGHT_BRACKET ||
                 u->kind == TOKEN_RIGHT_BRACE;
        if ((question && (mark || depth)) || (u->kind == TOKEN_COLON && depth == 0 && colon))
            return;
        if (question)
            mark = k;
        else if (u->kind == TOKEN_COLON && depth == 0)
            colon = k;
    }
    if (mark <= first || colon <= mark + 1 || colon + 1 >= end)
        return;
    ape__edits_add(&p->edits, ape__token_at(job, first)->start, ape__token_at(job, first)->start,
                   ape__arena_format(&job->arena, "%.*s if ",
                                     (int)(ape__token_at(job, colon - 1)->end -
                                           ape__token_at(job, mark + 1)->start),
                                     job->source.text + ape__token_at(job, mark + 1)->start));
    ape__edits_add(&p->edits, ape__token_at(job, mark - 1)->end, ape__token_at(job, colon)->end,
                   " else");
}

/* On a line of its own: behind colons each line would be read as often as it has some. */
static bool begins_line(const ape__job *job, size_t i)
{
    return ape__starts_line(job, i) && (i == 0 || ape__token_at(job, i - 1)->kind != TOKEN_COLON);
}

void ape__propose_statements(ape__job *job, ape__proposal *p)
{
    for (size_t i = 0; i + 4 < job->parse.tokens.count; i++) {
        if (!begins_line(job, i))
            continue;
        propose_increment(job, p, i);
        propose_declaration(job, p, i);
        propose_raise(job, p, i);
        propose_choice(job, p, i);
    }
}
