/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser_internal.h"

/* More in one call than anyone writes: each is compared with all others. */
enum { KEYWORDS_MAX = 1000 };

static ape__node *simple(ape__parser *p, ape__node_kind kind, uint8_t op)
{
    ape__node *node = ape__p_new(p, kind, ape__p_start(p));

    node->op = op;
    ape__p_advance(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_name(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_NAME, ape__p_start(p));

    node->name = ape__p_name(p);
    return ape__p_finish(p, node);
}

ape__node *ape__p_number(ape__parser *p)
{
    const ape__token *t = &p->tokens[p->at];
    ape__node *node = ape__p_new(p, NODE_CONSTANT, t->start);

    node->op = t->detail == 'i'   ? CONSTANT_INT
               : t->detail == 'f' ? CONSTANT_FLOAT
                                  : CONSTANT_IMAGINARY;
    node->name = (ape__name){ p->text + t->start, t->end - t->start };
    ape__p_advance(p);
    return ape__p_finish(p, node);
}

/* One "for x in y if z", behind which the next may follow. */
static ape__node *parse_comprehension(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_COMPREHENSION, ape__p_start(p));
    size_t mark = p->stack_count;

    node->op = ape__p_accept(p, TOKEN_ASYNC);
    ape__p_expect(p, TOKEN_FOR, "invalid syntax");
    node->a = ape__p_target_list(p);
    ape__p_make_target(p, node->a, NODE_STORE);
    if (node->a->kind == NODE_STARRED)
        ape__p_fail_node(p, node->a, "starred assignment target must be in a list or tuple");
    ape__p_expect(p, TOKEN_IN, "'in' expected after for-loop variables");
    node->b = ape__p_disjunction(p);
    while (ape__p_accept(p, TOKEN_IF))
        ape__p_push(p, ape__p_disjunction(p));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

static bool starts_comprehension(const ape__parser *p)
{
    return ape__p_is(p, TOKEN_FOR) ||
           (ape__p_is(p, TOKEN_ASYNC) && ape__p_ahead(p, 1) == TOKEN_FOR);
}

ape__nodes ape__p_comprehensions(ape__parser *p)
{
    size_t mark = p->stack_count;

    while (starts_comprehension(p))
        ape__p_push(p, parse_comprehension(p));
    return ape__p_list(p, mark);
}

/* An element of a display: *a, a := b, a. */
static ape__node *parse_element(ape__parser *p)
{
    ape__node *node;

    if (!ape__p_is(p, TOKEN_STAR))
        return ape__p_named_expression(p);
    node = ape__p_new(p, NODE_STARRED, ape__p_start(p));
    ape__p_advance(p);
    node->a = ape__p_bitwise_or(p);
    return ape__p_finish(p, node);
}

/* More elements behind a first one, up to the closing bracket, which stays. */
static ape__nodes parse_elements(ape__parser *p, ape__node *first, ape__token_kind closing)
{
    size_t mark = p->stack_count;

    ape__p_push(p, first);
    while (ape__p_accept(p, TOKEN_COMMA) && !ape__p_is(p, closing))
        ape__p_push(p, parse_element(p));
    return ape__p_list(p, mark);
}

static void finish_comprehension(ape__parser *p, ape__node *node, ape__node_kind kind,
                                 ape__node *element)
{
    node->kind = (uint8_t)kind;
    node->a = element;
    if (element->kind == NODE_STARRED)
        ape__p_fail_node(p, element, "iterable unpacking cannot be used in comprehension");
    node->list = ape__p_comprehensions(p);
}

/* "(" yield, group, tuple or generator ")" */
static ape__node *parse_parenthesis(ape__parser *p)
{
    uint32_t start = ape__p_start(p);
    ape__node *node = ape__p_new(p, NODE_TUPLE, start), *first;

    ape__p_advance(p);
    if (ape__p_accept(p, TOKEN_RIGHT_PAREN))
        return ape__p_finish(p, node);
    first = ape__p_is(p, TOKEN_YIELD) ? ape__p_yield(p) : parse_element(p);
    if (starts_comprehension(p)) {
        finish_comprehension(p, node, NODE_GENERATOR, first);
    } else if (ape__p_is(p, TOKEN_COMMA) && first->kind != NODE_YIELD &&
               first->kind != NODE_YIELD_FROM) {
        node->list = parse_elements(p, first, TOKEN_RIGHT_PAREN);
    } else {
        if (first->kind == NODE_STARRED)
            ape__p_fail_node(p, first, "cannot use starred expression here");
        ape__p_expect(p, TOKEN_RIGHT_PAREN, "invalid syntax. Perhaps you forgot a comma?");
        first->flags |= NODE_IN_PARENTHESES;
        first->outer_start = start;
        first->outer_end = p->last_end;
        return first;
    }
    ape__p_expect(p, TOKEN_RIGHT_PAREN, "invalid syntax. Perhaps you forgot a comma?");
    node->flags |= NODE_IN_PARENTHESES;
    return ape__p_finish(p, node);
}

static ape__node *parse_list(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_LIST, ape__p_start(p)), *first;

    ape__p_advance(p);
    if (ape__p_accept(p, TOKEN_RIGHT_BRACKET))
        return ape__p_finish(p, node);
    first = parse_element(p);
    if (starts_comprehension(p))
        finish_comprehension(p, node, NODE_LIST_COMP, first);
    else
        node->list = parse_elements(p, first, TOKEN_RIGHT_BRACKET);
    ape__p_expect(p, TOKEN_RIGHT_BRACKET, "invalid syntax. Perhaps you forgot a comma?");
    return ape__p_finish(p, node);
}

