/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/symbols.h"

/* Names that a pattern binds. */
typedef struct captures {
    ape__name *names;
    uint32_t count, capacity;
} captures;

static bool has(const captures *c, ape__name name)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (ape__name_equal(c->names[i], name))
            return true;
    return false;
}

static void add(ape__symbols *s, captures *c, ape__name name)
{
    if (c->count == c->capacity) {
        uint32_t capacity = c->capacity ? c->capacity * 2 : 8;
        ape__name *names = ape__arena_alloc(s->arena, capacity * sizeof(*names));

        if (!names)
            return;
        for (uint32_t i = 0; i < c->count; i++)
            names[i] = c->names[i];
        c->names = names;
        c->capacity = capacity;
    }
    c->names[c->count++] = name;
}

static void capture(ape__symbols *s, captures *c, const ape__node *node, ape__name name)
{
    if (name.size == 0)
        return;
    if (has(c, name))
        ape__symbols_fail(s, node, "multiple assignments to name in pattern");
    add(s, c, name);
    ape__symbols_bind(s, node, name);
}

static void visit_pattern(ape__symbols *s, ape__node *node, captures *c);

static void visit_patterns(ape__symbols *s, const ape__nodes *list, captures *c)
{
    for (uint32_t i = 0; i < list->count; i++)
        visit_pattern(s, list->items[i], c);
}

/* A pattern that matches whatever comes: a name alone, or "_". */
static bool is_irrefutable(const ape__node *node)
{
    if (node->kind == NODE_MATCH_AS)
        return !node->a || is_irrefutable(node->a);
    return node->kind == NODE_MATCH_OR && is_irrefutable(node->list.items[node->list.count - 1]);
}

static bool same_names(const captures *one, const captures *two)
{
    for (uint32_t i = 0; i < one->count; i++)
        if (!has(two, one->names[i]))
            return false;
    return one->count == two->count;
}

static void visit_or(ape__symbols *s, ape__node *node, captures *c)
{
    captures first = { 0 };

    for (uint32_t i = 0; i < node->list.count; i++) {
        captures own = { 0 };

        if (i + 1 < node->list.count && is_irrefutable(node->list.items[i]))
            ape__symbols_fail(s, node, "pattern makes remaining patterns unreachable");
        visit_pattern(s, node->list.items[i], &own);
        if (i == 0)
            first = own;
        else if (!same_names(&first, &own))
            ape__symbols_fail(s, node, "alternative patterns bind different names");
    }
    for (uint32_t i = 0; i < first.count; i++) {
        if (has(c, first.names[i]))
            ape__symbols_fail(s, node, "multiple assignments to name in pattern");
        add(s, c, first.names[i]);
    }
}

static void visit_sequence(ape__symbols *s, ape__node *node, captures *c)
{
    uint32_t stars = 0;

    for (uint32_t i = 0; i < node->list.count; i++)
        stars += node->list.items[i]->kind == NODE_MATCH_STAR;
    if (stars > 1)
        ape__symbols_fail(s, node, "multiple starred expressions in sequence pattern");
    visit_patterns(s, &node->list, c);
}

static void visit_class(ape__symbols *s, ape__node *node, captures *c)
{
    ape__symbols_visit(s, node->a);
    visit_patterns(s, &node->list, c);
    for (uint32_t i = 0; i < node->list2.count; i++) {
        for (uint32_t j = 0; j < i; j++)
            if (ape__name_equal(node->list2.items[i]->name, node->list2.items[j]->name))
                ape__symbols_fail(s, node, "attribute name repeated in class pattern");
        visit_pattern(s, node->list2.items[i]->a, c);
    }
}

static bool same_key(const ape__node *one, const ape__node *two)
{
    return one->kind == NODE_CONSTANT && two->kind == NODE_CONSTANT && one->op == two->op &&
           ape__name_equal(one->name, two->name);
}

static void visit_mapping(ape__symbols *s, ape__node *node, captures *c)
{
    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__symbols_visit(s, node->list.items[i]);
        for (uint32_t j = 0; j < i; j++)
            if (same_key(node->list.items[i], node->list.items[j]))
                ape__symbols_fail(s, node, "mapping pattern checks duplicate key");
    }
    visit_patterns(s, &node->list2, c);
    capture(s, c, node, node->name);
}

static void visit_pattern(ape__symbols *s, ape__node *node, captures *c)
{
    if (s->error.message)
        return;
    switch (node->kind) {
    case NODE_MATCH_VALUE:
        ape__symbols_visit(s, node->a);
        break;
    case NODE_MATCH_SEQUENCE:
        visit_sequence(s, node, c);
        break;
    case NODE_MATCH_MAPPING:
        visit_mapping(s, node, c);
        break;
    case NODE_MATCH_CLASS:
        visit_class(s, node, c);
        break;
    case NODE_MATCH_STAR:
        capture(s, c, node, node->name);
        break;
    case NODE_MATCH_AS:
        if (node->a)
            visit_pattern(s, node->a, c);
        capture(s, c, node, node->name);
        break;
    case NODE_MATCH_OR:
        visit_or(s, node, c);
        break;
    default:
        break;
    }
}

void ape__symbols_visit_match(ape__symbols *s, ape__node *node)
{
    ape__symbols_visit(s, node->a);
    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__node *branch = node->list.items[i];
        captures c = { 0 };

        if (i + 1 < node->list.count && !branch->b && is_irrefutable(branch->a))
            ape__symbols_fail(s, branch, "pattern makes remaining patterns unreachable");
        visit_pattern(s, branch->a, &c);
        if (branch->b)
            ape__symbols_visit(s, branch->b);
        ape__symbols_visit_list(s, &branch->list);
    }
}
