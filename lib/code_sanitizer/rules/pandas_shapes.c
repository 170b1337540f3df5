/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/pandas_gone.h"

/* A series of length one that APE201 does not make a number of. */
static bool is_row(const ape__node *node)
{
    const ape__value *value = ape__value_of(node);
    const uint32_t repaired = APE__MARK_ONE_TICKER | APE__MARK_FAILS;

    if (value->kind != KIND_ROW)
        return false;
    return !value->source || (value->source->marks & repaired) != repaired ||
           (value->source->marks & (APE__MARK_USED_AS_MULTI | APE__MARK_ESCAPED));
}

static void take_number(ape__fixer *f, const ape__node *node, const char *where)
{
    ape__fix_insert(ape__fixer_find(f, "APE302", node,
                                    ape__fixer_format(f,
                                                      "%s is a series of length one, and %s wants "
                                                      "a number; .iloc[0] is the number",
                                                      ape__fixer_text(f, node), where)),
                    node->outer_end, ".iloc[0]");
}

static void check_conversion(ape__fixer *f, const ape__node *call)
{
    const ape__node *argument = call->list.count == 1 ? call->list.items[0] : NULL;

    if (!argument || f->job->config->pandas < APE__TARGET(2, 1, 0) || !is_row(argument))
        return;
    if (ape__fixer_calls(f, call, "builtins.float") || ape__fixer_calls(f, call, "builtins.int"))
        take_number(f, argument, call->a->name.size == 3 ? "int()" : "float()");
}

static void check_format(ape__fixer *f, const ape__node *formatted)
{
    if (formatted->b && formatted->b->list.count > 0 && is_row(formatted->a))
        take_number(f, formatted->a, "a format");
}

static bool holds_text(const ape__node *list)
{
    return list && (list->kind == NODE_LIST || list->kind == NODE_TUPLE) && list->list.count > 0 &&
           ape__node_is_constant(list->list.items[0], CONSTANT_STRING);
}

/* pd.DataFrame({"ticker": ["KO"], ...}) or of a list of such dicts. */
static bool has_text_column(ape__fixer *f, const ape__node *frame)
{
    const ape__node *made = ape__fixer_meant(f, frame), *data;

    if (made == frame || !ape__fixer_calls(f, made, "pandas.DataFrame") || made->list.count == 0)
        return false;
    data = ape__fixer_meant(f, made->list.items[0]);
    if (data->kind == NODE_LIST && data->list.count > 0) {
        data = data->list.items[0];
        for (uint32_t i = 0; data->kind == NODE_DICT && i < data->list2.count; i++)
            if (ape__node_is_constant(data->list2.items[i], CONSTANT_STRING))
                return true;
        return false;
    }
    for (uint32_t i = 0; data->kind == NODE_DICT && i < data->list2.count; i++)
        if (holds_text(data->list2.items[i]))
            return true;
    return false;
}

/* df.mean() of a frame with a column of text. */
static void check_numeric_only(ape__fixer *f, const ape__node *call)
{
    static const char *const methods[] = { "mean", "std",  "var",      "median",
                                           "corr", "skew", "quantile", "cov" };

    if (call->a->kind != NODE_ATTRIBUTE || call->a->a->kind != NODE_NAME ||
        f->job->config->pandas < APE__TARGET(2, 0, 0) || ape__call_keyword(call, "numeric_only") ||
        ape__call_keyword(call, "axis") || ape__value_of(call->a->a)->kind != KIND_FRAME)
        return;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (ape__name_is(call->a->name, methods[i]) && has_text_column(f, call->a->a))
            ape__fix_append_argument(
                ape__fixer_find(f, "APE310", call,
                                ape__fixer_format(f,
                                                  "%s has a column of text, and %s() of it is a "
                                                  "TypeError since pandas 2.0",
                                                  ape__fixer_text(f, call->a->a), methods[i])),
                call, "numeric_only=True");
}

/* Two keywords of two calls that are written otherwise. */
static bool differs(const ape__node *one, const ape__node *two, const char *name)
{
    const ape__node *a = ape__call_keyword(one, name), *b = ape__call_keyword(two, name);

    return (a != NULL) != (b != NULL) || (a && b && !ape__node_same(a->a, b->a));
}

/* Series of two windows, or one with its first NaN and one without, have two lengths. */
static bool differ_in_length(const ape__value *one, const ape__value *two)
{
    if (one->kind != KIND_SERIES || two->kind != KIND_SERIES || !one->source || !two->source)
        return false;
    if ((one->flags ^ two->flags) & VALUE_LEADING_NAN)
        return true;
    return one->source != two->source && (differs(one->source, two->source, "start") ||
                                          differs(one->source, two->source, "end") ||
                                          differs(one->source, two->source, "period"));
}

static void check_lengths(ape__fixer *f, const ape__node *call)
{
    const char *one, *two;
    ape__fix *fix;

    if (call->list.count != 2 ||
        (!ape__fixer_calls(f, call, "numpy.cov") && !ape__fixer_calls(f, call, "numpy.corrcoef")) ||
        !differ_in_length(ape__value_of(call->list.items[0]), ape__value_of(call->list.items[1])))
        return;
    one = ape__fixer_text(f, call->list.items[0]);
    two = ape__fixer_text(f, call->list.items[1]);
    fix = ape__fixer_find(f, "APE315", call,
                          ape__fixer_format(f,
                                            "%s and %s are not of the same days, and numpy takes "
                                            "them place by place; join them by day first",
                                            one, two));
    ape__fix_replace(
        fix, call->list.items[0]->outer_start, call->list.items[1]->outer_end,
        ape__fixer_format(f, "*pd.concat([%s, %s], axis=1, join=\"inner\").dropna().T.to_numpy()",
                          one, two));
    ape__fix_import(f, fix, "pd", "import pandas as pd\n");
}

void ape__check_shapes(ape__fixer *f, const ape__node *node)
{
    if (node->kind == NODE_FORMATTED) {
        check_format(f, node);
    } else if (node->kind == NODE_CALL) {
        check_conversion(f, node);
        check_numeric_only(f, node);
        check_lengths(f, node);
    }
}
