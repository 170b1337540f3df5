/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/python/parser_internal.h"

static bool is_single_target(const ape__node *node)
{
    return node->kind == NODE_NAME || node->kind == NODE_ATTRIBUTE || node->kind == NODE_SUBSCRIPT;
}

static ape__node *parse_annotated(ape__parser *p, ape__node *target)
{
    ape__node *node = ape__p_new(p, NODE_ANN_ASSIGN, target->outer_start);

    if (target->kind == NODE_LIST || target->kind == NODE_TUPLE)
        ape__p_fail_node(p, target, "only single target (not tuple) can be annotated");
    else if (!is_single_target(target))
        ape__p_fail_node(p, target, "illegal target for annotation");
    ape__p_make_target(p, target, NODE_STORE);
    node->op = target->kind == NODE_NAME && !(target->flags & NODE_IN_PARENTHESES);
    node->a = target;
    ape__p_advance(p);
    node->b = ape__p_expression(p);
    if (ape__p_accept(p, TOKEN_EQUAL))
        node->c = ape__p_value(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_augmented(ape__parser *p, ape__node *target)
{
    ape__node *node = ape__p_new(p, NODE_AUG_ASSIGN, target->outer_start);

    if (!is_single_target(target))
        ape__p_fail_node(p, target, "illegal expression for augmented assignment");
    ape__p_make_target(p, target, NODE_STORE);
    node->a = target;
    node->op = (uint8_t)(ape__p_kind(p) - TOKEN_PLUS_EQUAL + TOKEN_PLUS);
    ape__p_advance(p);
    node->b = ape__p_value(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_assignment(ape__parser *p, ape__node *first)
{
    ape__node *node = ape__p_new(p, NODE_ASSIGN, first->outer_start), *last = first;
    size_t mark = p->stack_count;

    while (ape__p_accept(p, TOKEN_EQUAL)) {
        if (last->kind == NODE_STARRED)
            ape__p_fail_node(p, last, "starred assignment target must be in a list or tuple");
        ape__p_make_target(p, last, NODE_STORE);
        ape__p_push(p, last);
        last = ape__p_value(p);
    }
    node->a = last;
    node->list = ape__p_list(p, mark);
    if (!p->failed && last->kind == NODE_STARRED)
        ape__p_fail_node(p, last, "can't use starred expression here");
    return ape__p_finish(p, node);
}

static ape__node *parse_expression_statement(ape__parser *p)
{
    ape__node *first = ape__p_value(p), *node;
    ape__token_kind kind = ape__p_kind(p);

    if (kind == TOKEN_EQUAL)
        return parse_assignment(p, first);
    if (kind == TOKEN_COLON)
        return parse_annotated(p, first);
    if (kind >= TOKEN_PLUS_EQUAL && kind <= TOKEN_DOUBLE_STAR_EQUAL)
        return parse_augmented(p, first);
    if (first->kind == NODE_STARRED)
        ape__p_fail_node(p, first, "can't use starred expression here");
    node = ape__p_new(p, NODE_EXPR, first->outer_start);
    node->a = first;
    return ape__p_finish(p, node);
}

static bool ends_simple(ape__token_kind kind)
{
    return kind == TOKEN_NEWLINE || kind == TOKEN_SEMICOLON || kind == TOKEN_END;
}

static ape__node *parse_return(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_RETURN, ape__p_start(p));

    ape__p_advance(p);
    if (!ends_simple(ape__p_kind(p)))
        node->a = ape__p_star_expressions(p);
    if (node->a && !p->failed && node->a->kind == NODE_STARRED)
        ape__p_fail_node(p, node->a, "can't use starred expression here");
    return ape__p_finish(p, node);
}

static ape__node *parse_raise(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_RAISE, ape__p_start(p));

    ape__p_advance(p);
    if (ends_simple(ape__p_kind(p)))
        return ape__p_finish(p, node);
    node->a = ape__p_expression(p);
    if (ape__p_accept(p, TOKEN_FROM))
        node->b = ape__p_expression(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_assert(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_ASSERT, ape__p_start(p));

    ape__p_advance(p);
    node->a = ape__p_expression(p);
    if (ape__p_accept(p, TOKEN_COMMA))
        node->b = ape__p_expression(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_names(ape__parser *p, ape__node_kind kind)
{
    ape__node *node = ape__p_new(p, kind, ape__p_start(p));
    size_t mark = p->stack_count;

    ape__p_advance(p);
    do {
        ape__node *name = ape__p_new(p, NODE_NAME, ape__p_start(p));

        name->name = ape__p_name(p);
        ape__p_push(p, ape__p_finish(p, name));
    } while (ape__p_accept(p, TOKEN_COMMA));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static ape__node *parse_delete(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_DELETE, ape__p_start(p));
    size_t mark = p->stack_count;

    ape__p_advance(p);
    do {
        ape__node *target = ape__p_bitwise_or(p);

        ape__p_make_target(p, target, NODE_DEL);
        ape__p_push(p, target);
    } while (ape__p_accept(p, TOKEN_COMMA) && !ends_simple(ape__p_kind(p)));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

/* The names from one token to another with dots between them, whatever stands there. */
static ape__name join_dotted(ape__parser *p, uint32_t first, uint32_t last)
{
    uint32_t size = 0;
    char *text;

    for (uint32_t i = first; i <= last; i += 2)
        size += ape__p_normal(p, p->tokens[i].start, p->tokens[i].end).size + 1;
    text = ape__arena_alloc(p->arena, size);
    size = 0;
    for (uint32_t i = first; text && i <= last; i += 2) {
        ape__name part = ape__p_normal(p, p->tokens[i].start, p->tokens[i].end);

        memcpy(text + size, part.text, part.size);
        size += part.size;
        text[size++] = '.';
    }
    return text ? (ape__name){ text, size - 1 } : (ape__name){ "", 0 };
}

/* "a.b.c", also where it is written "a . b.c". */
static ape__name parse_dotted(ape__parser *p)
{
    uint32_t first = p->at, start = ape__p_start(p), size = ape__p_name(p).size;

    while (ape__p_accept(p, TOKEN_DOT))
        size += 1 + ape__p_name(p).size;
    if (p->failed)
        return (ape__name){ "", 0 };
    if (size == p->last_end - start && !p->renamed)
        return (ape__name){ p->text + start, size };
    return join_dotted(p, first, p->at - 1);
}

static void parse_as(ape__parser *p, ape__node *alias)
{
    if (!ape__p_accept(p, TOKEN_AS))
        return;
    alias->a = ape__p_new(p, NODE_NAME, ape__p_start(p));
    alias->a->name = ape__p_name(p);
    ape__p_finish(p, alias->a);
    ape__p_make_target(p, alias->a, NODE_STORE);
}

static ape__node *parse_import(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_IMPORT, ape__p_start(p));
    size_t mark = p->stack_count;

    ape__p_advance(p);
    do {
        ape__node *alias = ape__p_new(p, NODE_ALIAS, ape__p_start(p));

        alias->name = parse_dotted(p);
        parse_as(p, alias);
        ape__p_push(p, ape__p_finish(p, alias));
    } while (ape__p_accept(p, TOKEN_COMMA));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static void parse_imported_names(ape__parser *p, bool parenthesized)
{
    do {
        ape__node *alias;

        if (parenthesized && ape__p_is(p, TOKEN_RIGHT_PAREN))
            break;
        alias = ape__p_new(p, NODE_ALIAS, ape__p_start(p));
        alias->name = ape__p_name(p);
        parse_as(p, alias);
        ape__p_push(p, ape__p_finish(p, alias));
    } while (ape__p_accept(p, TOKEN_COMMA));
}

static ape__node *parse_import_from(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_IMPORT_FROM, ape__p_start(p)), *alias;
    size_t mark = p->stack_count;
    uint32_t dots = 0;

    ape__p_advance(p);
    while (ape__p_is(p, TOKEN_DOT) || ape__p_is(p, TOKEN_ELLIPSIS)) {
        dots += ape__p_is(p, TOKEN_DOT) ? 1 : 3;
        ape__p_advance(p);
    }
    node->op = (uint8_t)(dots < 255 ? dots : 255);
    if (dots == 0 || !ape__p_is(p, TOKEN_IMPORT))
        node->name = parse_dotted(p);
    ape__p_expect(p, TOKEN_IMPORT, "invalid syntax");
    if (ape__p_is(p, TOKEN_STAR)) {
        alias = ape__p_new(p, NODE_ALIAS, ape__p_start(p));
        alias->name = (ape__name){ p->text + ape__p_start(p), 1 };
        ape__p_advance(p);
        ape__p_push(p, ape__p_finish(p, alias));
    } else if (ape__p_accept(p, TOKEN_LEFT_PAREN)) {
        if (ape__p_is(p, TOKEN_RIGHT_PAREN))
            ape__p_fail(p, "invalid syntax");
        parse_imported_names(p, true);
        ape__p_expect(p, TOKEN_RIGHT_PAREN, "invalid syntax");
    } else {
        parse_imported_names(p, false);
        if (!p->failed && p->tokens[p->at - 1].kind == TOKEN_COMMA)
            ape__p_fail(p, "trailing comma not allowed without surrounding parentheses");
    }
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

/* type X[T] = ...: nowhere else do two names stand side by side. */
static bool is_type_alias(const ape__parser *p)
{
    return p->minor >= 12 && ape__p_is_word(p, 0, "type") && ape__p_ahead(p, 1) == TOKEN_NAME;
}

static ape__node *parse_type_alias(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_TYPE_ALIAS, ape__p_start(p));

    ape__p_advance(p);
    node->a = ape__p_new(p, NODE_NAME, ape__p_start(p));
    node->a->name = ape__p_name(p);
    ape__p_finish(p, node->a);
    ape__p_make_target(p, node->a, NODE_STORE);
    node->c = ape__p_type_params(p);
    ape__p_expect(p, TOKEN_EQUAL, "invalid syntax");
    node->b = ape__p_expression(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_word(ape__parser *p, ape__node_kind kind)
{
    ape__node *node = ape__p_new(p, kind, ape__p_start(p));

    ape__p_advance(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_simple(ape__parser *p)
{
    switch (ape__p_kind(p)) {
    case TOKEN_RETURN:
        return parse_return(p);
    case TOKEN_RAISE:
        return parse_raise(p);
    case TOKEN_ASSERT:
        return parse_assert(p);
    case TOKEN_DEL:
        return parse_delete(p);
    case TOKEN_GLOBAL:
        return parse_names(p, NODE_GLOBAL);
    case TOKEN_NONLOCAL:
        return parse_names(p, NODE_NONLOCAL);
    case TOKEN_IMPORT:
        return parse_import(p);
    case TOKEN_FROM:
        return parse_import_from(p);
    case TOKEN_PASS:
        return parse_word(p, NODE_PASS);
    case TOKEN_BREAK:
        return parse_word(p, NODE_BREAK);
    case TOKEN_CONTINUE:
        return parse_word(p, NODE_CONTINUE);
    case TOKEN_INDENT:
        ape__p_fail(p, "unexpected indent");
        return &p->scratch;
    case TOKEN_DEDENT:
        ape__p_fail(p, "unexpected unindent");
        return &p->scratch;
    default:
        return is_type_alias(p) ? parse_type_alias(p) : parse_expression_statement(p);
    }
}

/* Simple statements up to the end of the line. */
static void parse_simple_statements(ape__parser *p)
{
    do {
        ape__p_push(p, parse_simple(p));
    } while (ape__p_accept(p, TOKEN_SEMICOLON) && !ape__p_is(p, TOKEN_NEWLINE));
    ape__p_expect(p, TOKEN_NEWLINE, "invalid syntax");
}

void ape__p_statement(ape__parser *p)
{
    ape__node *node = ape__p_compound(p);

    if (node)
        ape__p_push(p, node);
    else
        parse_simple_statements(p);
}

ape__nodes ape__p_block(ape__parser *p)
{
    size_t mark = p->stack_count;

    ape__p_expect(p, TOKEN_COLON, "expected ':'");
    if (!ape__p_accept(p, TOKEN_NEWLINE)) {
        if (ape__p_kind(p) != TOKEN_ERROR)
            parse_simple_statements(p);
        else
            ape__p_fail(p, "invalid syntax");
        return ape__p_list(p, mark);
    }
    ape__p_expect(p, TOKEN_INDENT, "expected an indented block");
    while (!p->failed && !ape__p_accept(p, TOKEN_DEDENT))
        ape__p_statement(p);
    return ape__p_list(p, mark);
}
