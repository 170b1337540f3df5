/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/binding.h"

/* Definite assignment, as far as if and try go. Loops count as run, functions as their own. */

static bool opens_scope(const ape__node *node)
{
    switch (node->kind) {
    case NODE_FUNCTION:
    case NODE_CLASS:
    case NODE_LAMBDA:
    case NODE_LIST_COMP:
    case NODE_SET_COMP:
    case NODE_DICT_COMP:
    case NODE_GENERATOR:
        return true;
    default:
        return false;
    }
}

/* The first place where a name is read, and where it is bound, below a node. */
typedef struct search {
    ape__name name;
    const ape__node *read, *bound;
} search;

static void look(ape__node *node, void *user)
{
    search *s = user;

    if (opens_scope(node)) {
        if ((node->kind == NODE_FUNCTION || node->kind == NODE_CLASS) && !s->bound &&
            ape__name_equal(node->name, s->name))
            s->bound = node;
        return;
    }
    if (node->kind == NODE_NAME && ape__name_equal(node->name, s->name)) {
        if (!(node->flags & (NODE_STORE | NODE_DEL)) && !s->read)
            s->read = node;
        else if ((node->flags & (NODE_STORE | NODE_DEL)) && !s->bound)
            s->bound = node;
    }
    if (node->kind == NODE_ALIAS) {
        ape__name bound = node->a ? node->a->name : node->name;

        if (ape__name_equal(bound, s->name) && !s->bound)
            s->bound = node;
        return;
    }
    ape__node_each_child(node, look, s);
}

static bool binds(ape__node *statement, ape__name name);

static bool list_binds(const ape__nodes *list, ape__name name)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (binds(list->items[i], name))
            return true;
    return false;
}

static bool leaves_program(const ape__node *call)
{
    const char *function = call->kind == NODE_CALL ? call->a->dotted : NULL;

    return function &&
           (strcmp(function, "builtins.exit") == 0 || strcmp(function, "builtins.quit") == 0 ||
            strcmp(function, "sys.exit") == 0 || strcmp(function, "os._exit") == 0);
}

/* Nothing behind it is reached. */
static bool list_ends(const ape__nodes *list)
{
    const ape__node *last = list->count > 0 ? list->items[list->count - 1] : NULL;

    if (!last)
        return false;
    switch (last->kind) {
    case NODE_RETURN:
    case NODE_RAISE:
    case NODE_CONTINUE:
    case NODE_BREAK:
        return true;
    case NODE_EXPR:
        return leaves_program(last->a);
    case NODE_IF:
        return list_ends(&last->list) && list_ends(&last->list2);
    default:
        return false;
    }
}

static bool way_binds(const ape__nodes *list, ape__name name)
{
    return list_binds(list, name) || list_ends(list);
}

static bool try_binds(const ape__node *node, ape__name name)
{
    if (list_binds(&node->c->list2, name))
        return true;
    if (!list_binds(&node->list, name) && !list_binds(&node->c->list, name))
        return false;
    for (uint32_t i = 0; i < node->list2.count; i++)
        if (!way_binds(&node->list2.items[i]->list, name))
            return false;
    return true;
}

static bool binds(ape__node *statement, ape__name name)
{
    search s = { .name = name };

    switch (statement->kind) {
    case NODE_IF:
        return statement->list2.count > 0 && way_binds(&statement->list, name) &&
               way_binds(&statement->list2, name);
    case NODE_TRY:
        return try_binds(statement, name);
    case NODE_WITH:
    case NODE_FOR:
    case NODE_WHILE:
    case NODE_MATCH:
    default:
        look(statement, &s);
        return s.bound != NULL;
    }
}

/* A body of statements, and the place in it. */
typedef struct place {
    ape__fixer *f;
    const ape__nodes *body;
    uint32_t at;
} place;

static bool was_bound_before(const place *p, ape__name name)
{
    search s = { .name = name };

    for (uint32_t i = 0; i < p->at && !s.bound; i++)
        look(p->body->items[i], &s);
    return s.bound != NULL;
}

/* "if a: x = 1", and later "if a: print(x)". */
static bool same_test(const ape__node *one, const ape__node *two)
{
    return one->kind == NODE_IF && two->kind == NODE_IF && ape__node_same(one->a, two->a);
}

static void check_name(const place *p, ape__name name)
{
    ape__node *from = p->body->items[p->at];

    if (was_bound_before(p, name) || binds(from, name))
        return;
    for (uint32_t i = p->at + 1; i < p->body->count; i++) {
        search s = { .name = name };

        if (same_test(from, p->body->items[i]))
            continue;
        look(p->body->items[i], &s);
        if (s.read && (!s.bound || s.read->start < s.bound->start ||
                       p->body->items[i]->kind == NODE_ASSIGN)) {
            ape__fixer_find(p->f, "APE111", s.read,
                            ape__fixer_format(p->f,
                                              "%.*s is bound on some ways to this place only; on "
                                              "the others it is a NameError",
                                              (int)name.size, name.text));
            return;
        }
        if (s.bound)
            return;
    }
}

static void each_bound(ape__node *node, void *user)
{
    if (opens_scope(node))
        return;
    if (node->kind == NODE_NAME && (node->flags & NODE_STORE))
        check_name(user, node->name);
    ape__node_each_child(node, each_bound, user);
}

void ape__check_unbound(ape__fixer *f, const ape__node *body)
{
    place p = { .f = f, .body = &body->list };

    for (p.at = 0; p.at + 1 < body->list.count; p.at++) {
        ape__node *statement = body->list.items[p.at];

        if (statement->kind == NODE_IF || statement->kind == NODE_TRY)
            ape__node_each_child(statement, each_bound, &p);
    }
}
