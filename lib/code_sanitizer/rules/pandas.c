/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/pandas_calls.h"
#include "code_sanitizer/rules/pandas_gone.h"
#include "code_sanitizer/rules/pandas_tables.h"

static void check_append(ape__fixer *f, ape__node *call)
{
    const char *receiver, *argument, *index;
    const ape__node *other;
    ape__fix *fix;

    if (!ape__is_method(call, "append") || call->list.count != 1 || !ape__is_pandas(call->a->a) ||
        f->job->config->pandas < APE__TARGET(1, 4, 0))
        return;
    other = call->list.items[0];
    receiver = ape__fixer_text(f, call->a->a);
    argument = ape__fixer_text(f, other);
    if (other->kind == NODE_DICT)
        argument = ape__fixer_format(f, "pd.DataFrame([%s])", argument);
    index = ape__call_keyword(call, "ignore_index") ? ", ignore_index=True" : "";
    fix = ape__fixer_find(f, "APE304", call,
                          "frames and series have no append() since pandas 2.0; used pd.concat()");
    ape__fix_replace(fix, call->start, call->end,
                     ape__fixer_format(f, "pd.concat([%s, %s]%s)", receiver, argument, index));
    ape__fix_import(f, fix, "pd", "import pandas as pd\n");
}

static void check_iteritems(ape__fixer *f, ape__node *call)
{
    if (ape__is_method(call, "iteritems") && ape__is_pandas(call->a->a))
        ape__rename_method(ape__fixer_find(f, "APE305", call,
                                           "iteritems() is gone since pandas 2.0; used items()"),
                           call, "items");
}

static bool takes_frequency(const ape__node *call, const ape__node **argument, const char *function)
{
    const ape__node *keyword = ape__call_keyword(call, "freq");

    *argument = NULL;
    if (ape__is_method(call, "resample") || ape__is_method(call, "asfreq")) {
        const ape__node *rule = ape__call_keyword(call, "rule");

        *argument = call->list.count > 0 ? call->list.items[0] : rule ? rule->a : NULL;
    } else if (function && (strcmp(function, "pandas.date_range") == 0 ||
                            strcmp(function, "pandas.bdate_range") == 0 ||
                            strcmp(function, "pandas.Grouper") == 0)) {
        *argument = keyword ? keyword->a : NULL;
    }
    return *argument && ape__node_is_constant(*argument, CONSTANT_STRING);
}

static void check_frequency(ape__fixer *f, ape__node *call)
{
    const ape__node *argument;
    const char *wanted;

    if (!takes_frequency(call, &argument, ape__names_resolve(&f->names, call->a)))
        return;
    if (call->a->kind == NODE_ATTRIBUTE && ape__is_method(call, "resample") &&
        !ape__is_pandas(call->a->a) && ape__value_of(call->a->a)->kind != KIND_UNKNOWN)
        return;
    wanted = ape__frequency_for(argument->name, f->job->config->pandas, &f->job->arena);
    if (!wanted)
        return;
    ape__fix_replace(
        ape__fixer_find(f, "APE307", argument,
                        ape__fixer_format(f,
                                          "this pandas does not take the frequency "
                                          "\"%.*s\"; wrote \"%s\"",
                                          (int)argument->name.size, argument->name.text, wanted)),
        argument->start, argument->end, ape__fixer_format(f, "\"%s\"", wanted));
}

/* df[mask]["x"] = 1 assigns to a copy. */
static void check_chained(ape__fixer *f, ape__node *node)
{
    const ape__node *target = node->list.items[0];

    if (node->list.count != 1 || target->kind != NODE_SUBSCRIPT ||
        target->a->kind != NODE_SUBSCRIPT || target->a->a->kind != NODE_NAME ||
        target->a->b->kind == NODE_SLICE || !ape__node_is_constant(target->b, CONSTANT_STRING) ||
        !(ape__value_of(target->a->b)->flags & VALUE_BOOLEAN) || !ape__is_frame(target->a->a))
        return;
    ape__fix_replace(ape__fixer_find(f, "APE309", target,
                                     "an assignment to a selection of a selection changes a copy; "
                                     "used .loc"),
                     target->start, target->end,
                     ape__fixer_format(f, "%s.loc[%s, %s]", ape__fixer_text(f, target->a->a),
                                       ape__fixer_text(f, target->a->b),
                                       ape__fixer_text(f, target->b)));
}

