/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser_internal.h"

/* Longest a < b < c ... that anyone writes, by a wide margin. */
enum { COMPARISONS_MAX = 64 };

/* How strongly binary operators bind; 0 for what is none. */
static int binding_power(ape__token_kind kind)
{
    switch (kind) {
    case TOKEN_BAR:
        return 1;
    case TOKEN_CARET:
        return 2;
    case TOKEN_AMPERSAND:
        return 3;
    case TOKEN_LEFT_SHIFT:
    case TOKEN_RIGHT_SHIFT:
        return 4;
    case TOKEN_PLUS:
    case TOKEN_MINUS:
        return 5;
    case TOKEN_STAR:
    case TOKEN_SLASH:
    case TOKEN_DOUBLE_SLASH:
    case TOKEN_PERCENT:
    case TOKEN_AT:
        return 6;
    default:
        return 0;
    }
}

static ape__node *parse_unary(ape__parser *p);

static ape__node *parse_power(ape__parser *p)
{
    uint32_t start = ape__p_start(p);
    ape__node *base, *power;

    if (ape__p_is(p, TOKEN_AWAIT)) {
        base = ape__p_new(p, NODE_AWAIT, start);
        ape__p_advance(p);
        base->a = ape__p_primary(p);
        ape__p_finish(p, base);
    } else {
        base = ape__p_primary(p);
    }
    if (!ape__p_accept(p, TOKEN_DOUBLE_STAR))
        return base;
    power = ape__p_new(p, NODE_BIN_OP, start);
    power->op = TOKEN_DOUBLE_STAR;
    power->a = base;
    power->b = parse_unary(p);
    return ape__p_finish(p, power);
}

static ape__node *parse_unary(ape__parser *p)
{
    ape__token_kind kind = ape__p_kind(p);
    ape__node *node;

    if (kind != TOKEN_PLUS && kind != TOKEN_MINUS && kind != TOKEN_TILDE) {
        if (!ape__p_enter(p)) {
            ape__p_leave(p);
            return &p->scratch;
        }
        node = parse_power(p);
        ape__p_leave(p);
        return node;
    }
    node = ape__p_new(p, NODE_UNARY_OP, ape__p_start(p));
    node->op = (uint8_t)kind;
    ape__p_advance(p);
    if (ape__p_enter(p))
        node->a = parse_unary(p);
    ape__p_leave(p);
    return ape__p_finish(p, node);
}

/* Operators that bind at least this strongly. Chains of one strength are a loop;
 * calls go only as deep as there are strengths. */
static ape__node *parse_binary(ape__parser *p, int least)
{
    ape__node *left = parse_unary(p);

    for (;;) {
        ape__token_kind kind = ape__p_kind(p);
        int power = binding_power(kind);
        ape__node *node;

        if (power == 0 || power < least)
            return left;
        node = ape__p_new(p, NODE_BIN_OP, left->outer_start);
        ape__p_advance(p);
        node->op = (uint8_t)kind;
        node->a = left;
        node->b = parse_binary(p, power + 1);
        left = ape__p_finish(p, node);
    }
}

ape__node *ape__p_bitwise_or(ape__parser *p)
{
    return parse_binary(p, 1);
}

/* Take a comparison operator; -1 if there is none. */
static int take_comparison(ape__parser *p)
{
    static const struct {
        uint8_t token, op;
    } simple[] = {
        { TOKEN_EQUAL_EQUAL, COMPARE_EQ }, { TOKEN_NOT_EQUAL, COMPARE_NOT_EQ },
        { TOKEN_LESS, COMPARE_LT },        { TOKEN_LESS_EQUAL, COMPARE_LT_E },
        { TOKEN_GREATER, COMPARE_GT },     { TOKEN_GREATER_EQUAL, COMPARE_GT_E },
        { TOKEN_IN, COMPARE_IN },
    };
    ape__token_kind kind = ape__p_kind(p);

    for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
        if (kind == (ape__token_kind)simple[i].token) {
            ape__p_advance(p);
            return simple[i].op;
        }
    if (ape__p_accept(p, TOKEN_IS))
        return ape__p_accept(p, TOKEN_NOT) ? COMPARE_IS_NOT : COMPARE_IS;
    if (kind == TOKEN_NOT && ape__p_ahead(p, 1) == TOKEN_IN) {
        ape__p_advance(p);
        ape__p_advance(p);
        return COMPARE_NOT_IN;
    }
    return -1;
}

