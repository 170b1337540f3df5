/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/infer/infer_internal.h"
#include "code_sanitizer/python/token.h"

static const ape__value *infer_constant(ape__infer *in, ape__node *node)
{
    static const ape__kind kinds[] = {
        [CONSTANT_NONE] = KIND_NONE,       [CONSTANT_FALSE] = KIND_BOOL,
        [CONSTANT_TRUE] = KIND_BOOL,       [CONSTANT_ELLIPSIS] = KIND_UNKNOWN,
        [CONSTANT_INT] = KIND_INT,         [CONSTANT_FLOAT] = KIND_FLOAT,
        [CONSTANT_IMAGINARY] = KIND_FLOAT, [CONSTANT_STRING] = KIND_STRING,
        [CONSTANT_BYTES] = KIND_UNKNOWN,
    };
    ape__value *value = ape__infer_new(in, kinds[node->op], ORIGIN_LITERAL);

    value->literal = node;
    if (node->op == CONSTANT_STRING && node->name.size > 0 &&
        !memchr(node->name.text, ' ', node->name.size) &&
        !memchr(node->name.text, ',', node->name.size))
        value->flags |= VALUE_ONE_TICKER;
    return value;
}

static const ape__value *infer_name(ape__infer *in, ape__node *node)
{
    const ape__value *value = ape__infer_lookup(in, node->name);
    ape__value *builtin;

    if (value)
        return value;
    builtin = ape__infer_new(in, KIND_EXTERNAL, ORIGIN_LITERAL);
    builtin->name = ape__name_dotted(in->arena, "builtins", node->name);
    return builtin;
}

/* Frames and series win over arrays, arrays over numbers. */
static int rank(const ape__value *value)
{
    switch (value->kind) {
    case KIND_UNKNOWN:
        return 100;
    case KIND_FRAME:
        return 90;
    case KIND_MULTI:
        return 80;
    case KIND_DOWNLOAD:
        return 79;
    case KIND_HISTORY:
        return 78;
    case KIND_FLAT:
        return 77;
    case KIND_COLUMN:
        return 70;
    case KIND_SERIES:
        return 60;
    case KIND_ROW:
        return 50;
    case KIND_ARRAY:
        return 40;
    case KIND_INDEX:
        return 35;
    case KIND_TIME:
        return 30;
    case KIND_SCALAR:
        return 20;
    case KIND_FLOAT:
        return 10;
    case KIND_INT:
    case KIND_BOOL:
        return 5;
    default:
        return 100;
    }
}

/* What a result of both is made of. */
static void inherit_sources(ape__value *value, const ape__value *one, const ape__value *two)
{
    value->source = one->source ? one->source : two->source;
    value->source2 = one->source2 ? one->source2 : two->source2;
    if (!value->source2 && one->source && two->source && one->source != two->source)
        value->source2 = two->source;
}

static bool is_price(const ape__value *value)
{
    return value->kind == KIND_SCALAR && (value->origin & ORIGIN_MARKET);
}

static uint32_t arithmetic_flags(const ape__value *left, int op, const ape__value *right)
{
    uint32_t zero = VALUE_DISPERSION | VALUE_MAY_BE_ZERO, both = left->flags | right->flags;
    uint32_t flags = both & (VALUE_FILTERED | VALUE_TZ_AWARE | VALUE_LEADING_NAN);

    switch (op) {
    case TOKEN_STAR:
        return flags | (both & (zero | VALUE_DIFFERENCE));
    case TOKEN_DOUBLE_STAR:
        return flags | (left->flags & (zero | VALUE_DIFFERENCE));
    case TOKEN_SLASH:
        return flags | (left->flags & (zero | VALUE_DIFFERENCE));
    case TOKEN_PLUS:
        return flags | (left->flags & right->flags & zero);
    case TOKEN_MINUS:
        if (is_price(left) && is_price(right))
            flags |= VALUE_MAY_BE_ZERO;
        return flags | VALUE_DIFFERENCE;
    default:
        return flags;
    }
}

static void mark_prices(const ape__value *value)
{
    if (value->kind == KIND_HISTORY && !(value->flags & VALUE_DERIVED))
        ape__infer_mark(value, APE__MARK_USED_AS_PRICES);
}

