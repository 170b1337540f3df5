/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/drawdown.h"

enum { DESCENT_MAX = 32 };

static bool is_method(const ape__node *call, const char *name)
{
    return call->kind == NODE_CALL && call->a->kind == NODE_ATTRIBUTE &&
           ape__name_is(call->a->name, name);
}

/* Made by pct_change() and not multiplied up again. */
static bool is_returns(ape__fixer *f, const ape__node *node)
{
    for (int i = 0; node && i < DESCENT_MAX; i++) {
        const ape__node *meant = ape__fixer_meant(f, node);

        if (meant != node)
            node = meant;
        else if (node->kind != NODE_CALL || node->a->kind != NODE_ATTRIBUTE)
            return false;
        else if (is_method(node, "pct_change"))
            return true;
        else if (is_method(node, "dropna") || is_method(node, "fillna") || is_method(node, "tail"))
            node = node->a->a;
        else
            return false;
    }
    return false;
}

/* returns.min(), min(returns), np.min(returns). */
static bool is_smallest_return(ape__fixer *f, const ape__node *node)
{
    if (node->kind != NODE_CALL)
        return false;
    if ((ape__node_is_name(node->a, "float") || ape__node_is_name(node->a, "abs") ||
         ape__node_is_name(node->a, "round")) &&
        node->list.count > 0)
        return is_smallest_return(f, node->list.items[0]);
    if (is_method(node, "min") && node->list.count == 0)
        return is_returns(f, node->a->a);
    if ((ape__fixer_calls(f, node, "numpy.min") || ape__fixer_calls(f, node, "builtins.min")) &&
        node->list.count == 1)
        return is_returns(f, node->list.items[0]);
    return false;
}

static bool means_drawdown(ape__name name)
{
    static const char *const words[] = { "drawdown", "mdd", "max_dd" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t size = strlen(words[i]);

        for (uint32_t at = 0; at + size <= name.size; at++)
            if (strncmp(name.text + at, words[i], size) == 0)
                return true;
    }
    return false;
}

static void check(ape__fixer *f, ape__name name, const ape__node *value)
{
    if (means_drawdown(name) && is_smallest_return(f, value))
        ape__fixer_find(
            f, "APE610", value,
            ape__fixer_format(f,
                              "%s is the worst single return; a drawdown is how far the "
                              "price fell from its highest until then: (p / "
                              "p.cummax() - 1).min()",
                              ape__fixer_text(f, value)));
}

/* (returns - returns.cummax()).min(): a running maximum of returns is no peak. */
static void check_running(ape__fixer *f, const ape__node *call)
{
    if ((is_method(call, "cummax") || is_method(call, "cummin")) && is_returns(f, call->a->a))
        ape__fixer_find(f, "APE610", call,
                        ape__fixer_format(f,
                                          "%s is a running extreme of returns, not of prices: a "
                                          "drawdown is measured on prices, or on (1 + "
                                          "returns).cumprod()",
                                          ape__fixer_text(f, call)));
}

void ape__check_drawdown(ape__fixer *f, const ape__node *node)
{
    if (node->kind == NODE_CALL)
        check_running(f, node);
    else if (node->kind == NODE_ASSIGN && node->list.items[0]->kind == NODE_NAME)
        check(f, node->list.items[0]->name, node->a);
    else if (node->kind == NODE_DICT)
        for (uint32_t i = 0; i < node->list.count; i++)
            if (ape__node_is_constant(node->list.items[i], CONSTANT_STRING))
                check(f, node->list.items[i]->name, node->list2.items[i]);
}
