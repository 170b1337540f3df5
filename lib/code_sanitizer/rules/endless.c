/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "code_sanitizer/rules/binding.h"

enum { RANGE_MAX = 10000000, SLEEP_MAX_S = 5 };

/* Whether something below a loop leaves it. */
static void look_for_end(ape__node *node, void *user)
{
    bool *found = user;

    switch (node->kind) {
    case NODE_FUNCTION:
    case NODE_LAMBDA:
    case NODE_CLASS:
        return;
    case NODE_BREAK:
    case NODE_RETURN:
    case NODE_RAISE:
    case NODE_YIELD:
        *found = true;
        return;
    case NODE_CALL:
        if (node->a->dotted && strstr(node->a->dotted, "exit"))
            *found = true;
        if (node->a->kind == NODE_NAME && ape__node_is_name(node->a, "next"))
            *found = true; /* StopIteration */
        break;
    default:
        break;
    }
    ape__node_each_child(node, look_for_end, user);
}

static void check_while(ape__fixer *f, const ape__node *loop)
{
    bool always =
        ape__node_is_constant(loop->a, CONSTANT_TRUE) ||
        (ape__node_is_constant(loop->a, CONSTANT_INT) && !ape__name_is(loop->a->name, "0"));
    bool ends = false;

    for (uint32_t i = 0; i < loop->list.count; i++)
        look_for_end(loop->list.items[i], &ends);
    if (always && !ends)
        ape__fixer_find(f, "APE707", loop->a,
                        "this loop never ends: there is no break, return or raise in it");
}

static double number_of(const ape__node *node)
{
    char digits[32];
    size_t used = 0;

    if (!node || node->kind != NODE_CONSTANT ||
        (node->op != CONSTANT_INT && node->op != CONSTANT_FLOAT) ||
        node->name.size >= sizeof(digits))
        return 0;
    for (uint32_t i = 0; i < node->name.size; i++)
        if (node->name.text[i] != '_')
            digits[used++] = node->name.text[i];
    digits[used] = '\0';
    return strtod(digits, NULL);
}

static const ape__node *last_argument(const ape__node *call)
{
    uint32_t count = call->list.count < 2 ? call->list.count : 2;

    return count > 0 ? call->list.items[count - 1] : NULL;
}

static void check_call(ape__fixer *f, const ape__node *call)
{
    const ape__node *argument = last_argument(call);
    const char *function = call->a->dotted;
    bool range = function && strcmp(function, "builtins.range") == 0;
    bool sleep = function && strcmp(function, "time.sleep") == 0;
    double number;

    if (!argument || (!range && !sleep))
        return;
    number = number_of(ape__fixer_meant(f, argument));
    if (range && number > RANGE_MAX)
        ape__fixer_find(f, "APE707", call,
                        ape__fixer_format(f, "%s is more rounds than the sandbox has time for",
                                          ape__fixer_text(f, call)));
    else if (sleep && number > SLEEP_MAX_S)
        ape__fixer_find(
            f, "APE707", call,
            ape__fixer_format(f, "%s waits for nothing: leave it out", ape__fixer_text(f, call)));
}

/* Whether every way through a function begins with a call of itself. */
static bool calls_itself_first(const ape__node *function)
{
    const ape__node *first = NULL, *call;

    for (uint32_t i = 0; i < function->list.count && !first; i++)
        if (function->list.items[i]->kind != NODE_EXPR ||
            function->list.items[i]->a->kind != NODE_CONSTANT)
            first = function->list.items[i];
    if (!first || (first->kind != NODE_RETURN && first->kind != NODE_EXPR) || !first->a)
        return false;
    call = first->a;
    while (call->kind == NODE_BIN_OP)
        call = call->a->kind == NODE_CALL ? call->a : call->b;
    return call->kind == NODE_CALL && call->a->kind == NODE_NAME &&
           ape__name_equal(call->a->name, function->name);
}

void ape__check_endless(ape__fixer *f, const ape__node *node)
{
    if (node->kind == NODE_WHILE)
        check_while(f, node);
    else if (node->kind == NODE_CALL)
        check_call(f, node);
    else if (node->kind == NODE_FUNCTION && calls_itself_first(node))
        ape__fixer_find(f, "APE707", node,
                        ape__fixer_format(f, "%.*s() calls itself before anything can end it",
                                          (int)node->name.size, node->name.text));
}