static bool was_tested(const ape__infer *in, const ape__node *node)
{
    for (const struct ape__guard *g = in->guards; g; g = g->next)
        if (ape__node_same(g->test, node))
            return true;
    return false;
}

static void mark_division(ape__infer *in, ape__node *node, const ape__value *divisor)
{
    if (!ape__value_is_number(divisor) ||
        !(divisor->flags & (VALUE_DISPERSION | VALUE_MAY_BE_ZERO)) ||
        !(divisor->origin & ORIGIN_MARKET))
        return;
    node->marks |= APE__MARK_DIVIDES_BY_ZERO;
    if (divisor->flags & VALUE_DISPERSION)
        node->marks |= APE__MARK_DISPERSION;
    if (in->in_guard || was_tested(in, node->b))
        node->marks |= APE__MARK_GUARDED;
}

static const ape__value *infer_arithmetic(ape__infer *in, ape__node *node)
{
    const ape__value *left = ape__infer_expression(in, node->a);
    const ape__value *right = ape__infer_expression(in, node->b);
    const ape__value *main = rank(left) >= rank(right) ? left : right;
    ape__value *value = ape__infer_new(in, main->kind, left->origin | right->origin);

    in->steps += 2;
    mark_prices(left);
    mark_prices(right);
    if (node->op == TOKEN_SLASH)
        mark_division(in, node, right);
    if (left->kind == KIND_STRING || right->kind == KIND_STRING) {
        value->kind = KIND_STRING;
        if (node->op == TOKEN_PERCENT)
            ape__infer_needs_scalar(right);
        return value;
    }
    if (left->kind == KIND_LIST || right->kind == KIND_LIST || rank(main) == 100) {
        value->kind = KIND_UNKNOWN;
        ape__infer_escapes(left);
        ape__infer_escapes(right);
        return value;
    }
    if (left->kind == KIND_TIME && right->kind == KIND_TIME)
        value->kind = KIND_UNKNOWN; /* a difference of times */
    if (main->kind == KIND_INT && node->op == TOKEN_SLASH)
        value->kind = KIND_FLOAT;
    if (value->kind == KIND_BOOL)
        value->kind = KIND_INT;
    inherit_sources(value, left, right);
    value->flags = arithmetic_flags(left, node->op, right) | VALUE_DERIVED;
    value->flags |= (left->flags | right->flags) & VALUE_RANDOM_ONLY;
    if (node->op == TOKEN_AMPERSAND || node->op == TOKEN_BAR)
        value->flags |= left->flags & right->flags & VALUE_BOOLEAN;
    return value;
}

static const ape__value *infer_comparison(ape__infer *in, ape__node *node)
{
    const ape__value *left = ape__infer_expression(in, node->a), *main = left;
    uint32_t origin = left->origin;
    bool identity = false;
    ape__value *value;

    for (uint32_t i = 0; i < node->list.count; i++) {
        const ape__value *right = ape__infer_expression(in, node->list.items[i]);

        origin |= right->origin;
        identity = identity || node->name.text[i] >= COMPARE_IS;
        if ((left->flags & VALUE_TZ_AWARE) && left->kind == KIND_INDEX &&
            right->kind == KIND_TIME && !(right->flags & VALUE_TZ_AWARE))
            ape__infer_mark(left, APE__MARK_TZ_CLASH);
        if (rank(right) > rank(main))
            main = right;
    }
    if (identity || !ape__value_is_many(main)) {
        value = ape__infer_new(in, KIND_BOOL, origin);
        return value;
    }
    value = ape__infer_new(in, main->kind, origin);
    inherit_sources(value, left, main);
    value->flags = VALUE_DERIVED | VALUE_BOOLEAN;
    return value;
}

