/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser_internal.h"

/* Longest chain of elif that is taken. */
enum { ELIF_MAX = 500 };

static ape__nodes parse_else(ape__parser *p)
{
    return ape__p_accept(p, TOKEN_ELSE) ? ape__p_block(p) : (ape__nodes){ NULL, 0 };
}

static ape__node *parse_condition(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_IF, ape__p_start(p));

    node->flags |= ape__p_is(p, TOKEN_ELIF) ? NODE_ELIF : 0;
    ape__p_advance(p);
    node->a = ape__p_named_expression(p);
    node->list = ape__p_block(p);
    return node;
}

/* An elif is an if within the else of the one before it, so the ends and heights
 * of a chain are set from its last link on. */
static ape__node *parse_if(ape__parser *p)
{
    size_t mark = p->stack_count;
    ape__node *node = parse_condition(p);

    ape__p_push(p, node);
    while (ape__p_is(p, TOKEN_ELIF)) {
        if (p->stack_count - mark == ELIF_MAX)
            ape__p_fail(p, "too many elif branches");
        node = parse_condition(p);
        ape__p_push(p, node);
    }
    node->list2 = parse_else(p);
    ape__p_finish(p, node);
    while (p->stack_count - mark > 1) {
        ape__node *inner = p->stack[--p->stack_count];
        size_t before = p->stack_count;

        node = p->stack[before - 1];
        ape__p_push(p, inner);
        node->list2 = ape__p_list(p, before);
        ape__p_finish(p, node);
    }
    p->stack_count = mark;
    return node;
}

