/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/binding.h"

/* Whether a node below is of use: a call of a name, or a print. */
typedef struct search {
    ape__fixer *f;
    ape__name name;
    bool named, prints;
} search;

static void look(ape__node *node, void *user)
{
    search *s = user;

    if (node->kind == NODE_NAME && ape__name_equal(node->name, s->name))
        s->named = true;
    if (node->kind == NODE_CALL && ape__fixer_calls(s->f, node, "builtins.print"))
        s->prints = true;
    ape__node_each_child(node, look, s);
}

static bool is_named(ape__fixer *f, ape__name name)
{
    search s = { .f = f, .name = name };

    look(f->module, &s);
    return s.named;
}

static bool prints(ape__fixer *f, ape__node *node)
{
    search s = { .f = f };

    look(node, &s);
    return s.prints;
}

/* if __name__ == "__main__" */
static bool is_guard(const ape__node *node)
{
    return node->kind == NODE_IF && node->a->kind == NODE_COMPARE &&
           ape__node_is_name(node->a->a, "__name__");
}

static bool only_defines(const ape__node *s)
{
    switch (s->kind) {
    case NODE_IMPORT:
    case NODE_IMPORT_FROM:
    case NODE_FUNCTION:
    case NODE_CLASS:
        return true;
    case NODE_ASSIGN:
        return s->a->kind == NODE_CONSTANT || s->a->kind == NODE_LIST || s->a->kind == NODE_TUPLE;
    case NODE_EXPR:
        return s->a->kind == NODE_CONSTANT;
    default:
        return false;
    }
}

static bool needs_nothing(const ape__node *function)
{
    const ape__node *p = function->a;
    const ape__nodes *lists[] = { &p->list, &p->list2, &p->c->list };

    for (size_t i = 0; i < 3; i++)
        for (uint32_t j = 0; j < lists[i]->count; j++)
            if (!lists[i]->items[j]->b)
                return false;
    return function->op == 0 && function->list2.count == 0;
}

/* main(), or the only function that needs no arguments and that nobody calls; NULL: none. */
static ape__node *entry(ape__fixer *f)
{
    ape__node *found = NULL;

    for (uint32_t i = 0; i < f->module->list.count; i++) {
        ape__node *s = f->module->list.items[i];

        if (!only_defines(s))
            return NULL;
        if (s->kind != NODE_FUNCTION || !needs_nothing(s) || is_named(f, s->name))
            continue;
        if (ape__name_is(s->name, "main"))
            return s;
        if (found)
            return NULL; /* several candidates, and no main() among those before */
        found = s;
    }
    return found;
}

static const ape__node *returned(const ape__node *function)
{
    const ape__node *last = function->list.items[function->list.count - 1];

    return last->kind == NODE_RETURN ? last->a : NULL;
}

static void check_never_called(ape__fixer *f)
{
    ape__node *function = entry(f);
    const ape__node *value, *last;
    const char *call;
    ape__fix *fix;

    if (!function)
        return;
    last = f->module->list.items[f->module->list.count - 1];
    value = returned(function);
    call = ape__fixer_format(f, "%.*s()", (int)function->name.size, function->name.text);
    fix = ape__fixer_find(
        f, "APE113", function,
        ape__fixer_format(f, "%s is defined and never called, so nothing happens", call));
    if (!value || prints(f, function)) {
        ape__fix_insert(fix, last->end, ape__fixer_format(f, "\n\n%s", call));
    } else if (ape__value_of(value)->kind == KIND_DICT) {
        ape__fix_insert(fix, last->end, ape__fixer_format(f, "\n\nprint(json.dumps(%s))", call));
        ape__fix_import(f, fix, "json", "import json\n");
    } else {
        ape__fix_insert(fix, last->end, ape__fixer_format(f, "\n\nprint(%s)", call));
    }
}

/* All output stands behind the guard. */
static void check_guard(ape__fixer *f)
{
    const ape__node *guard = NULL;

    for (uint32_t i = 0; i < f->module->list.count; i++) {
        ape__node *s = f->module->list.items[i];

        if (is_guard(s))
            guard = s;
        else if (!only_defines(s) && prints(f, s))
            return;
    }
    if (guard)
        ape__fixer_find(f, "APE114", guard->a,
                        "the program does something only as __main__: the sandbox runs it so, "
                        "whoever imports or exec()s it gets nothing");
}

void ape__check_entry(ape__fixer *f)
{
    check_never_called(f);
    check_guard(f);
}