static bool starts_comparison(const ape__parser *p)
{
    ape__token_kind kind = ape__p_kind(p);

    return (kind >= TOKEN_EQUAL_EQUAL && kind <= TOKEN_GREATER_EQUAL) || kind == TOKEN_IN ||
           kind == TOKEN_IS || (kind == TOKEN_NOT && ape__p_ahead(p, 1) == TOKEN_IN);
}

static ape__node *parse_comparison(ape__parser *p)
{
    ape__node *left = ape__p_bitwise_or(p), *node;
    size_t mark = p->stack_count;
    uint8_t ops[COMPARISONS_MAX];
    uint32_t count = 0;
    int op;

    if (!starts_comparison(p))
        return left;
    node = ape__p_new(p, NODE_COMPARE, left->outer_start);
    node->a = left;
    while ((op = take_comparison(p)) >= 0) {
        if (count == COMPARISONS_MAX) {
            ape__p_fail(p, "too many comparisons in one chain");
            break;
        }
        ops[count++] = (uint8_t)op;
        ape__p_push(p, ape__p_bitwise_or(p));
    }
    node->list = ape__p_list(p, mark);
    node->name = (ape__name){ ape__arena_copy(p->arena, (const char *)ops, count), count };
    return ape__p_finish(p, node);
}