/* The key goes on the stack, and the value behind it. */
static void parse_pair(ape__parser *p, ape__node *key)
{
    if (!key && ape__p_accept(p, TOKEN_DOUBLE_STAR)) {
        ape__p_push(p, NULL);
        ape__p_push(p, ape__p_bitwise_or(p));
        return;
    }
    ape__p_push(p, key ? key : ape__p_expression(p));
    ape__p_expect(p, TOKEN_COLON, "':' expected after dictionary key");
    ape__p_push(p, ape__p_expression(p));
}

/* Keys and values stand on the stack in turn. */
static void split_pairs(ape__parser *p, ape__node *node, size_t mark)
{
    ape__nodes pairs = ape__p_list(p, mark);

    for (uint32_t i = 0; i + 1 < pairs.count; i += 2)
        ape__p_push(p, pairs.items[i]);
    node->list = ape__p_list(p, mark);
    for (uint32_t i = 1; i < pairs.count; i += 2)
        ape__p_push(p, pairs.items[i]);
    node->list2 = ape__p_list(p, mark);
}

static void parse_dict(ape__parser *p, ape__node *node, ape__node *first_key)
{
    size_t mark = p->stack_count;

    node->kind = NODE_DICT;
    parse_pair(p, first_key);
    if (starts_comprehension(p)) {
        ape__nodes pair = ape__p_list(p, mark);

        node->kind = NODE_DICT_COMP;
        if (pair.count == 2 && !pair.items[0])
            ape__p_fail(p, "dict unpacking cannot be used in dict comprehension");
        node->a = pair.count == 2 ? pair.items[0] : NULL;
        node->b = pair.count == 2 ? pair.items[1] : NULL;
        node->list = ape__p_comprehensions(p);
        return;
    }
    while (ape__p_accept(p, TOKEN_COMMA) && !ape__p_is(p, TOKEN_RIGHT_BRACE))
        parse_pair(p, NULL);
    split_pairs(p, node, mark);
}

static bool may_be_key(const ape__node *node)
{
    return node->kind != NODE_STARRED &&
           (node->kind != NODE_NAMED || (node->flags & NODE_IN_PARENTHESES));
}

static ape__node *parse_brace(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_DICT, ape__p_start(p)), *first = NULL;

    ape__p_advance(p);
    if (ape__p_accept(p, TOKEN_RIGHT_BRACE))
        return ape__p_finish(p, node);
    if (!ape__p_is(p, TOKEN_DOUBLE_STAR))
        first = parse_element(p);
    if (!first || (ape__p_is(p, TOKEN_COLON) && may_be_key(first))) {
        parse_dict(p, node, first);
    } else if (starts_comprehension(p)) {
        finish_comprehension(p, node, NODE_SET_COMP, first);
    } else {
        node->kind = NODE_SET;
        node->list = parse_elements(p, first, TOKEN_RIGHT_BRACE);
    }
    ape__p_expect(p, TOKEN_RIGHT_BRACE, "invalid syntax. Perhaps you forgot a comma?");
    return ape__p_finish(p, node);
}

