/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/proposal.h"

/* Repairs of single slips of syntax. Each proposes edits for the text as it is; a
 * proposal counts only if it leaves fewer errors, or none. */

bool ape__is_word(const ape__job *job, const ape__token *t, const char *word)
{
    return t->end - t->start == strlen(word) &&
           memcmp(job->source.text + t->start, word, strlen(word)) == 0;
}

bool ape__starts_line(const ape__job *job, size_t i)
{
    ape__token_kind before =
        i == 0 ? TOKEN_NEWLINE : (ape__token_kind)ape__token_at(job, i - 1)->kind;

    return before == TOKEN_NEWLINE || before == TOKEN_INDENT || before == TOKEN_DEDENT ||
           before == TOKEN_SEMICOLON ||
           (before == TOKEN_COLON && ape__token_at(job, i)->depth == 0);
}

size_t ape__end_of_line(const ape__job *job, size_t i)
{
    while (ape__token_at(job, i)->kind != TOKEN_NEWLINE &&
           ape__token_at(job, i)->kind != TOKEN_END &&
           ape__token_at(job, i)->kind != TOKEN_SEMICOLON)
        i++;
    return i;
}

bool ape__begins_operand(ape__token_kind kind)
{
    switch (kind) {
    case TOKEN_NAME:
    case TOKEN_NUMBER:
    case TOKEN_STRING:
    case TOKEN_FSTRING_START:
    case TOKEN_LEFT_BRACKET:
    case TOKEN_LEFT_BRACE:
    case TOKEN_NOT:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
    case TOKEN_NONE:
        return true;
    default:
        return false;
    }
}

/* print x */
static void propose_print(ape__job *job, ape__proposal *p)
{
    for (size_t i = 0; i + 1 < job->parse.tokens.count; i++) {
        const ape__token *t = ape__token_at(job, i), *next = t + 1;
        size_t end;

        if (t->kind != TOKEN_NAME || !ape__is_word(job, t, "print") || !ape__starts_line(job, i) ||
            !ape__begins_operand((ape__token_kind)next->kind))
            continue;
        end = ape__end_of_line(job, i);
        ape__edits_add(&p->edits, t->end, next->start, "(");
        ape__edits_add(&p->edits, ape__token_at(job, end - 1)->end,
                       ape__token_at(job, end - 1)->end, ")");
    }
}

/* A value that a statement gives back is printed. */
static void print_returned(ape__proposal *p, const ape__node *statement)
{
    const ape__node *value = statement->a;
    bool plain = value->kind == NODE_DICT || value->kind == NODE_NAME;

    ape__edits_add(&p->edits, statement->start, value->outer_start,
                   plain ? "print(json.dumps(" : "print(");
    ape__edits_add(&p->edits, statement->end, statement->end, plain ? "))" : ")");
}

static void note_return(ape__node *node, void *user)
{
    ape__proposal *p = user;

    if (node->kind == NODE_FUNCTION || node->kind == NODE_LAMBDA || node->kind == NODE_CLASS)
        return;
    if (node->kind == NODE_RETURN) {
        p->unsafe = true;
        if (node->a) {
            print_returned(p, node);
            ape__edits_add(&p->edits, node->end, node->end, "; raise SystemExit");
        } else {
            ape__edits_add(&p->edits, node->start, node->end, "raise SystemExit");
        }
        return;
    }
    ape__node_each_child(node, note_return, p);
}

/* return x as the last statement of the program; others end it. */
static void propose_return(ape__job *job, ape__proposal *p)
{
    const ape__nodes *body = &job->parse.module->list;
    const ape__node *last = body->count ? body->items[body->count - 1] : NULL;

    if (!job->parse.message || !strstr(job->parse.message, "outside function"))
        return;
    for (uint32_t i = 0; i < body->count; i++)
        if (body->items[i] == last && ape__node_is(last, NODE_RETURN) && last->a)
            print_returned(p, last);
        else
            note_return(body->items[i], p);
}

static bool is_async_function(const ape__node *module, ape__name name)
{
    for (uint32_t i = 0; i < module->list.count; i++)
        if (module->list.items[i]->kind == NODE_FUNCTION && module->list.items[i]->op == 1 &&
            ape__name_equal(module->list.items[i]->name, name))
            return true;
    return false;
}

typedef struct awaits {
    const ape__node *module;
    ape__proposal *p;
    uint32_t count;
    bool others;
} awaits;

static void note_await(ape__node *node, void *user)
{
    awaits *a = user;

    if (node->kind == NODE_FUNCTION || node->kind == NODE_LAMBDA || node->kind == NODE_CLASS)
        return;
    if (node->kind == NODE_AWAIT) {
        if (node->a->kind != NODE_CALL || node->a->a->kind != NODE_NAME ||
            !is_async_function(a->module, node->a->a->name))
            a->others = true;
        a->count++;
        ape__edits_add(&a->p->edits, node->start, node->a->outer_start, "asyncio.run(");
        ape__edits_add(&a->p->edits, node->end, node->end, ")");
    }
    ape__node_each_child(node, note_await, a);
}