static ape__node *parse_inversion(ape__parser *p)
{
    ape__node *node;

    if (!ape__p_is(p, TOKEN_NOT))
        return parse_comparison(p);
    node = ape__p_new(p, NODE_UNARY_OP, ape__p_start(p));
    node->op = TOKEN_NOT;
    ape__p_advance(p);
    if (ape__p_enter(p))
        node->a = parse_inversion(p);
    ape__p_leave(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_bool(ape__parser *p, ape__token_kind op,
                             ape__node *(*operand)(ape__parser *p))
{
    ape__node *first = operand(p), *node;
    size_t mark = p->stack_count;

    if (!ape__p_is(p, op))
        return first;
    node = ape__p_new(p, NODE_BOOL_OP, first->outer_start);
    node->op = (uint8_t)op;
    ape__p_push(p, first);
    while (ape__p_accept(p, op))
        ape__p_push(p, operand(p));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static ape__node *parse_conjunction(ape__parser *p)
{
    return parse_bool(p, TOKEN_AND, parse_inversion);
}

ape__node *ape__p_disjunction(ape__parser *p)
{
    return parse_bool(p, TOKEN_OR, parse_conjunction);
}

static ape__node *parse_lambda(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_LAMBDA, ape__p_start(p));

    ape__p_advance(p);
    node->a = ape__p_parameters(p, TOKEN_COLON, false);
    ape__p_expect(p, TOKEN_COLON, "invalid syntax");
    node->b = ape__p_expression(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_conditional(ape__parser *p)
{
    ape__node *body = ape__p_disjunction(p), *node;

    if (!ape__p_is(p, TOKEN_IF))
        return body;
    node = ape__p_new(p, NODE_IF_EXP, body->outer_start);
    ape__p_advance(p);
    node->b = body;
    node->a = ape__p_disjunction(p);
    ape__p_expect(p, TOKEN_ELSE, "expected 'else' after 'if' expression");
    node->c = ape__p_expression(p);
    return ape__p_finish(p, node);
}

ape__node *ape__p_expression(ape__parser *p)
{
    ape__node *node = &p->scratch;

    if (ape__p_enter(p))
        node = ape__p_is(p, TOKEN_LAMBDA) ? parse_lambda(p) : parse_conditional(p);
    ape__p_leave(p);
    return node;
}

ape__node *ape__p_named_expression(ape__parser *p)
{
    ape__node *node, *target;

    if (!ape__p_is(p, TOKEN_NAME) || ape__p_ahead(p, 1) != TOKEN_COLON_EQUAL)
        return ape__p_expression(p);
    node = ape__p_new(p, NODE_NAMED, ape__p_start(p));
    target = ape__p_new(p, NODE_NAME, ape__p_start(p));
    target->name = ape__p_name(p);
    node->a = ape__p_finish(p, target);
    ape__p_make_target(p, target, NODE_STORE);
    ape__p_advance(p);
    node->b = ape__p_expression(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_star_expression(ape__parser *p)
{
    ape__node *node;

    if (!ape__p_is(p, TOKEN_STAR))
        return ape__p_expression(p);
    node = ape__p_new(p, NODE_STARRED, ape__p_start(p));
    ape__p_advance(p);
    node->a = ape__p_bitwise_or(p);
    return ape__p_finish(p, node);
}

bool ape__p_starts_expression(ape__token_kind kind)
{
    switch (kind) {
    case TOKEN_NAME:
    case TOKEN_NUMBER:
    case TOKEN_STRING:
    case TOKEN_FSTRING_START:
    case TOKEN_LEFT_PAREN:
    case TOKEN_LEFT_BRACKET:
    case TOKEN_LEFT_BRACE:
    case TOKEN_ELLIPSIS:
    case TOKEN_PLUS:
    case TOKEN_MINUS:
    case TOKEN_STAR:
    case TOKEN_TILDE:
    case TOKEN_FALSE:
    case TOKEN_NONE:
    case TOKEN_TRUE:
    case TOKEN_AWAIT:
    case TOKEN_LAMBDA:
    case TOKEN_NOT:
        return true;
    default:
        return false;
    }
}

/* One, or a tuple of several, with the comma that may end it. */
static ape__node *parse_tuple_of(ape__parser *p, ape__node *(*element)(ape__parser *p))
{
    ape__node *first = element(p), *node;
    size_t mark = p->stack_count;

    if (!ape__p_is(p, TOKEN_COMMA))
        return first;
    node = ape__p_new(p, NODE_TUPLE, first->outer_start);
    ape__p_push(p, first);
    while (ape__p_accept(p, TOKEN_COMMA) && ape__p_starts_expression(ape__p_kind(p)))
        ape__p_push(p, element(p));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

ape__node *ape__p_star_expressions(ape__parser *p)
{
    return parse_tuple_of(p, parse_star_expression);
}

static ape__node *parse_target_element(ape__parser *p)
{
    ape__node *node;

    if (!ape__p_is(p, TOKEN_STAR))
        return ape__p_bitwise_or(p);
    node = ape__p_new(p, NODE_STARRED, ape__p_start(p));
    ape__p_advance(p);
    node->a = ape__p_bitwise_or(p);
    return ape__p_finish(p, node);
}

ape__node *ape__p_target_list(ape__parser *p)
{
    return parse_tuple_of(p, parse_target_element);
}

ape__node *ape__p_yield(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_YIELD, ape__p_start(p));

    ape__p_advance(p);
    if (ape__p_accept(p, TOKEN_FROM)) {
        node->kind = NODE_YIELD_FROM;
        node->a = ape__p_expression(p);
    } else if (ape__p_starts_expression(ape__p_kind(p))) {
        node->a = ape__p_star_expressions(p);
    }
    return ape__p_finish(p, node);
}

ape__node *ape__p_value(ape__parser *p)
{
    return ape__p_is(p, TOKEN_YIELD) ? ape__p_yield(p) : ape__p_star_expressions(p);
}

static const char *cannot_assign_to(const ape__node *node)
{
    switch (node->kind) {
    case NODE_CALL:
        return "cannot assign to function call";
    case NODE_COMPARE:
        return "cannot assign to comparison";
    case NODE_CONSTANT:
        return "cannot assign to literal";
    case NODE_JOINED:
        return "cannot assign to f-string expression";
    case NODE_NAMED:
        return "cannot assign to named expression";
    case NODE_LAMBDA:
        return "cannot assign to lambda";
    case NODE_IF_EXP:
        return "cannot assign to conditional expression";
    default:
        return "cannot assign to expression";
    }
}

static void make_targets(ape__parser *p, ape__node *node, uint8_t flag)
{
    uint32_t starred = 0;

    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__node *item = node->list.items[i];

        if (item->kind == NODE_STARRED && flag == NODE_STORE) {
            item->flags |= flag;
            if (++starred > 1)
                ape__p_fail_node(p, item, "multiple starred expressions in assignment");
            item = item->a;
        }
        ape__p_make_target(p, item, flag);
    }
}

void ape__p_make_target(ape__parser *p, ape__node *node, uint8_t flag)
{
    if (p->failed)
        return;
    switch (node->kind) {
    case NODE_NAME:
        if (ape__name_is(node->name, "__debug__"))
            ape__p_fail_node(p, node, "cannot assign to __debug__");
        node->flags |= flag;
        return;
    case NODE_ATTRIBUTE:
        if (ape__name_is(node->name, "__debug__"))
            ape__p_fail_node(p, node, "cannot assign to __debug__");
        node->flags |= flag;
        return;
    case NODE_SUBSCRIPT:
        node->flags |= flag;
        return;
    case NODE_TUPLE:
    case NODE_LIST:
        node->flags |= flag;
        make_targets(p, node, flag);
        return;
    default:
        ape__p_fail_node(p, node, cannot_assign_to(node));
    }
}
