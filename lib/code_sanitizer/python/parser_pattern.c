/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser_internal.h"

static ape__node *parse_pattern(ape__parser *p);

/* Python's open sequence: "case a, *b:". */
static ape__node *parse_maybe_star(ape__parser *p)
{
    ape__node *node;

    if (!ape__p_is(p, TOKEN_STAR))
        return parse_pattern(p);
    node = ape__p_new(p, NODE_MATCH_STAR, ape__p_start(p));
    ape__p_advance(p);
    node->name = ape__p_name(p);
    if (ape__name_is(node->name, "_"))
        node->name.size = 0;
    return ape__p_finish(p, node);
}

static ape__node *parse_number(ape__parser *p)
{
    uint32_t start = ape__p_start(p);
    bool minus = ape__p_accept(p, TOKEN_MINUS);
    ape__node *node;

    if (!ape__p_is(p, TOKEN_NUMBER)) {
        ape__p_fail(p, "invalid syntax");
        return &p->scratch;
    }
    node = ape__p_number(p);
    if (minus) {
        ape__node *negative = ape__p_new(p, NODE_UNARY_OP, start);

        negative->op = TOKEN_MINUS;
        negative->a = node;
        node = ape__p_finish(p, negative);
    }
    return node;
}

static const ape__node *magnitude(const ape__node *node)
{
    return node->kind == NODE_UNARY_OP ? node->a : node;
}

/* -1, 2.5, 1 + 2j. */
static ape__node *parse_complex(ape__parser *p)
{
    ape__node *left = parse_number(p), *node;

    if (!ape__p_is(p, TOKEN_PLUS) && !ape__p_is(p, TOKEN_MINUS))
        return left;
    if (ape__node_is_constant(magnitude(left), CONSTANT_IMAGINARY))
        ape__p_fail_node(p, left, "real number required in complex literal");
    node = ape__p_new(p, NODE_BIN_OP, left->start);
    node->op = (uint8_t)ape__p_kind(p);
    node->a = left;
    ape__p_advance(p);
    if (!ape__p_is(p, TOKEN_NUMBER)) {
        ape__p_fail(p, "invalid syntax");
        return node;
    }
    node->b = ape__p_number(p);
    if (!ape__node_is_constant(node->b, CONSTANT_IMAGINARY))
        ape__p_fail_node(p, node->b, "imaginary number required in complex literal");
    return ape__p_finish(p, node);
}

static ape__node *parse_value(ape__parser *p, ape__node *(*inner)(ape__parser *p))
{
    ape__node *node = ape__p_new(p, NODE_MATCH_VALUE, ape__p_start(p));

    node->a = inner(p);
    if (!p->failed && node->a->kind == NODE_JOINED)
        ape__p_fail_node(p, node->a, "patterns may only match literals and attribute lookups");
    return ape__p_finish(p, node);
}

static ape__node *parse_singleton(ape__parser *p, ape__constant constant)
{
    ape__node *node = ape__p_new(p, NODE_MATCH_SINGLETON, ape__p_start(p));

    node->op = (uint8_t)constant;
    ape__p_advance(p);
    return ape__p_finish(p, node);
}

/* a.b.c, or one name. */
static ape__node *parse_name_or_attribute(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_NAME, ape__p_start(p));

    node->name = ape__p_name(p);
    ape__p_finish(p, node);
    while (ape__p_accept(p, TOKEN_DOT)) {
        ape__node *attribute = ape__p_new(p, NODE_ATTRIBUTE, node->start);

        attribute->a = node;
        attribute->name = ape__p_name(p);
        node = ape__p_finish(p, attribute);
    }
    return node;
}