/* await main() outside a function */
static void propose_run(ape__job *job, ape__proposal *p)
{
    awaits a = { .module = job->parse.module, .p = p };

    if (!job->parse.message || !strstr(job->parse.message, "'await' outside function"))
        return;
    ape__node_each_child(job->parse.module, note_await, &a);
    if (a.others)
        p->edits.count = 0;
    p->unsafe = a.count > 1;
}

/* if x = 1: and {1,, 2}: a token too few, a token too many. */
static void propose_token(ape__job *job, ape__proposal *p)
{
    bool test = false;

    p->unsafe = true;
    for (size_t i = 0; i + 1 < job->parse.tokens.count; i++) {
        const ape__token *t = ape__token_at(job, i);

        if (ape__starts_line(job, i))
            test = t->kind == TOKEN_IF || t->kind == TOKEN_ELIF || t->kind == TOKEN_WHILE;
        if (test && t->kind == TOKEN_EQUAL && t->depth == 0)
            ape__edits_add(&p->edits, t->start, t->end, "==");
        else if (t->kind == TOKEN_COMMA && (t + 1)->kind == TOKEN_COMMA)
            ape__edits_add(&p->edits, t->start, t->end, "");
    }
}

static bool opens_block(ape__token_kind kind)
{
    switch (kind) {
    case TOKEN_IF:
    case TOKEN_ELIF:
    case TOKEN_ELSE:
    case TOKEN_FOR:
    case TOKEN_WHILE:
    case TOKEN_DEF:
    case TOKEN_CLASS:
    case TOKEN_TRY:
    case TOKEN_EXCEPT:
    case TOKEN_FINALLY:
    case TOKEN_WITH:
        return true;
    default:
        return false;
    }
}

/* A line that opens a block, has a deeper one below it, and no colon. */
static void propose_colon(ape__job *job, ape__proposal *p)
{
    for (size_t i = 0; i + 1 < job->parse.tokens.count; i++) {
        size_t end;

        if (!opens_block((ape__token_kind)ape__token_at(job, i)->kind) || !ape__starts_line(job, i))
            continue;
        end = ape__end_of_line(job, i);
        if (ape__token_at(job, end)->kind != TOKEN_NEWLINE || end == 0 ||
            ape__token_at(job, end - 1)->kind == TOKEN_COLON ||
            end + 1 >= job->parse.tokens.count || ape__token_at(job, end + 1)->kind != TOKEN_INDENT)
            continue;
        ape__edits_add(&p->edits, ape__token_at(job, end - 1)->end,
                       ape__token_at(job, end - 1)->end, ":");
    }
}

static bool holds(const char *text, uint32_t start, uint32_t end, char c)
{
    return end > start && memchr(text + start, c, end - start);
}

/* Strings within f-strings, with the f-string's own quotes: Python 3.12 reads
 * them, so its way of cutting tokens finds them. */
static void propose_quotes(ape__job *job, ape__proposal *p)
{
    const char *text = job->source.text;
    char stack[APE__FSTRINGS_MAX];
    ape__tokens tokens;
    size_t depth = 0;

    if (ape__lex(job->arena.host, text, job->source.size, 12, &tokens) != APE_OK)
        job->no_memory = true;
    for (size_t i = 0; !job->no_memory && i < tokens.count; i++) {
        const ape__token *t = &tokens.items[i];
        uint32_t prefix = t->detail >> TOKEN_STRING_PREFIX_SHIFT;
        char quote = text[t->start + prefix], other = quote == '"' ? '\'' : '"';

        if (t->kind == TOKEN_FSTRING_START && depth < APE__FSTRINGS_MAX) {
            stack[depth++] = t->detail & TOKEN_STRING_TRIPLE ? '\0' : quote;
        } else if (t->kind == TOKEN_FSTRING_END && depth > 0) {
            depth--;
        } else if (t->kind == TOKEN_STRING && depth > 0 && quote == stack[depth - 1] &&
                   !(t->detail & TOKEN_STRING_TRIPLE) &&
                   !holds(text, t->start + prefix + 1, t->end - 1, other) &&
                   !holds(text, t->start + prefix + 1, t->end - 1, '\\')) {
            ape__edits_add(&p->edits, t->start + prefix, t->start + prefix + 1,
                           other == '"' ? "\"" : "'");
            ape__edits_add(&p->edits, t->end - 1, t->end, other == '"' ? "\"" : "'");
        }
    }
    ape__tokens_clear(&tokens);
}

static bool prints(const ape__node *statement)
{
    return statement->kind == NODE_EXPR && statement->a->kind == NODE_CALL &&
           ape__node_is_name(statement->a->a, "print");
}