static const ape__value *infer_bool_op(ape__infer *in, ape__node *node)
{
    const ape__value *joined = NULL;

    for (uint32_t i = 0; i < node->list.count; i++) {
        const ape__value *value = ape__infer_expression(in, node->list.items[i]);

        if (i + 1 < node->list.count)
            ape__infer_needs_scalar(value);
        joined = ape__value_join(in->arena, joined, value);
    }
    if (node->op == TOKEN_OR && (joined->flags & (VALUE_DISPERSION | VALUE_MAY_BE_ZERO))) {
        ape__value *guarded = ape__infer_copy(in, joined);

        guarded->flags &= ~(uint32_t)(VALUE_DISPERSION | VALUE_MAY_BE_ZERO);
        return guarded; /* d or 1e-10 */
    }
    return joined;
}

static const ape__value *infer_unary(ape__infer *in, ape__node *node)
{
    const ape__value *operand = ape__infer_expression(in, node->a);
    ape__value *value;

    if (node->op == TOKEN_NOT) {
        ape__infer_needs_scalar(operand);
        return ape__infer_new(in, KIND_BOOL, operand->origin);
    }
    value = ape__infer_copy(in, operand);
    value->literal = NULL;
    return value;
}

static void note_tested(ape__node *node, void *user)
{
    ape__infer *in = user;
    struct ape__guard *guard = ape__arena_alloc(in->arena, sizeof(*guard));

    if (guard) {
        *guard = (struct ape__guard){ in->guards, node };
        in->guards = guard;
    }
    ape__node_each_child(node, note_tested, in);
}

/* "a / d if d else b": within it, d is minded. */
static const ape__value *infer_conditional(ape__infer *in, ape__node *node)
{
    struct ape__guard *before = in->guards;
    const ape__value *test = ape__infer_expression(in, node->a), *body, *other;

    ape__infer_needs_scalar(test);
    note_tested(node->a, in);
    body = ape__infer_expression(in, node->b);
    other = ape__infer_expression(in, node->c);
    in->guards = before;
    return ape__value_join(in->arena, body, other);
}

static const ape__value *infer_list(ape__infer *in, ape__node *node)
{
    ape__value *value = ape__infer_new(in, KIND_LIST, node->list.count ? 0 : ORIGIN_LITERAL);

    for (uint32_t i = 0; i < node->list.count; i++) {
        const ape__value *item = ape__infer_expression(in, node->list.items[i]);

        value->origin |= item->origin;
        value->element = ape__value_join(in->arena, value->element, item);
        if (ape__value_is_number(item) || (item->flags & VALUE_HAS_NUMBERS))
            value->flags |= VALUE_HAS_NUMBERS;
        value->flags |= item->flags & VALUE_NUMPY_INT;
        if (!value->source)
            value->source = item->source;
        else if (item->source != value->source)
            value->source2 = item->source;
    }
    if (node->list.count == 1 && (value->element->flags & VALUE_ONE_TICKER))
        value->flags |= VALUE_ONE_TICKER;
    return value;
}

static const ape__value *infer_dict(ape__infer *in, ape__node *node)
{
    ape__value *value = ape__infer_new(in, KIND_DICT, 0);

    for (uint32_t i = 0; i < node->list.count; i++)
        if (node->list.items[i])
            ape__infer_expression(in, node->list.items[i]);
    for (uint32_t i = 0; i < node->list2.count; i++) {
        const ape__value *item = ape__infer_expression(in, node->list2.items[i]);
        bool number = ape__value_is_number(item) || (item->flags & VALUE_HAS_NUMBERS);

        if (number || item->kind == KIND_UNKNOWN || ape__value_is_many(item))
            value->origin |= item->origin;
        if (number)
            value->flags |= VALUE_HAS_NUMBERS;
        value->flags |= item->flags & VALUE_NUMPY_INT;
        value->element = ape__value_join(in->arena, value->element, item);
    }
    return value;
}

static const ape__value *element_of(ape__infer *in, const ape__value *iterable)
{
    if (iterable->element)
        return iterable->element;
    if (iterable->kind == KIND_COLUMN || iterable->kind == KIND_DOWNLOAD)
        ape__infer_mark(iterable, APE__MARK_FAILS);
    if (iterable->kind == KIND_SERIES || iterable->kind == KIND_ARRAY)
        return ape__infer_new(in, KIND_SCALAR, iterable->origin);
    return ape__infer_new(in, KIND_UNKNOWN, iterable->origin | ORIGIN_UNKNOWN);
}

