/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser.h"

#include <string.h>

#include "code_sanitizer/python/nfkc.h"
#include "code_sanitizer/python/parser_internal.h"

void ape__p_fail_at(ape__parser *p, uint32_t token, const char *message)
{
    if (p->failed)
        return;
    p->failed = true;
    p->error_token = token;
    p->message = message;
    if (p->tokens[token].kind == TOKEN_ERROR)
        p->message = ape__lex_error_message((ape__lex_error)p->tokens[token].detail);
}

void ape__p_fail(ape__parser *p, const char *message)
{
    ape__p_fail_at(p, p->at, message);
}

void ape__p_fail_node(ape__parser *p, const ape__node *node, const char *message)
{
    uint32_t token = p->at;

    while (token > 0 && p->tokens[token].start > node->start)
        token--;
    ape__p_fail_at(p, token, message);
}

void ape__p_advance(ape__parser *p)
{
    const ape__token *t = &p->tokens[p->at];

    if (p->failed)
        return;
    if (t->kind > TOKEN_DEDENT)
        p->last_end = t->end;
    if (t->kind != TOKEN_END)
        p->at++;
}

bool ape__p_accept(ape__parser *p, ape__token_kind kind)
{
    if (ape__p_kind(p) != kind)
        return false;
    ape__p_advance(p);
    return true;
}

bool ape__p_expect(ape__parser *p, ape__token_kind kind, const char *message)
{
    if (ape__p_accept(p, kind))
        return true;
    ape__p_fail(p, message);
    return false;
}

bool ape__p_is_word(const ape__parser *p, uint32_t ahead, const char *word)
{
    const ape__token *t = &p->tokens[p->at + ahead];
    size_t size = strlen(word);

    return ape__p_ahead(p, ahead) == TOKEN_NAME && t->end - t->start == size &&
           memcmp(p->text + t->start, word, size) == 0;
}

ape__name ape__p_name(ape__parser *p)
{
    const ape__token *t = &p->tokens[p->at];

    if (!ape__p_expect(p, TOKEN_NAME, "invalid syntax"))
        return (ape__name){ "", 0 };
    return ape__p_normal(p, t->start, t->end);
}

ape__name ape__p_normal(ape__parser *p, uint32_t start, uint32_t end)
{
    ape__name name = ape__nfkc(p->arena, p->text + start, end - start);

    p->renamed = p->renamed || name.text != p->text + start;
    return name;
}

bool ape__p_enter(ape__parser *p)
{
    p->depth++;
    if (p->depth <= APE__PARSER_DEPTH_MAX)
        return true;
    ape__p_fail(p, "too many nested parentheses");
    return false;
}

static ape__node *out_of_memory(ape__parser *p)
{
    p->failed = p->no_memory = true;
    memset(&p->scratch, 0, sizeof(p->scratch));
    p->scratch.kind = NODE_ERROR;
    return &p->scratch;
}

ape__node *ape__p_new(ape__parser *p, ape__node_kind kind, uint32_t start)
{
    ape__node *node = ape__arena_alloc(p->arena, sizeof(*node));

    if (!node)
        return out_of_memory(p);
    node->kind = (uint8_t)kind;
    node->start = node->outer_start = start;
    node->end = node->outer_end = start;
    return node;
}

static uint16_t higher(uint16_t depth, const ape__node *child)
{
    return child && child->depth > depth ? child->depth : depth;
}

static uint16_t highest(uint16_t depth, const ape__nodes *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        depth = higher(depth, list->items[i]);
    return depth;
}

ape__node *ape__p_finish(ape__parser *p, ape__node *node)
{
    uint16_t depth = higher(higher(higher(0, node->a), node->b), node->c);

    node->end = node->outer_end = p->last_end;
    node->depth = (uint16_t)(highest(highest(depth, &node->list), &node->list2) + 1);
    if (node->depth > APE__TREE_DEPTH_MAX)
        ape__p_fail(p, "the code is nested too deeply");
    return node;
}

void ape__p_push(ape__parser *p, ape__node *node)
{
    if (p->stack_count == p->stack_capacity) {
        size_t capacity = p->stack_capacity ? p->stack_capacity * 2 : 64;
        ape__node **stack = ape__resize(p->host, p->stack, p->stack_capacity * sizeof(*stack),
                                        capacity * sizeof(*stack));

        if (!stack) {
            out_of_memory(p);
            return;
        }
        p->stack = stack;
        p->stack_capacity = capacity;
    }
    p->stack[p->stack_count++] = node;
}

ape__nodes ape__p_list(ape__parser *p, size_t mark)
{
    ape__nodes list = { NULL, (uint32_t)(p->stack_count - mark) };

    p->stack_count = mark;
    if (list.count == 0)
        return list;
    list.items = ape__arena_alloc(p->arena, list.count * sizeof(*list.items));
    if (!list.items) {
        out_of_memory(p);
        list.count = 0;
        return list;
    }
    memcpy(list.items, p->stack + mark, list.count * sizeof(*list.items));
    return list;
}