/* The answer was cut off: what was printed before is all that is needed, or the
 * whole answer is lost. */
static void cut_tail(ape__job *job)
{
    const ape__nodes *body = &job->parse.module->list;
    const ape__node *last = body->count ? body->items[body->count - 1] : NULL;
    ape__edits edits = { .arena = &job->arena };
    ape__source cut;
    bool printed = false;

    if (!job->parse.at_end || !ape__node_is(last, NODE_ERROR))
        return;
    for (uint32_t i = 0; i + 1 < body->count; i++)
        printed = printed || prints(body->items[i]);
    ape__edits_add(&edits, last->start, job->source.size, "");
    if (printed && ape__job_repairs(job, "APE008") &&
        ape__source_apply(&job->arena, &job->source, &edits, &cut) &&
        ape__job_parses(job, cut.text, cut.size)) {
        ape__job_report_fixed(job, "APE008", last->start, job->source.size,
                              "the last statement was cut off; left it out");
        job->source = cut;
        job->fix_count++;
    } else {
        ape__job_report(job, "APE008", last->start, job->source.size,
                        "the answer was cut off here; send the whole program");
    }
}

/* True if the proposal was taken. */
static bool try_proposal(ape__job *job, ape__proposal *p)
{
    ape__source changed;
    uint32_t errors = job->parse.error_count;

    if (p->edits.count == 0 || !ape__job_repairs(job, p->rule) ||
        (p->unsafe && !job->config->unsafe_fixes) ||
        !ape__source_apply(&job->arena, &job->source, &p->edits, &changed))
        return false;
    if (ape__job_parse_as(job, &changed) || (!job->no_memory && job->parse.error_count < errors)) {
        ape__job_report_fixed(job, p->rule, p->edits.items[0].start, p->edits.items[0].end,
                              p->message);
        job->source = changed;
        job->fix_count++;
        return true;
    }
    ape__job_parse(job);
    return false;
}

static void note_newer(ape__node *node, void *user)
{
    const char **name = user;

    if (node->kind == NODE_MATCH)
        *name = "match";
    else if (node->kind == NODE_TRY && node->op == 1)
        *name = "except*";
    else if (node->kind == NODE_TYPE_ALIAS)
        *name = "the statement type";
    else if (node->kind == NODE_TYPE_PARAMS)
        *name = "type parameters";
    ape__node_each_child(node, note_newer, user);
}

/* What is no program here may be one for a newer Python. */
static void tell_newer(ape__job *job)
{
    int minor = ape__job_newer_python(job);
    const char *name = "its syntax";
    ape__arena arena;
    ape__parse parse;

    if (minor == 0)
        return;
    ape__arena_init(&arena, job->arena.host);
    if (ape__parse_python(&arena, job->source.text, job->source.size, minor, &parse) != APE_OK)
        job->no_memory = true;
    if (!job->no_memory) {
        note_newer(parse.module, &name);
        ape__job_report(job, "APE108", job->parse.error_start, job->parse.error_end,
                        ape__arena_format(&job->arena,
                                          "this is a program for Python 3.%d, and it runs on "
                                          "3.%d: write it without %s",
                                          minor, (int)(job->config->python / 100 % 100), name));
    }
    ape__parse_clear(&parse);
    ape__arena_clear(&arena);
}

void ape__repair_syntax(ape__job *job)
{
    static const struct {
        const char *rule, *message;
        void (*propose)(ape__job *job, ape__proposal *p);
    } repairs[] = {
        { "APE101", "put what is printed in parentheses", propose_print },
        { "APE106", "wrote operators and words as Python has them", ape__propose_foreign },
        { "APE106", "wrote a statement as Python has it", ape__propose_statements },
        { "APE107", "added the colon that opens a block", propose_colon },
        { "APE105", "changed quotes within an f-string, which end it before Python 3.12",
          propose_quotes },
        { "APE107", "wrote the one token that makes a program of it", propose_token },
        { "APE107", "added the comma that was missing at the end of a line", ape__propose_comma },
        { "APE107", "closed the bracket that was left open", ape__propose_closing },
        { "APE107", "took away a bracket that closes nothing", ape__propose_fewer },
        { "APE103", "await stands outside a function; ran it by asyncio.run()", propose_run },
        { "APE102", "return stands outside a function; printed the value and ended there instead",
          propose_return },
    };

    for (size_t i = 0; i < sizeof(repairs) / sizeof(repairs[0]); i++) {
        ape__proposal p = { repairs[i].rule, repairs[i].message, { .arena = &job->arena } };

        if (job->parse.error_count == 0 || job->no_memory || !job->parse.module)
            return;
        repairs[i].propose(job, &p);
        try_proposal(job, &p);
    }
    if (job->parse.error_count > 0 && !job->no_memory)
        cut_tail(job);
    if (!ape__job_parse(job) && !job->no_memory)
        tell_newer(job);
}