static const ape__value *infer_comprehension(ape__infer *in, ape__node *node)
{
    ape__env env = { .outer = in->env };
    ape__value *value;
    const ape__value *item;

    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__node *part = node->list.items[i];
        const ape__value *iterable = ape__infer_expression(in, part->b);

        if (i == 0)
            in->env = &env;
        ape__infer_assign(in, part->a, element_of(in, iterable));
        for (uint32_t j = 0; j < part->list.count; j++)
            ape__infer_needs_scalar(ape__infer_expression(in, part->list.items[j]));
    }
    item = ape__infer_expression(in, node->a);
    if (node->b)
        item = ape__infer_expression(in, node->b);
    in->env = env.outer;
    ape__infer_escapes(item);
    value = ape__infer_new(in, node->kind == NODE_DICT_COMP ? KIND_DICT : KIND_LIST, item->origin);
    value->element = item;
    value->flags = item->flags & VALUE_NUMPY_INT;
    if (ape__value_is_number(item))
        value->flags |= VALUE_HAS_NUMBERS;
    return value;
}

static const ape__value *infer_joined(ape__infer *in, ape__node *node)
{
    ape__value *value = ape__infer_new(in, KIND_STRING, ORIGIN_LITERAL);

    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__node *part = node->list.items[i];
        const ape__value *shown;

        if (part->kind != NODE_FORMATTED)
            continue;
        shown = ape__infer_expression(in, part->a);
        value->origin |= shown->origin;
        if (ape__value_is_number(shown))
            value->flags |= VALUE_HAS_NUMBERS;
        if (part->b && part->b->list.count > 0)
            ape__infer_needs_scalar(shown);
    }
    return value;
}

static const ape__value *infer_lambda(ape__infer *in, ape__node *node)
{
    ape__value *value = ape__infer_new(in, KIND_FUNCTION, ORIGIN_LITERAL);

    value->node = node;
    return value;
}

static void visit_unknown(ape__node *child, void *user)
{
    ape__infer_escapes(ape__infer_expression(user, child));
}

static const ape__value *infer_kind(ape__infer *in, ape__node *node)
{
    switch (node->kind) {
    case NODE_CONSTANT:
        return infer_constant(in, node);
    case NODE_NAME:
        return infer_name(in, node);
    case NODE_ATTRIBUTE:
        return ape__infer_attribute(in, node);
    case NODE_SUBSCRIPT:
        return ape__infer_subscript(in, node);
    case NODE_CALL:
        return ape__infer_call(in, node);
    case NODE_BIN_OP:
        return infer_arithmetic(in, node);
    case NODE_COMPARE:
        return infer_comparison(in, node);
    case NODE_BOOL_OP:
        return infer_bool_op(in, node);
    case NODE_UNARY_OP:
        return infer_unary(in, node);
    case NODE_IF_EXP:
        return infer_conditional(in, node);
    case NODE_LIST:
    case NODE_TUPLE:
    case NODE_SET:
        return infer_list(in, node);
    case NODE_DICT:
        return infer_dict(in, node);
    case NODE_LIST_COMP:
    case NODE_SET_COMP:
    case NODE_DICT_COMP:
    case NODE_GENERATOR:
        return infer_comprehension(in, node);
    case NODE_JOINED:
        return infer_joined(in, node);
    case NODE_LAMBDA:
        return infer_lambda(in, node);
    case NODE_NAMED: {
        const ape__value *value = ape__infer_expression(in, node->b);

        ape__infer_assign(in, node->a, value);
        return value;
    }
    case NODE_SLICE:
        ape__node_each_child(node, visit_unknown, in);
        return &ape__value_unknown;
    default:
        ape__node_each_child(node, visit_unknown, in);
        return &ape__value_unknown;
    }
}

const ape__value *ape__infer_expression(ape__infer *in, ape__node *node)
{
    const ape__value *value;

    if (!node || ape__infer_exhausted(in))
        return &ape__value_unknown;
    in->steps++;
    value = infer_kind(in, node);
    node->value = ape__value_join(in->arena, node->value, value);
    return value;
}
