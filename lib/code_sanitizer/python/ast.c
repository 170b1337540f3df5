/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/ast.h"

#include <string.h>

const char *ape__name_dotted(ape__arena *arena, const char *head, ape__name tail)
{
    size_t size = head ? strlen(head) : 0;
    char *text = head ? ape__arena_alloc(arena, size + 1 + tail.size + 1) : NULL;

    if (!text)
        return NULL;
    memcpy(text, head, size);
    text[size] = '.';
    if (tail.size > 0)
        memcpy(text + size + 1, tail.text, tail.size);
    return text;
}

bool ape__node_is_name(const ape__node *node, const char *name)
{
    return node && node->kind == NODE_NAME && ape__name_is(node->name, name);
}

static void each(const ape__nodes *list, void (*visit)(ape__node *child, void *user), void *user)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i])
            visit(list->items[i], user);
}

static void each_part(const ape__node *node, void (*visit)(ape__node *child, void *user),
                      void *user)
{
    if (node->a)
        visit(node->a, user);
    if (node->b)
        visit(node->b, user);
    if (node->c)
        visit(node->c, user);
}

void ape__node_visit_children(ape__node *node, void (*visit)(ape__node *child, void *user),
                              void *user)
{
    switch (node->kind) {
    case NODE_FUNCTION: /* decorators and items stand before all else */
    case NODE_CLASS:
    case NODE_WITH:
        each(&node->list2, visit, user);
        each_part(node, visit, user);
        each(&node->list, visit, user);
        break;
    case NODE_ASSIGN: /* and targets before the value */
        each(&node->list, visit, user);
        each_part(node, visit, user);
        break;
    case NODE_TRY: /* and handlers before else and finally */
        each(&node->list, visit, user);
        each(&node->list2, visit, user);
        each_part(node, visit, user);
        break;
    default:
        each_part(node, visit, user);
        each(&node->list, visit, user);
        each(&node->list2, visit, user);
    }
}

static bool same_list(const ape__nodes *one, const ape__nodes *two)
{
    if (one->count != two->count)
        return false;
    for (uint32_t i = 0; i < one->count; i++)
        if (!ape__node_same(one->items[i], two->items[i]))
            return false;
    return true;
}

bool ape__node_same(const ape__node *one, const ape__node *two)
{
    if (!one || !two)
        return one == two;
    return one->kind == two->kind && one->op == two->op && ape__name_equal(one->name, two->name) &&
           ape__node_same(one->a, two->a) && ape__node_same(one->b, two->b) &&
           ape__node_same(one->c, two->c) && same_list(&one->list, &two->list) &&
           same_list(&one->list2, &two->list2);
}