static ape__node *parse_while(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_WHILE, ape__p_start(p));

    ape__p_advance(p);
    node->a = ape__p_named_expression(p);
    node->list = ape__p_block(p);
    node->list2 = parse_else(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_for(ape__parser *p, uint32_t start, bool async)
{
    ape__node *node = ape__p_new(p, NODE_FOR, start);

    node->op = async;
    ape__p_advance(p);
    node->a = ape__p_target_list(p);
    if (!p->failed && node->a->kind == NODE_STARRED)
        ape__p_fail_node(p, node->a, "starred assignment target must be in a list or tuple");
    ape__p_make_target(p, node->a, NODE_STORE);
    ape__p_expect(p, TOKEN_IN, "invalid syntax");
    node->b = ape__p_star_expressions(p);
    if (!p->failed && node->b->kind == NODE_STARRED)
        ape__p_fail_node(p, node->b, "can't use starred expression here");
    node->list = ape__p_block(p);
    node->list2 = parse_else(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_with_item(ape__parser *p)
{
    ape__node *item = ape__p_new(p, NODE_WITH_ITEM, ape__p_start(p));

    item->a = ape__p_expression(p);
    if (ape__p_accept(p, TOKEN_AS)) {
        item->b = ape__p_is(p, TOKEN_STAR) ? &p->scratch : ape__p_primary(p);
        ape__p_make_target(p, item->b, NODE_STORE);
    }
    return ape__p_finish(p, item);
}

/* "(a as b, c as d):", tried on a line that may also be "(a), b:". */
static bool parse_parenthesized_items(ape__parser *p, ape__nodes *items)
{
    size_t mark = p->stack_count;
    ape__parser before = *p;

    ape__p_advance(p);
    do {
        if (ape__p_is(p, TOKEN_RIGHT_PAREN))
            break;
        ape__p_push(p, parse_with_item(p));
    } while (ape__p_accept(p, TOKEN_COMMA));
    if (ape__p_accept(p, TOKEN_RIGHT_PAREN) && ape__p_is(p, TOKEN_COLON) && p->stack_count > mark) {
        *items = ape__p_list(p, mark);
        return true;
    }
    before.stack = p->stack;
    before.stack_capacity = p->stack_capacity;
    before.failed = before.no_memory = p->no_memory;
    *p = before;
    return false;
}

static ape__node *parse_with(ape__parser *p, uint32_t start, bool async)
{
    ape__node *node = ape__p_new(p, NODE_WITH, start);
    size_t mark = p->stack_count;

    node->op = async;
    ape__p_advance(p);
    if (!(ape__p_is(p, TOKEN_LEFT_PAREN) && p->minor >= 9 &&
          parse_parenthesized_items(p, &node->list2))) {
        do {
            ape__p_push(p, parse_with_item(p));
        } while (ape__p_accept(p, TOKEN_COMMA));
        node->list2 = ape__p_list(p, mark);
    }
    node->list = ape__p_block(p);
    return ape__p_finish(p, node);
}

/* What a try statement has had so far. */
typedef struct handlers {
    bool star, plain, catch_all;
} handlers;

static ape__node *parse_handler(ape__parser *p, handlers *seen)
{
    ape__node *node = ape__p_new(p, NODE_HANDLER, ape__p_start(p));

    ape__p_advance(p);
    if (seen->catch_all)
        ape__p_fail(p, "default 'except:' must be last");
    if (p->minor >= 11 && ape__p_accept(p, TOKEN_STAR))
        seen->star = true;
    else
        seen->plain = true;
    if (seen->star && seen->plain)
        ape__p_fail(p, "cannot have both 'except' and 'except*' on the same 'try'");
    if (!ape__p_is(p, TOKEN_COLON)) {
        node->a = ape__p_expression(p);
        if (ape__p_is(p, TOKEN_COMMA))
            ape__p_fail(p, "multiple exception types must be parenthesized");
        if (ape__p_accept(p, TOKEN_AS))
            node->name = ape__p_name(p);
    } else if (seen->star) {
        ape__p_fail(p, "expected one or more exception types");
    }
    if (ape__name_is(node->name, "__debug__"))
        ape__p_fail(p, "cannot assign to __debug__");
    seen->catch_all = !node->a;
    node->list = ape__p_block(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_try(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_TRY, ape__p_start(p));
    size_t mark = p->stack_count;
    handlers seen = { false, false, false };
    bool finally = false;

    ape__p_advance(p);
    node->list = ape__p_block(p);
    while (ape__p_is(p, TOKEN_EXCEPT))
        ape__p_push(p, parse_handler(p, &seen));
    node->list2 = ape__p_list(p, mark);
    node->op = seen.star;
    node->c = ape__p_new(p, NODE_SUITE, p->last_end);
    if (node->list2.count > 0)
        node->c->list = parse_else(p);
    if (ape__p_accept(p, TOKEN_FINALLY)) {
        finally = true;
        node->c->list2 = ape__p_block(p);
    }
    if (node->list2.count == 0 && !finally)
        ape__p_fail(p, "expected 'except' or 'finally' block");
    ape__p_finish(p, node->c);
    return ape__p_finish(p, node);
}

static ape__node *parse_function(ape__parser *p, uint32_t start, bool async)
{
    ape__node *node = ape__p_new(p, NODE_FUNCTION, start);

    node->op = async;
    ape__p_advance(p);
    node->name = ape__p_name(p);
    if (ape__name_is(node->name, "__debug__"))
        ape__p_fail(p, "cannot assign to __debug__");
    node->c = ape__p_type_params(p);
    ape__p_expect(p, TOKEN_LEFT_PAREN, "expected '('");
    node->a = ape__p_parameters(p, TOKEN_RIGHT_PAREN, true);
    ape__p_expect(p, TOKEN_RIGHT_PAREN, "invalid syntax");
    if (ape__p_accept(p, TOKEN_ARROW))
        node->b = ape__p_expression(p);
    node->list = ape__p_block(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_class(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_CLASS, ape__p_start(p));

    ape__p_advance(p);
    node->name = ape__p_name(p);
    if (ape__name_is(node->name, "__debug__"))
        ape__p_fail(p, "cannot assign to __debug__");
    node->c = ape__p_type_params(p);
    node->a = ape__p_new(p, NODE_SUITE, p->last_end);
    if (ape__p_is(p, TOKEN_LEFT_PAREN))
        ape__p_call_arguments(p, node, &node->a->list, &node->a->list2);
    ape__p_finish(p, node->a);
    node->list = ape__p_block(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_async(ape__parser *p)
{
    uint32_t start = ape__p_start(p);

    ape__p_advance(p);
    if (ape__p_is(p, TOKEN_DEF))
        return parse_function(p, start, true);
    if (ape__p_is(p, TOKEN_FOR))
        return parse_for(p, start, true);
    if (ape__p_is(p, TOKEN_WITH))
        return parse_with(p, start, true);
    ape__p_fail(p, "invalid syntax");
    return &p->scratch;
}

/* Before Python 3.9 a decorator was a dotted name, maybe called. */
static bool is_old_decorator(const ape__node *node)
{
    if (node->kind == NODE_CALL)
        node = node->a;
    while (node->kind == NODE_ATTRIBUTE)
        node = node->a;
    return node->kind == NODE_NAME;
}

static ape__node *parse_decorated(ape__parser *p)
{
    size_t mark = p->stack_count;
    ape__nodes decorators;
    ape__node *node;

    while (ape__p_accept(p, TOKEN_AT)) {
        ape__node *decorator = ape__p_named_expression(p);

        if (!p->failed && p->minor < 9 && !is_old_decorator(decorator))
            ape__p_fail_node(p, decorator, "invalid syntax");
        ape__p_push(p, decorator);
        ape__p_expect(p, TOKEN_NEWLINE, "invalid syntax");
    }
    decorators = ape__p_list(p, mark);
    if (ape__p_is(p, TOKEN_DEF))
        node = parse_function(p, ape__p_start(p), false);
    else if (ape__p_is(p, TOKEN_CLASS))
        node = parse_class(p);
    else if (ape__p_is(p, TOKEN_ASYNC) && ape__p_ahead(p, 1) == TOKEN_DEF)
        node = parse_async(p);
    else {
        ape__p_fail(p, "invalid syntax");
        return &p->scratch;
    }
    node->list2 = decorators;
    return ape__p_finish(p, node);
}

ape__node *ape__p_compound(ape__parser *p)
{
    switch (ape__p_kind(p)) {
    case TOKEN_IF:
        return parse_if(p);
    case TOKEN_WHILE:
        return parse_while(p);
    case TOKEN_FOR:
        return parse_for(p, ape__p_start(p), false);
    case TOKEN_WITH:
        return parse_with(p, ape__p_start(p), false);
    case TOKEN_TRY:
        return parse_try(p);
    case TOKEN_DEF:
        return parse_function(p, ape__p_start(p), false);
    case TOKEN_CLASS:
        return parse_class(p);
    case TOKEN_ASYNC:
        return parse_async(p);
    case TOKEN_AT:
        return parse_decorated(p);
    case TOKEN_NAME:
        return p->minor >= 10 && ape__p_is_word(p, 0, "match") ? ape__p_match(p) : NULL;
    default:
        return NULL;
    }
}