/* The object itself is asked for later: changing it in place may be what is meant. */
static bool is_used_after(const ape__fixer *f, const ape__node *object, uint32_t at)
{
    const ape__tokens *tokens = &f->job->parse.tokens;

    for (size_t i = 0; object->kind == NODE_NAME && i < tokens->count; i++) {
        const ape__token *t = &tokens->items[i];
        ape__name written = { f->job->source.text + t->start, t->end - t->start };

        if (t->start >= at && t->kind == TOKEN_NAME && ape__name_equal(written, object->name))
            return true;
    }
    return object->kind != NODE_NAME;
}

/* df = df.dropna(inplace=True) leaves None. */
static void check_inplace(ape__fixer *f, ape__node *node)
{
    const ape__node *call = node->a, *target = node->list.items[0], *keyword;
    ape__fix *fix;

    if (call->kind != NODE_CALL || call->a->kind != NODE_ATTRIBUTE)
        return;
    keyword = ape__call_keyword(call, "inplace");
    if (!keyword || !ape__node_is_constant(keyword->a, CONSTANT_TRUE) ||
        !ape__is_pandas(call->a->a))
        return;
    fix = ape__fixer_find(f, "APE312", keyword,
                          "with inplace=True the result is None; it changes the object itself");
    if (fix && (ape__node_same(target, call->a->a) || !is_used_after(f, call->a->a, node->end)))
        ape__fix_remove_argument(f, fix, keyword);
}

/* np.percentile(returns, 5) with the NaN that pct_change() begins with is NaN. */
static void check_leading_nan(ape__fixer *f, ape__node *call)
{
    static const char *const functions[] = { "numpy.percentile", "numpy.quantile" };
    const char *function = ape__names_resolve(&f->names, call->a);
    const ape__node *argument;

    if (!function || call->list.count == 0)
        return;
    argument = call->list.items[0];
    if (ape__value_of(argument)->kind != KIND_SERIES ||
        !(ape__value_of(argument)->flags & VALUE_LEADING_NAN))
        return;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (strcmp(function, functions[i]) == 0)
            ape__fix_insert(ape__fixer_find(f, "APE314", argument,
                                            "the first value is NaN, and numpy's result would be; "
                                            "left it out"),
                            argument->outer_end, ".dropna()");
}

static bool is_comparison_of_series(const ape__node *node)
{
    return node->kind == NODE_COMPARE && node->list.count == 1 &&
           (ape__value_of(node)->flags & VALUE_BOOLEAN);
}

/* df[a > 1 and b < 2]: within the brackets a mask is meant. */
static void check_mask(ape__fixer *f, ape__node *subscript)
{
    const ape__node *mask = subscript->b;
    ape__fix *fix;
    char *text = NULL;

    if (mask->kind != NODE_BOOL_OP || !ape__is_pandas(subscript->a))
        return;
    for (uint32_t i = 0; i < mask->list.count; i++) {
        const ape__node *part = mask->list.items[i];

        if (!is_comparison_of_series(part))
            return;
        text = text ? ape__fixer_format(f, "%s %s (%.*s)", text, mask->op == TOKEN_AND ? "&" : "|",
                                        (int)(part->end - part->start),
                                        f->job->source.text + part->start)
                    : ape__fixer_format(f, "(%.*s)", (int)(part->end - part->start),
                                        f->job->source.text + part->start);
    }
    fix =
        ape__fixer_find(f, "APE301", mask,
                        "and/or ask for the truth of a whole series, which has none; used & and |");
    ape__fix_replace(fix, mask->start, mask->end, text);
}

/* a > 1 & b < 2 means a > (1 & b) < 2. */
static void check_precedence(ape__fixer *f, ape__node *node)
{
    const ape__node *middle;
    const char *text = f->job->source.text;

    if (node->kind != NODE_COMPARE || node->list.count != 2)
        return;
    middle = node->list.items[0];
    if (middle->kind != NODE_BIN_OP || (middle->flags & NODE_IN_PARENTHESES) ||
        (middle->op != TOKEN_AMPERSAND && middle->op != TOKEN_BAR) ||
        ape__value_of(node->a)->kind != KIND_SERIES ||
        ape__value_of(middle->b)->kind != KIND_SERIES)
        return;
    ape__fix_replace(ape__fixer_find(f, "APE319", node,
                                     "& and | bind more strongly than comparisons; put these in "
                                     "parentheses"),
                     node->start, node->end,
                     ape__fixer_format(
                         f, "(%.*s) %s (%.*s)", (int)(middle->a->outer_end - node->start),
                         text + node->start, middle->op == TOKEN_AMPERSAND ? "&" : "|",
                         (int)(node->end - middle->b->outer_start), text + middle->b->outer_start));
}