ape__node *ape__p_atom(ape__parser *p)
{
    switch (ape__p_kind(p)) {
    case TOKEN_NAME:
        return parse_name(p);
    case TOKEN_NUMBER:
        return ape__p_number(p);
    case TOKEN_STRING:
    case TOKEN_FSTRING_START:
        return ape__p_strings(p);
    case TOKEN_LEFT_PAREN:
        return parse_parenthesis(p);
    case TOKEN_LEFT_BRACKET:
        return parse_list(p);
    case TOKEN_LEFT_BRACE:
        return parse_brace(p);
    case TOKEN_NONE:
        return simple(p, NODE_CONSTANT, CONSTANT_NONE);
    case TOKEN_TRUE:
        return simple(p, NODE_CONSTANT, CONSTANT_TRUE);
    case TOKEN_FALSE:
        return simple(p, NODE_CONSTANT, CONSTANT_FALSE);
    case TOKEN_ELLIPSIS:
        return simple(p, NODE_CONSTANT, CONSTANT_ELLIPSIS);
    default:
        ape__p_fail(p, "invalid syntax");
        return &p->scratch;
    }
}

static ape__node *parse_slice_part(ape__parser *p)
{
    ape__token_kind kind = ape__p_kind(p);

    if (kind == TOKEN_COLON || kind == TOKEN_COMMA || kind == TOKEN_RIGHT_BRACKET)
        return NULL;
    return ape__p_expression(p);
}

static ape__node *parse_slice(ape__parser *p)
{
    uint32_t start = ape__p_start(p);
    ape__node *first = NULL, *node;

    if (ape__p_is(p, TOKEN_STAR) && p->minor >= 11)
        return parse_element(p);
    if (!ape__p_is(p, TOKEN_COLON))
        first = p->minor >= 10 ? ape__p_named_expression(p) : ape__p_expression(p);
    if (!ape__p_is(p, TOKEN_COLON) ||
        (first && first->kind == NODE_NAMED && !(first->flags & NODE_IN_PARENTHESES)))
        return first ? first : &p->scratch;
    node = ape__p_new(p, NODE_SLICE, start);
    node->a = first;
    ape__p_advance(p);
    node->b = parse_slice_part(p);
    if (ape__p_accept(p, TOKEN_COLON))
        node->c = parse_slice_part(p);
    return ape__p_finish(p, node);
}

ape__node *ape__p_slices(ape__parser *p)
{
    uint32_t start = ape__p_start(p);
    ape__node *first = parse_slice(p), *node;
    size_t mark = p->stack_count;

    if (!ape__p_is(p, TOKEN_COMMA) && first->kind != NODE_STARRED)
        return first;
    node = ape__p_new(p, NODE_TUPLE, start);
    ape__p_push(p, first);
    while (ape__p_accept(p, TOKEN_COMMA) && !ape__p_is(p, TOKEN_RIGHT_BRACKET))
        ape__p_push(p, parse_slice(p));
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}

/* What has been seen of a call's arguments. */
typedef struct call_state {
    bool keyword, unpacking, lone_generator;
    uint32_t count;
} call_state;