static ape__node *parse_class_pattern(ape__parser *p, ape__node *class)
{
    ape__node *node = ape__p_new(p, NODE_MATCH_CLASS, class->start);
    size_t mark = p->stack_count;
    bool keywords = false;

    node->a = class;
    ape__p_advance(p);
    while (!p->failed && !ape__p_is(p, TOKEN_RIGHT_PAREN)) {
        if (ape__p_is(p, TOKEN_NAME) && ape__p_ahead(p, 1) == TOKEN_EQUAL) {
            ape__node *keyword = ape__p_new(p, NODE_KEYWORD, ape__p_start(p));

            if (!keywords)
                node->list = ape__p_list(p, mark);
            keywords = true;
            keyword->name = ape__p_name(p);
            ape__p_advance(p);
            keyword->a = parse_pattern(p);
            ape__p_push(p, ape__p_finish(p, keyword));
        } else {
            if (keywords)
                ape__p_fail(p, "positional patterns follow keyword patterns");
            ape__p_push(p, parse_pattern(p));
        }
        if (!ape__p_accept(p, TOKEN_COMMA))
            break;
    }
    ape__p_expect(p, TOKEN_RIGHT_PAREN, "invalid syntax");
    if (keywords)
        node->list2 = ape__p_list(p, mark);
    else
        node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static ape__node *parse_name_pattern(ape__parser *p)
{
    ape__node *name = parse_name_or_attribute(p), *node;

    if (ape__p_is(p, TOKEN_LEFT_PAREN))
        return parse_class_pattern(p, name);
    if (name->kind == NODE_ATTRIBUTE) {
        node = ape__p_new(p, NODE_MATCH_VALUE, name->start);
        node->a = name;
        return ape__p_finish(p, node);
    }
    node = ape__p_new(p, NODE_MATCH_AS, name->start);
    if (!ape__name_is(name->name, "_"))
        node->name = name->name;
    return ape__p_finish(p, node);
}

static ape__nodes parse_sequence_items(ape__parser *p, ape__token_kind closing)
{
    size_t mark = p->stack_count;

    while (!p->failed && !ape__p_is(p, closing)) {
        ape__p_push(p, parse_maybe_star(p));
        if (!ape__p_accept(p, TOKEN_COMMA))
            break;
    }
    return ape__p_list(p, mark);
}

static ape__node *parse_group_or_sequence(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_MATCH_SEQUENCE, ape__p_start(p));
    bool comma;

    ape__p_advance(p);
    node->list = parse_sequence_items(p, TOKEN_RIGHT_PAREN);
    comma = p->at > 0 && p->tokens[p->at - 1].kind == TOKEN_COMMA;
    ape__p_expect(p, TOKEN_RIGHT_PAREN, "invalid syntax");
    if (!p->failed && node->list.count == 1 && !comma &&
        node->list.items[0]->kind != NODE_MATCH_STAR) {
        ape__node *inner = node->list.items[0];

        inner->outer_start = node->start;
        inner->outer_end = p->last_end;
        return inner;
    }
    if (!p->failed && node->list.count == 1 && !comma)
        ape__p_fail(p, "invalid syntax");
    return ape__p_finish(p, node);
}

static ape__node *parse_list_pattern(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_MATCH_SEQUENCE, ape__p_start(p));

    ape__p_advance(p);
    node->list = parse_sequence_items(p, TOKEN_RIGHT_BRACKET);
    ape__p_expect(p, TOKEN_RIGHT_BRACKET, "invalid syntax");
    return ape__p_finish(p, node);
}

