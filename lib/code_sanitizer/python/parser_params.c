/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser_internal.h"

/* What has been seen of a parameter list. */
typedef struct params {
    ape__token_kind closing;
    bool annotations;
    bool star, slash, keyword_only_due, default_seen;
    size_t mark, positional_mark, keyword_mark;
    ape__nodes before_slash, normal;
    ape__node *node;
} params;

static ape__node *parse_arg(ape__parser *p, const params *s, bool variadic)
{
    ape__node *arg = ape__p_new(p, NODE_ARG, ape__p_start(p));

    arg->name = ape__p_name(p);
    if (ape__name_is(arg->name, "__debug__"))
        ape__p_fail(p, "cannot assign to __debug__");
    if (s->annotations && ape__p_accept(p, TOKEN_COLON)) {
        if (variadic && p->minor >= 11 && ape__p_is(p, TOKEN_STAR)) {
            arg->a = ape__p_new(p, NODE_STARRED, ape__p_start(p));
            ape__p_advance(p);
            arg->a->a = ape__p_bitwise_or(p);
            ape__p_finish(p, arg->a);
        } else {
            arg->a = ape__p_expression(p);
        }
    }
    return ape__p_finish(p, arg);
}

static void parse_default(ape__parser *p, params *s, ape__node *arg)
{
    uint32_t end = arg->end;

    if (ape__p_accept(p, TOKEN_EQUAL)) {
        arg->b = ape__p_expression(p);
        s->default_seen = true;
        ape__p_finish(p, arg);
        arg->end = arg->outer_end = end; /* Python leaves the default out */
    } else if (s->default_seen && !s->star) {
        ape__p_fail_node(p, arg, "non-default argument follows default argument");
    }
}

static void parse_slash(ape__parser *p, params *s)
{
    if (s->slash || s->star || p->stack_count == s->mark)
        ape__p_fail(p, "invalid syntax: / must follow parameters, once, before *");
    ape__p_advance(p);
    s->slash = true;
    s->before_slash = ape__p_list(p, s->mark);
}

static void parse_star(ape__parser *p, params *s)
{
    if (s->star)
        ape__p_fail(p, "* argument may appear only once");
    ape__p_advance(p);
    s->star = true;
    s->normal = ape__p_list(p, s->mark);
    if (ape__p_is(p, TOKEN_COMMA))
        s->keyword_only_due = true;
    else if (ape__p_is(p, TOKEN_NAME))
        s->node->a = parse_arg(p, s, true);
    else
        ape__p_fail(p, "named arguments must follow bare *");
}

static void parse_parameter(ape__parser *p, params *s)
{
    if (ape__p_is(p, TOKEN_SLASH)) {
        parse_slash(p, s);
    } else if (ape__p_is(p, TOKEN_STAR)) {
        parse_star(p, s);
    } else if (ape__p_accept(p, TOKEN_DOUBLE_STAR)) {
        s->node->b = parse_arg(p, s, false);
        if (s->keyword_only_due)
            ape__p_fail(p, "named arguments must follow bare *");
    } else {
        ape__node *arg = parse_arg(p, s, false);

        parse_default(p, s, arg);
        ape__p_push(p, arg);
        s->keyword_only_due = false;
    }
}

ape__node *ape__p_parameters(ape__parser *p, ape__token_kind closing, bool annotations)
{
    params s = { .closing = closing, .annotations = annotations, .mark = p->stack_count };

    s.node = ape__p_new(p, NODE_ARGUMENTS, ape__p_start(p));
    while (!p->failed && !ape__p_is(p, closing)) {
        parse_parameter(p, &s);
        if (!ape__p_accept(p, TOKEN_COMMA))
            break;
        if (s.node->b && !ape__p_is(p, closing))
            ape__p_fail(p, "arguments cannot follow var-keyword argument");
    }
    if (s.keyword_only_due)
        ape__p_fail(p, "named arguments must follow bare *");
    s.node->c = ape__p_new(p, NODE_SUITE, s.node->start);
    if (s.star)
        s.node->c->list = ape__p_list(p, s.mark);
    else
        s.normal = ape__p_list(p, s.mark);
    ape__p_finish(p, s.node->c);
    s.node->list = s.before_slash;
    s.node->list2 = s.normal;
    return ape__p_finish(p, s.node);
}

static ape__node *parse_type_param(ape__parser *p)
{
    ape__node *node = ape__p_new(p, NODE_TYPE_VAR, ape__p_start(p));

    if (ape__p_accept(p, TOKEN_STAR))
        node->kind = NODE_TYPE_VAR_TUPLE;
    else if (ape__p_accept(p, TOKEN_DOUBLE_STAR))
        node->kind = NODE_PARAM_SPEC;
    node->name = ape__p_name(p);
    if (ape__p_accept(p, TOKEN_COLON)) {
        if (node->kind != NODE_TYPE_VAR)
            ape__p_fail(p, "cannot use bound with this type parameter");
        node->a = ape__p_expression(p);
    }
    if (p->minor >= 13 && ape__p_accept(p, TOKEN_EQUAL)) {
        if (node->kind == NODE_TYPE_VAR_TUPLE && ape__p_is(p, TOKEN_STAR)) {
            node->b = ape__p_new(p, NODE_STARRED, ape__p_start(p));
            ape__p_advance(p);
            node->b->a = ape__p_bitwise_or(p);
            ape__p_finish(p, node->b);
        } else {
            node->b = ape__p_expression(p);
        }
    }
    return ape__p_finish(p, node);
}

ape__node *ape__p_type_params(ape__parser *p)
{
    size_t mark = p->stack_count;
    ape__node *node;
    bool with_default = false;

    if (p->minor < 12 || !ape__p_is(p, TOKEN_LEFT_BRACKET))
        return NULL;
    node = ape__p_new(p, NODE_TYPE_PARAMS, ape__p_start(p));
    ape__p_advance(p);
    do {
        ape__node *param = parse_type_param(p);

        if (with_default && !param->b)
            ape__p_fail_node(p, param, "non-default type parameter follows default type parameter");
        with_default = with_default || param->b;
        ape__p_push(p, param);
    } while (ape__p_accept(p, TOKEN_COMMA) && !ape__p_is(p, TOKEN_RIGHT_BRACKET));
    ape__p_expect(p, TOKEN_RIGHT_BRACKET, "invalid syntax");
    node->list = ape__p_list(p, mark);
    return ape__p_finish(p, node);
}