static void check_index_dt(ape__fixer *f, ape__node *node)
{
    const ape__node *dt = node->a;

    if (dt->kind == NODE_ATTRIBUTE && ape__name_is(dt->name, "dt") &&
        ape__value_of(dt->a)->kind == KIND_INDEX)
        ape__fix_replace(ape__fixer_find(f, "APE320", node, "an index has no .dt; took it away"),
                         dt->a->outer_end, dt->end, "");
}

static void check_drop(ape__fixer *f, ape__node *call)
{
    static const char *const columns[] = { "Open",   "High",      "Low",         "Close",
                                           "Volume", "Dividends", "Stock Splits" };
    const ape__node *label;

    if (!ape__is_method(call, "drop") || call->list.count != 1 || ape__call_keyword(call, "axis") ||
        ape__call_keyword(call, "columns") || ape__call_keyword(call, "index"))
        return;
    label = call->list.items[0];
    if (ape__value_of(call->a->a)->kind != KIND_HISTORY &&
        ape__value_of(call->a->a)->kind != KIND_FLAT)
        return;
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (ape__node_is_constant(label, CONSTANT_STRING) && ape__name_is(label->name, columns[i]))
            ape__fix_insert(ape__fixer_find(f, "APE321", call,
                                            "drop() takes rows unless told otherwise; named the "
                                            "columns"),
                            label->outer_start, "columns=");
}

static void check_tuple(ape__fixer *f, ape__node *node)
{
    const ape__node *tuple = node->b;
    ape__kind kind = ape__value_of(node->a)->kind;
    ape__fix *fix;

    if (tuple->kind != NODE_TUPLE || tuple->list.count < 2 ||
        (kind != KIND_HISTORY && kind != KIND_FLAT) || (tuple->flags & NODE_IN_PARENTHESES))
        return;
    for (uint32_t i = 0; i < tuple->list.count; i++)
        if (!ape__node_is_constant(tuple->list.items[i], CONSTANT_STRING))
            return;
    fix = ape__fixer_find(f, "APE322", node, "two columns are chosen by a list; put them in one");
    ape__fix_insert(fix, tuple->start, "[");
    ape__fix_insert(fix, tuple->end, "]");
}

/* close[-1] looks for the label -1 from pandas 3 on. */
static void check_positional(ape__fixer *f, ape__node *node)
{
    const ape__node *index = node->b;
    bool negative = index->kind == NODE_UNARY_OP && index->op == TOKEN_MINUS;

    if (f->job->config->pandas < APE__TARGET(2, 1, 0) || (node->flags & NODE_STORE) ||
        !ape__node_is_constant(negative ? index->a : index, CONSTANT_INT) ||
        ape__value_of(node->a)->kind != KIND_SERIES ||
        !(ape__value_of(node->a)->origin & ORIGIN_MARKET) || !ape__value_of(node->a)->source)
        return;
    ape__fix_insert(ape__fixer_find(f, "APE303", node,
                                    "a number in brackets is a label, not a place, from pandas 3 "
                                    "on; used .iloc"),
                    node->a->outer_end, ".iloc");
}

static void check_call(ape__fixer *f, ape__node *call)
{
    check_append(f, call);
    check_iteritems(f, call);
    ape__check_fill(f, call);
    check_frequency(f, call);
    ape__check_renamed(f, call);
    ape__check_arguments(f, call);
    check_leading_nan(f, call);
    check_drop(f, call);
}

void ape__visit_pandas(ape__fixer *f, ape__node *node)
{
    ape__check_gone(f, node);
    ape__check_shapes(f, node);
    switch (node->kind) {
    case NODE_CALL:
        check_call(f, node);
        break;
    case NODE_ASSIGN:
        check_chained(f, node);
        check_inplace(f, node);
        break;
    case NODE_SUBSCRIPT:
        check_mask(f, node);
        check_tuple(f, node);
        check_positional(f, node);
        break;
    case NODE_COMPARE:
        check_precedence(f, node);
        break;
    case NODE_ATTRIBUTE:
        check_index_dt(f, node);
        break;
    default:
        break;
    }
}