static ape__node *parse_keyword(ape__parser *p, call_state *seen)
{
    ape__node *node = ape__p_new(p, NODE_KEYWORD, ape__p_start(p));

    if (ape__p_accept(p, TOKEN_DOUBLE_STAR)) {
        seen->unpacking = true;
    } else {
        node->name = ape__p_name(p);
        ape__p_advance(p);
        seen->keyword = true;
        if (ape__name_is(node->name, "__debug__"))
            ape__p_fail(p, "cannot assign to __debug__");
    }
    node->a = ape__p_expression(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_positional(ape__parser *p, call_state *seen, uint32_t opening)
{
    ape__node *node, *generator;

    if (ape__p_is(p, TOKEN_STAR)) {
        if (seen->unpacking)
            ape__p_fail(p, "iterable argument unpacking follows keyword argument unpacking");
        node = ape__p_new(p, NODE_STARRED, ape__p_start(p));
        ape__p_advance(p);
        node->a = ape__p_expression(p);
        return ape__p_finish(p, node);
    }
    node = ape__p_named_expression(p);
    if (starts_comprehension(p)) {
        if (seen->count > 0)
            ape__p_fail_node(p, node, "Generator expression must be parenthesized");
        generator = ape__p_new(p, NODE_GENERATOR, opening);
        finish_comprehension(p, generator, NODE_GENERATOR, node);
        seen->lone_generator = true;
        return ape__p_finish(p, generator);
    }
    if (seen->unpacking)
        ape__p_fail_node(p, node, "positional argument follows keyword argument unpacking");
    else if (seen->keyword)
        ape__p_fail_node(p, node, "positional argument follows keyword argument");
    return node;
}

static void check_repeated(ape__parser *p, const ape__nodes *keywords)
{
    if (keywords->count > KEYWORDS_MAX)
        ape__p_fail(p, "too many keyword arguments in one call");
    for (uint32_t i = 1; i < keywords->count && !p->failed; i++)
        for (uint32_t j = 0; j < i && keywords->items[i]->name.size > 0; j++)
            if (ape__name_equal(keywords->items[i]->name, keywords->items[j]->name))
                ape__p_fail_node(p, keywords->items[i], "keyword argument repeated");
}

static bool starts_keyword(const ape__parser *p)
{
    return ape__p_is(p, TOKEN_DOUBLE_STAR) ||
           (ape__p_is(p, TOKEN_NAME) && ape__p_ahead(p, 1) == TOKEN_EQUAL);
}

/* From the opening parenthesis up to behind the closing one. Positional arguments
 * and keywords may come in turn; they are told apart by their kind. */
void ape__p_call_arguments(ape__parser *p, ape__node *call, ape__nodes *args, ape__nodes *keywords)
{
    uint32_t opening = ape__p_start(p);
    size_t mark = p->stack_count;
    call_state seen = { 0 };
    ape__nodes all;

    ape__p_advance(p);
    while (!p->failed && !ape__p_is(p, TOKEN_RIGHT_PAREN)) {
        ape__p_push(p, starts_keyword(p) ? parse_keyword(p, &seen)
                                         : parse_positional(p, &seen, opening));
        seen.count++;
        if (seen.lone_generator && (call->kind != NODE_CALL || !ape__p_is(p, TOKEN_RIGHT_PAREN)))
            ape__p_fail(p, "Generator expression must be parenthesized");
        if (!ape__p_accept(p, TOKEN_COMMA))
            break;
    }
    ape__p_expect(p, TOKEN_RIGHT_PAREN, "invalid syntax. Perhaps you forgot a comma?");
    all = ape__p_list(p, mark);
    for (uint32_t i = 0; i < all.count; i++)
        if (all.items[i]->kind != NODE_KEYWORD)
            ape__p_push(p, all.items[i]);
    *args = ape__p_list(p, mark);
    for (uint32_t i = 0; i < all.count; i++)
        if (all.items[i]->kind == NODE_KEYWORD)
            ape__p_push(p, all.items[i]);
    *keywords = ape__p_list(p, mark);
    if (!p->failed)
        check_repeated(p, keywords);
    if (seen.lone_generator && !p->failed)
        ape__p_finish(p, args->items[0]); /* its extent takes in the call's parentheses */
}

static ape__node *parse_trailer(ape__parser *p, ape__node *left)
{
    ape__node *node;

    if (ape__p_is(p, TOKEN_LEFT_PAREN)) {
        node = ape__p_new(p, NODE_CALL, left->outer_start);
        node->a = left;
        ape__p_call_arguments(p, node, &node->list, &node->list2);
    } else if (ape__p_accept(p, TOKEN_DOT)) {
        node = ape__p_new(p, NODE_ATTRIBUTE, left->outer_start);
        node->a = left;
        node->name = ape__p_name(p);
    } else {
        node = ape__p_new(p, NODE_SUBSCRIPT, left->outer_start);
        node->a = left;
        ape__p_advance(p);
        node->b = ape__p_slices(p);
        ape__p_expect(p, TOKEN_RIGHT_BRACKET, "invalid syntax. Perhaps you forgot a comma?");
    }
    return ape__p_finish(p, node);
}

ape__node *ape__p_primary(ape__parser *p)
{
    ape__node *node = ape__p_atom(p);

    for (;;) {
        ape__token_kind kind = ape__p_kind(p);

        if (kind != TOKEN_LEFT_PAREN && kind != TOKEN_DOT && kind != TOKEN_LEFT_BRACKET)
            return node;
        node = parse_trailer(p, node);
    }
}