static ape__node *singleton_constant(ape__parser *p, ape__constant constant)
{
    ape__node *node = ape__p_new(p, NODE_CONSTANT, ape__p_start(p));

    node->op = (uint8_t)constant;
    ape__p_advance(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_mapping_key(ape__parser *p)
{
    ape__node *node;

    switch (ape__p_kind(p)) {
    case TOKEN_NONE:
        return singleton_constant(p, CONSTANT_NONE);
    case TOKEN_TRUE:
        return singleton_constant(p, CONSTANT_TRUE);
    case TOKEN_FALSE:
        return singleton_constant(p, CONSTANT_FALSE);
    case TOKEN_STRING:
    case TOKEN_FSTRING_START:
        node = ape__p_strings(p);
        if (!p->failed && node->kind == NODE_JOINED)
            ape__p_fail_node(p, node, "patterns may only match literals and attribute lookups");
        return node;
    case TOKEN_NAME:
        node = parse_name_or_attribute(p);
        if (!p->failed && node->kind == NODE_NAME)
            ape__p_fail_node(p, node, "invalid syntax");
        return node;
    default:
        return parse_complex(p);
    }
}

static ape__node *parse_mapping(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_MATCH_MAPPING, ape__p_start(p));
    size_t mark = p->stack_count;
    ape__nodes pairs;

    ape__p_advance(p);
    while (!p->failed && !ape__p_is(p, TOKEN_RIGHT_BRACE)) {
        if (node->name.size > 0)
            ape__p_fail(p, "invalid syntax");
        if (ape__p_accept(p, TOKEN_DOUBLE_STAR)) {
            node->name = ape__p_name(p);
            if (ape__name_is(node->name, "_"))
                ape__p_fail(p, "invalid syntax");
        } else {
            ape__p_push(p, parse_mapping_key(p));
            ape__p_expect(p, TOKEN_COLON, "invalid syntax");
            ape__p_push(p, parse_pattern(p));
        }
        if (!ape__p_accept(p, TOKEN_COMMA))
            break;
    }
    ape__p_expect(p, TOKEN_RIGHT_BRACE, "invalid syntax");
    pairs = ape__p_list(p, mark);
    for (uint32_t i = 0; i + 1 < pairs.count; i += 2)
        ape__p_push(p, pairs.items[i]);
    node->list = ape__p_list(p, mark);
    for (uint32_t i = 1; i < pairs.count; i += 2)
        ape__p_push(p, pairs.items[i]);
    node->list2 = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static ape__node *parse_closed(ape__parser *p)
{
    switch (ape__p_kind(p)) {
    case TOKEN_NONE:
        return parse_singleton(p, CONSTANT_NONE);
    case TOKEN_TRUE:
        return parse_singleton(p, CONSTANT_TRUE);
    case TOKEN_FALSE:
        return parse_singleton(p, CONSTANT_FALSE);
    case TOKEN_STRING:
    case TOKEN_FSTRING_START:
        return parse_value(p, ape__p_strings);
    case TOKEN_NUMBER:
    case TOKEN_MINUS:
        return parse_value(p, parse_complex);
    case TOKEN_NAME:
        return parse_name_pattern(p);
    case TOKEN_LEFT_PAREN:
        return parse_group_or_sequence(p);
    case TOKEN_LEFT_BRACKET:
        return parse_list_pattern(p);
    case TOKEN_LEFT_BRACE:
        return parse_mapping(p);
    default:
        ape__p_fail(p, "invalid syntax");
        return &p->scratch;
    }
}

static ape__node *parse_or(ape__parser *p)
{
    ape__node *first = parse_closed(p), *node;
    size_t mark = p->stack_count;

    if (!ape__p_is(p, TOKEN_BAR))
        return first;
    node = ape__p_new(p, NODE_MATCH_OR, first->outer_start);
    ape__p_push(p, first);
    while (ape__p_accept(p, TOKEN_BAR))
        ape__p_push(p, parse_closed(p));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static ape__node *parse_as_pattern(ape__parser *p)
{
    ape__node *pattern = parse_or(p), *node;

    if (!ape__p_accept(p, TOKEN_AS))
        return pattern;
    node = ape__p_new(p, NODE_MATCH_AS, pattern->outer_start);
    node->a = pattern;
    node->name = ape__p_name(p);
    if (ape__name_is(node->name, "_"))
        ape__p_fail(p, "cannot use '_' as a target");
    if (ape__p_is(p, TOKEN_DOT) || ape__p_is(p, TOKEN_LEFT_PAREN))
        ape__p_fail(p, "invalid pattern target");
    return ape__p_finish(p, node);
}

static ape__node *parse_pattern(ape__parser *p)
{
    ape__node *node = &p->scratch;

    if (ape__p_enter(p))
        node = parse_as_pattern(p);
    ape__p_leave(p);
    return node;
}

ape__node *ape__p_pattern_top(ape__parser *p)
{
    uint32_t start = ape__p_start(p);
    ape__node *first = parse_maybe_star(p), *node;
    size_t mark = p->stack_count;

    if (!ape__p_is(p, TOKEN_COMMA)) {
        if (!p->failed && first->kind == NODE_MATCH_STAR)
            ape__p_fail(p, "invalid syntax");
        return first;
    }
    node = ape__p_new(p, NODE_MATCH_SEQUENCE, start);
    ape__p_push(p, first);
    while (ape__p_accept(p, TOKEN_COMMA) && !ape__p_is(p, TOKEN_COLON) && !ape__p_is(p, TOKEN_IF))
        ape__p_push(p, parse_maybe_star(p));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static ape__node *parse_case(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_MATCH_CASE, ape__p_start(p));

    ape__p_advance(p);
    node->a = ape__p_pattern_top(p);
    if (ape__p_accept(p, TOKEN_IF))
        node->b = ape__p_named_expression(p);
    node->list = ape__p_block(p);
    return ape__p_finish(p, node);
}

/* match is a name as well: read what follows as a subject, and see whether a
 * block that begins with case comes behind it. */
static ape__node *parse_subject(ape__parser *p)
{
    ape__node *subject, *tuple;
    size_t mark = p->stack_count;

    if (!ape__p_starts_expression(ape__p_kind(p)))
        return NULL;
    if (!ape__p_is(p, TOKEN_STAR)) {
        subject = ape__p_named_expression(p);
        if (!ape__p_is(p, TOKEN_COMMA))
            return subject;
    } else {
        return ape__p_star_expressions(p);
    }
    tuple = ape__p_new(p, NODE_TUPLE, subject->outer_start);
    ape__p_push(p, subject);
    while (ape__p_accept(p, TOKEN_COMMA) && ape__p_starts_expression(ape__p_kind(p))) {
        ape__node *item = ape__p_star_expressions(p);

        if (item->kind == NODE_TUPLE && !(item->flags & NODE_IN_PARENTHESES)) {
            for (uint32_t i = 0; i < item->list.count; i++)
                ape__p_push(p, item->list.items[i]);
            break;
        }
        ape__p_push(p, item);
    }
    tuple->list = ape__p_list(p, mark);
    return ape__p_finish(p, tuple);
}

ape__node *ape__p_match(ape__parser *p)
{
    ape__parser before = *p;
    ape__node *node = ape__p_new(p, NODE_MATCH, ape__p_start(p));
    size_t mark = p->stack_count;

    ape__p_advance(p);
    node->a = parse_subject(p);
    if (!node->a || node->a->kind == NODE_STARRED || !ape__p_accept(p, TOKEN_COLON) ||
        !ape__p_accept(p, TOKEN_NEWLINE) || !ape__p_is(p, TOKEN_INDENT) ||
        !ape__p_is_word(p, 1, "case")) {
        before.stack = p->stack;
        before.stack_capacity = p->stack_capacity;
        before.failed = before.no_memory = p->no_memory;
        *p = before;
        return NULL;
    }
    ape__p_advance(p);
    while (ape__p_is_word(p, 0, "case"))
        ape__p_push(p, parse_case(p));
    ape__p_expect(p, TOKEN_DEDENT, "expected 'case'");
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}
