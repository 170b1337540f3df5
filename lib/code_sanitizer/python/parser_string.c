/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser_internal.h"

#include <string.h>

/* The quotes of a literal are as many at its end as behind its prefix. */
static ape__node *plain(ape__parser *p)
{
    const ape__token *t = &p->tokens[p->at];
    uint32_t prefix = t->detail >> TOKEN_STRING_PREFIX_SHIFT;
    uint32_t quotes = (t->detail & TOKEN_STRING_TRIPLE) ? 3 : 1;
    uint32_t start = t->start + prefix + quotes;
    ape__node *node = ape__p_new(p, NODE_CONSTANT, t->start);
    const char *message = NULL;

    node->op = t->detail & TOKEN_STRING_BYTES ? CONSTANT_BYTES : CONSTANT_STRING;
    if (!ape__string_value(p->arena, p->text + start, t->end - quotes - start, t->detail,
                           &node->name, &message))
        ape__p_fail(p, message);
    ape__p_advance(p);
    return ape__p_finish(p, node);
}

static ape__node *middle(ape__parser *p, bool raw)
{
    const ape__token *t = &p->tokens[p->at];
    ape__node *node = ape__p_new(p, NODE_CONSTANT, t->start);
    uint8_t flags = (uint8_t)(t->detail | TOKEN_STRING_FORMAT | (raw ? TOKEN_STRING_RAW : 0));
    const char *message = NULL;

    node->op = CONSTANT_STRING;
    if (!ape__string_value(p->arena, p->text + t->start, t->end - t->start, flags, &node->name,
                           &message))
        ape__p_fail(p, message);
    ape__p_advance(p);
    return ape__p_finish(p, node);
}

static ape__node *parse_field(ape__parser *p, bool raw);

/* Text and fields up to the closing kind, which stays. */
static void parse_parts(ape__parser *p, ape__token_kind closing, bool raw)
{
    while (!p->failed && !ape__p_is(p, closing)) {
        if (ape__p_is(p, TOKEN_FSTRING_MIDDLE))
            ape__p_push(p, middle(p, raw));
        else if (ape__p_is(p, TOKEN_LEFT_BRACE))
            ape__p_push(p, parse_field(p, raw));
        else
            ape__p_fail(p, "f-string: expecting '}'");
    }
}

/* !r, !s or !a. */
static uint8_t parse_conversion(ape__parser *p)
{
    const ape__token *bang = &p->tokens[p->at], *letter = bang + 1;
    char c = '\0';

    if (!ape__p_accept(p, TOKEN_BANG))
        return 0;
    /* The text may end here, so it is looked at only where there is a name. */
    if (ape__p_is(p, TOKEN_NAME) && letter->start == bang->end && letter->end - letter->start == 1)
        c = p->text[letter->start];
    if (c != 'r' && c != 's' && c != 'a') {
        ape__p_fail(p, "f-string: invalid conversion character: expected 's', 'r', or 'a'");
        return 0;
    }
    ape__p_advance(p);
    if (p->minor < 12 && !p->failed && ape__p_start(p) != letter->end)
        ape__p_fail(p, "f-string: expecting '}'");
    return (uint8_t)c;
}

static ape__node *parse_spec(ape__parser *p, bool raw)
{
    ape__node *spec = ape__p_new(p, NODE_JOINED, p->tokens[p->at].end);
    size_t mark = p->stack_count;

    ape__p_advance(p);
    parse_parts(p, TOKEN_RIGHT_BRACE, raw);
    spec->list = ape__p_list(p, mark);
    return ape__p_finish(p, spec);
}

static ape__node *parse_field(ape__parser *p, bool raw)
{
    ape__node *node = ape__p_new(p, NODE_FORMATTED, ape__p_start(p));
    bool debug;

    ape__p_advance(p);
    if (!ape__p_is(p, TOKEN_YIELD) && !ape__p_starts_expression(ape__p_kind(p)))
        ape__p_fail(p, "f-string: valid expression required before '}'");
    node->a = ape__p_value(p);
    if (!p->failed && node->a->kind == NODE_STARRED)
        ape__p_fail_node(p, node->a, "cannot use starred expression here");
    debug = ape__p_accept(p, TOKEN_EQUAL);
    node->op = parse_conversion(p);
    if (ape__p_is(p, TOKEN_COLON))
        node->b = parse_spec(p, raw);
    if (debug && node->op == 0 && !node->b)
        node->op = 'r';
    ape__p_expect(p, TOKEN_RIGHT_BRACE, "f-string: expecting '}'");
    return ape__p_finish(p, node);
}

static void parse_fstring(ape__parser *p)
{
    bool raw = (p->tokens[p->at].detail & TOKEN_STRING_RAW) != 0;

    ape__p_advance(p);
    if (ape__p_enter(p))
        parse_parts(p, TOKEN_FSTRING_END, raw);
    ape__p_leave(p);
    ape__p_expect(p, TOKEN_FSTRING_END, "f-string: expecting '}'");
}

/* Several plain literals side by side are one. */
static ape__node *join_plain(ape__parser *p, uint32_t start, const ape__nodes *parts)
{
    ape__node *node = ape__p_new(p, NODE_CONSTANT, start);
    size_t size = 0;
    char *text;

    for (uint32_t i = 0; i < parts->count; i++)
        size += parts->items[i]->name.size;
    text = ape__arena_alloc(p->arena, size + 1);
    if (!text)
        return ape__p_finish(p, node);
    node->op = parts->items[0]->op;
    node->name = (ape__name){ text, (uint32_t)size };
    for (uint32_t i = 0; i < parts->count; i++) {
        ape__name part = parts->items[i]->name;

        if (part.size > 0)
            memcpy(text, part.text, part.size);
        text += part.size;
    }
    return ape__p_finish(p, node);
}

static void check_bytes(ape__parser *p, const ape__nodes *parts, bool is_fstring)
{
    for (uint32_t i = 0; i < parts->count; i++) {
        bool bytes = ape__node_is_constant(parts->items[i], CONSTANT_BYTES);

        if (bytes != ape__node_is_constant(parts->items[0], CONSTANT_BYTES) ||
            (bytes && is_fstring))
            ape__p_fail(p, "cannot mix bytes and nonbytes literals");
    }
}

ape__node *ape__p_strings(ape__parser *p)
{
    uint32_t start = ape__p_start(p);
    size_t mark = p->stack_count;
    bool is_fstring = false;
    ape__nodes parts;
    ape__node *node;

    for (;;) {
        if (ape__p_is(p, TOKEN_STRING)) {
            ape__p_push(p, plain(p));
        } else if (ape__p_is(p, TOKEN_FSTRING_START)) {
            is_fstring = true;
            parse_fstring(p);
        } else {
            break;
        }
    }
    parts = ape__p_list(p, mark);
    if (p->failed)
        return &p->scratch;
    check_bytes(p, &parts, is_fstring);
    if (!is_fstring && parts.count == 1)
        return parts.items[0];
    if (!is_fstring)
        return join_plain(p, start, &parts);
    node = ape__p_new(p, NODE_JOINED, start);
    node->list = parts;
    return ape__p_finish(p, node);
}