/* Behind a statement that went wrong, with the block it may have. */
static void skip_statement(ape__parser *p)
{
    while (!ape__p_is(p, TOKEN_NEWLINE) && !ape__p_is(p, TOKEN_END))
        p->at++;
    ape__p_accept(p, TOKEN_NEWLINE);
    if (!ape__p_is(p, TOKEN_INDENT))
        return;
    for (int level = 0; !ape__p_is(p, TOKEN_END);) {
        level += ape__p_is(p, TOKEN_INDENT) - ape__p_is(p, TOKEN_DEDENT);
        p->at++;
        if (level == 0)
            break;
    }
}

static void record_error(ape__parser *p, ape__parse *out)
{
    const ape__token *t = &p->tokens[p->error_token];

    if (out->error_count++ > 0)
        return;
    out->message = p->message;
    out->error_start = t->start;
    out->error_end = t->end;
    out->at_end = t->kind == TOKEN_END || t->kind == TOKEN_DEDENT ||
                  (t->kind == TOKEN_ERROR && ape__lex_error_is_at_end((ape__lex_error)t->detail)) ||
                  (t->kind == TOKEN_NEWLINE && p->error_token + 2 >= p->token_count);
}

static void recover(ape__parser *p, ape__parse *out, uint32_t start, size_t mark)
{
    uint32_t from = p->tokens[start].start;

    record_error(p, out);
    p->failed = false;
    p->depth = 0;
    p->stack_count = mark;
    if (p->at < p->error_token)
        p->at = p->error_token;
    if (p->at == start && ape__p_kind(p) <= TOKEN_DEDENT && !ape__p_is(p, TOKEN_END))
        p->at++;
    skip_statement(p);
    p->last_end = p->at > 0 ? p->tokens[p->at - 1].end : 0;
    ape__p_push(p, ape__p_finish(p, ape__p_new(p, NODE_ERROR, from)));
}

static void parse_module(ape__parser *p, bool to_error, ape__parse *out)
{
    size_t mark = p->stack_count;

    while (!p->no_memory && !ape__p_is(p, TOKEN_END) && !(to_error && out->error_count > 0)) {
        uint32_t start = p->at;
        size_t before = p->stack_count;

        ape__p_statement(p);
        if (p->failed && !p->no_memory)
            recover(p, out, start, before);
    }
    out->module = ape__p_new(p, NODE_MODULE, 0);
    out->module->list = ape__p_list(p, mark);
    ape__p_finish(p, out->module);
}

static void check_names(ape__arena *arena, int minor, ape__parse *out)
{
    ape__symbol_error error;

    if (out->error_count > 0 || !ape__check_symbols(arena, out->module, minor, &error))
        return;
    out->error_count = 1;
    out->message = error.message;
    out->error_start = error.start;
    out->error_end = error.end;
}

/* All that follows the lexing. */
static ape_status parse(ape__arena *arena, const char *text, int minor, bool to_error,
                        ape__parse *out)
{
    ape__parser p = { .arena = arena, .text = text, .minor = minor, .host = arena->host };

    p.tokens = out->tokens.items;
    p.token_count = (uint32_t)out->tokens.count;
    parse_module(&p, to_error, out);
    ape__free(p.host, p.stack, p.stack_capacity * sizeof(*p.stack));
    out->renamed = p.renamed;
    if (p.no_memory)
        return APE_ERR_NO_MEMORY;
    if (out->error_count == 0 && out->tokens.error_count > 0) {
        /* an error token that no statement met, as one between statements */
        p.failed = false;
        ape__p_fail_at(&p, out->tokens.first_error, "invalid syntax");
        record_error(&p, out);
    }
    check_names(arena, minor, out);
    return arena->failed ? APE_ERR_NO_MEMORY : APE_OK;
}

ape_status ape__parse_python(ape__arena *arena, const char *text, size_t size, int minor,
                             ape__parse *out)
{
    ape_status st;

    *out = (ape__parse){ 0 };
    st = ape__lex(arena->host, text, size, minor, &out->tokens);
    return st == APE_OK ? parse(arena, text, minor, false, out) : st;
}

ape_status ape__parse_program(ape__arena *arena, const char *text, size_t size, int minor,
                              ape__parse *out)
{
    ape_status st;

    *out = (ape__parse){ 0 };
    st = ape__lex_to_error(arena->host, text, size, minor, &out->tokens);
    if (st == APE_OK && out->tokens.error_count > 0)
        out->error_count = 1;
    else if (st == APE_OK)
        st = parse(arena, text, minor, true, out);
    if (out->error_count > 0)
        out->module = NULL;
    return st;
}

void ape__parse_clear(ape__parse *parse)
{
    ape__tokens_clear(&parse->tokens);
}
