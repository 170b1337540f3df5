/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/infer/infer_internal.h"
#include "code_sanitizer/infer/methods.h"
#include "code_sanitizer/python/token.h"

static bool is_price_column(ape__name name)
{
    static const char *const columns[] = { "Open", "High", "Low", "Close", "Volume", "Dividends" };

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (ape__name_is(name, columns[i]))
            return true;
    return false;
}

static ape__value *derived(ape__infer *in, const ape__value *from, ape__kind kind)
{
    ape__value *value = ape__infer_new(in, kind, from->origin);

    value->source = from->source;
    value->source2 = from->source2;
    value->flags = (from->flags & (VALUE_TZ_AWARE | VALUE_FILTERED | VALUE_LEADING_NAN |
                                   VALUE_DIFFERENCE | VALUE_RANDOM_ONLY)) |
                   VALUE_DERIVED;
    return value;
}

/* One column of a frame, by its name. */
static const ape__value *column(ape__infer *in, const ape__value *frame, ape__name name)
{
    if (ape__name_is(name, "Adj Close"))
        ape__infer_mark(frame, APE__MARK_ADJ_CLOSE);
    if (ape__name_is(name, "Close"))
        ape__infer_mark(frame, APE__MARK_CLOSE);
    switch (frame->kind) {
    case KIND_DOWNLOAD:
        ape__infer_mark(frame, APE__MARK_USED_BY_COLUMN);
        return derived(in, frame, KIND_COLUMN);
    case KIND_COLUMN: /* the second level: ["Close"]["AAPL"] */
        ape__infer_mark(frame, APE__MARK_USED_AS_MULTI);
        return derived(in, frame, KIND_SERIES);
    case KIND_HISTORY:
        ape__infer_mark(frame, APE__MARK_USED_BY_COLUMN);
        return derived(in, frame, KIND_SERIES);
    case KIND_FLAT:
        return derived(in, frame, KIND_SERIES);
    case KIND_MULTI:
        return derived(in, frame, KIND_FRAME);
    default:
        return derived(in, frame, KIND_UNKNOWN);
    }
}

/* prices[["Close"]] is a frame of one column. */
static bool is_one_column(const ape__value *from, const ape__node *index)
{
    return (from->kind == KIND_HISTORY || from->kind == KIND_FLAT) && index->kind == NODE_LIST &&
           index->list.count == 1 && ape__node_is_constant(index->list.items[0], CONSTANT_STRING);
}

/* A mask, a slice, or a list of columns: a part of the same shape. */
static const ape__value *part(ape__infer *in, const ape__value *from, const ape__node *index,
                              const ape__value *by)
{
    ape__value *value = derived(in, from, from->kind);

    if (index->kind != NODE_SLICE)
        value->flags |= VALUE_FILTERED;
    if (from->kind == KIND_DOWNLOAD && by->kind == KIND_LIST)
        ape__infer_mark(from, APE__MARK_USED_BY_COLUMN);
    if (from->kind == KIND_HISTORY)
        ape__infer_mark(from, APE__MARK_USED_BY_COLUMN);
    if (by->kind == KIND_LIST && from->kind != KIND_SERIES && from->kind != KIND_COLUMN)
        value->kind = from->kind == KIND_DOWNLOAD  ? KIND_DOWNLOAD
                      : is_one_column(from, index) ? KIND_COLUMN
                                                   : KIND_FRAME;
    return value;
}

static bool is_integer(const ape__node *index)
{
    if (index->kind == NODE_UNARY_OP && index->op == TOKEN_MINUS)
        index = index->a;
    return ape__node_is_constant(index, CONSTANT_INT);
}

/* .iloc[-1], .iloc[1:], .loc["2021"]. */
static const ape__value *indexed(ape__infer *in, ape__node *node, const ape__value *indexer,
                                 const ape__value *by)
{
    const ape__value *from = indexer->receiver;
    bool position = strcmp(indexer->name, "iloc") == 0 || strcmp(indexer->name, "iat") == 0;

    if (node->b->kind == NODE_TUPLE) { /* rows and columns */
        if (from->kind == KIND_DOWNLOAD || from->kind == KIND_COLUMN)
            ape__infer_mark(from, APE__MARK_USED_AS_MULTI);
        if (from->kind == KIND_HISTORY)
            ape__infer_mark(from, APE__MARK_USED_BY_COLUMN);
        return derived(in, from, KIND_UNKNOWN);
    }
    if (node->b->kind == NODE_SLICE)
        return derived(in, from, from->kind);
    if (!position || (!is_integer(node->b) && by->kind != KIND_INT))
        return derived(in, from, KIND_UNKNOWN);
    if (from->kind == KIND_SERIES || from->kind == KIND_ROW) {
        if (from->kind == KIND_ROW)
            ape__infer_mark(from, APE__MARK_USED_AS_MULTI);
        return derived(in, from, KIND_SCALAR);
    }
    if (from->kind == KIND_COLUMN)
        return derived(in, from, KIND_ROW);
    if (from->kind == KIND_HISTORY && !(from->flags & VALUE_DERIVED))
        ape__infer_mark(from, APE__MARK_USED_BY_COLUMN);
    return derived(in, from, KIND_UNKNOWN);
}

static const ape__value *infer_index(ape__infer *in, ape__node *node, const ape__value *from,
                                     const ape__value *by)
{
    const ape__node *index = node->b;

    if (ape__node_is_constant(index, CONSTANT_STRING))
        return column(in, from, index->name);
    if (by->kind == KIND_STRING && by->literal)
        return column(in, from, by->literal->name);
    if (index->kind == NODE_TUPLE) {
        ape__infer_mark(from, APE__MARK_USED_AS_MULTI);
        return derived(in, from, KIND_UNKNOWN);
    }
    if (index->kind == NODE_SLICE || (by->flags & VALUE_BOOLEAN) || by->kind == KIND_LIST)
        return part(in, from, index, by);
    if (from->kind == KIND_SERIES && is_integer(index))
        return derived(in, from, KIND_SCALAR);
    if (from->kind == KIND_COLUMN && is_integer(index))
        ape__infer_mark(from, APE__MARK_FAILS); /* KeyError: -1 */
    else if (from->kind == KIND_ROW && is_integer(index))
        ape__infer_mark(from, APE__MARK_USED_AS_MULTI);
    else
        ape__infer_mark(from, APE__MARK_USED_AS_MULTI | APE__MARK_USED_BY_COLUMN);
    return derived(in, from, KIND_UNKNOWN);
}

const ape__value *ape__infer_subscript(ape__infer *in, ape__node *node)
{
    const ape__value *from = ape__infer_expression(in, node->a);
    const ape__value *by = ape__infer_expression(in, node->b);

    if (from->kind == KIND_INDEXER)
        return indexed(in, node, from, by);
    if (from->kind == KIND_LIST && node->b->kind == NODE_SLICE)
        return from;
    if (from->kind == KIND_LIST && from->element &&
        !(by->kind == KIND_UNKNOWN && node->b->kind == NODE_SLICE))
        return from->element;
    if (from->kind == KIND_ARRAY) {
        ape__value *value =
            derived(in, from,
                    is_integer(node->b) || node->b->kind == NODE_TUPLE ? KIND_SCALAR : KIND_ARRAY);

        value->flags |= from->flags & (VALUE_DISPERSION | VALUE_MAY_BE_ZERO);
        if (from->kind == KIND_ARRAY && value->kind == KIND_ARRAY && (by->flags & VALUE_BOOLEAN))
            value->flags |= VALUE_FILTERED;
        return value;
    }
    if (from->kind == KIND_INDEX && is_integer(node->b)) {
        ape__value *value = derived(in, from, KIND_TIME);

        return value;
    }
    if (ape__value_is_many(from))
        return infer_index(in, node, from, by);
    return ape__infer_new(in, KIND_UNKNOWN, from->origin | ORIGIN_UNKNOWN);
}

static const ape__value *module_attribute(ape__infer *in, const ape__value *module, ape__name name)
{
    ape__value *value = ape__infer_new(in, KIND_EXTERNAL, ORIGIN_LITERAL);

    value->name = ape__name_dotted(in->arena, module->name, name);
    return value;
}

static const ape__value *frame_attribute(ape__infer *in, const ape__value *from, ape__name name)
{
    static const char *const indexers[] = { "iloc", "loc", "iat", "at", "ix" };
    ape__value *value;

    for (size_t i = 0; i < sizeof(indexers) / sizeof(indexers[0]); i++)
        if (ape__name_is(name, indexers[i])) {
            value = ape__infer_new(in, KIND_INDEXER, from->origin);
            value->name = indexers[i];
            value->receiver = from;
            return value;
        }
    if (ape__name_is(name, "values"))
        return derived(in, from, KIND_ARRAY);
    if (ape__name_is(name, "index"))
        return derived(in, from, KIND_INDEX);
    if (ape__name_is(name, "empty"))
        return ape__infer_new(in, KIND_BOOL, from->origin);
    if (ape__name_is(name, "columns"))
        ape__infer_mark(from, APE__MARK_USED_AS_MULTI | APE__MARK_USED_BY_COLUMN);
    if (is_price_column(name) && from->kind != KIND_SERIES)
        return column(in, from, name);
    return derived(in, from, KIND_UNKNOWN);
}

const ape__value *ape__infer_attribute(ape__infer *in, ape__node *node)
{
    const ape__value *from = ape__infer_expression(in, node->a);

    if (from->kind == KIND_MODULE || from->kind == KIND_EXTERNAL)
        return module_attribute(in, from, node->name);
    if (ape__value_is_many(from))
        return frame_attribute(in, from, node->name);
    if (from->kind == KIND_TICKER) {
        ape__value *value = ape__infer_new(in, KIND_UNKNOWN, ORIGIN_MARKET);

        return value;
    }
    return ape__infer_new(in, KIND_UNKNOWN, from->origin | ORIGIN_UNKNOWN);
}

/* "column" reductions give a row of one; a series gives a number. */
static const ape__value *reduced(ape__infer *in, const ape__value *from, const ape__method *method)
{
    ape__value *value = derived(in, from, KIND_UNKNOWN);

    if (from->kind == KIND_SERIES || from->kind == KIND_ARRAY || from->kind == KIND_ROW)
        value->kind = KIND_SCALAR;
    else if (from->kind == KIND_COLUMN)
        value->kind = KIND_ROW;
    else if (from->kind == KIND_HISTORY || from->kind == KIND_DOWNLOAD)
        value->kind = from->kind;
    else if (from->kind == KIND_FRAME || from->kind == KIND_FLAT)
        value->kind = KIND_SERIES;
    value->flags &= ~(uint32_t)(VALUE_LEADING_NAN | VALUE_DIFFERENCE);
    value->flags |= method->flags;
    if ((from->flags & VALUE_FILTERED) && !(method->flags & VALUE_DISPERSION) &&
        (strcmp(method->name, "sum") == 0 || strcmp(method->name, "mean") == 0 ||
         strcmp(method->name, "count") == 0))
        value->flags |= VALUE_MAY_BE_ZERO;
    if ((from->flags & VALUE_DIFFERENCE) &&
        (strcmp(method->name, "min") == 0 || strcmp(method->name, "max") == 0))
        value->flags |= VALUE_MAY_BE_ZERO; /* a drawdown of a price that only rose */
    if (strcmp(method->name, "sum") == 0 && (from->flags & VALUE_BOOLEAN))
        value->flags |= VALUE_NUMPY_INT | VALUE_MAY_BE_ZERO;
    return value;
}

static const ape__value *windowed(ape__infer *in, const ape__value *window, ape__name method)
{
    ape__value *value = derived(in, window->receiver, window->receiver->kind);

    if (ape__name_is(method, "apply") || ape__name_is(method, "agg"))
        ape__infer_escapes(window->receiver);
    value->flags |= VALUE_LEADING_NAN;
    return value;
}

static const ape__value *apply_shape(ape__infer *in, const ape__value *from,
                                     const ape__method *method)
{
    ape__value *value;

    switch (method->shape) {
    case METHOD_SAME:
        value = derived(in, from, from->kind);
        value->flags |= method->flags | (from->flags & VALUE_BOOLEAN);
        if (strcmp(method->name, "dropna") == 0)
            value->flags &= ~(uint32_t)VALUE_LEADING_NAN;
        return value;
    case METHOD_REDUCES:
        return reduced(in, from, method);
    case METHOD_WINDOW:
        value = derived(in, from, KIND_WINDOW);
        value->receiver = from;
        return value;
    case METHOD_ARRAY:
        return derived(in, from, KIND_ARRAY);
    case METHOD_PAIRS:
        if (from->kind == KIND_COLUMN)
            ape__infer_mark(from, APE__MARK_FAILS);
        return derived(in, from, from->kind == KIND_SERIES ? KIND_SCALAR : KIND_FRAME);
    case METHOD_LIST:
        if (from->kind == KIND_COLUMN)
            ape__infer_mark(from, APE__MARK_FAILS); /* a frame has no tolist() */
        value = derived(in, from, KIND_LIST);
        value->element = ape__infer_new(in, KIND_FLOAT, from->origin);
        value->flags |= VALUE_HAS_NUMBERS;
        return value;
    case METHOD_ITEM:
        if (from->kind == KIND_COLUMN)
            ape__infer_mark(from, APE__MARK_FAILS);
        return derived(in, from, KIND_FLOAT);
    case METHOD_SERIES_ONLY:
        if (from->kind == KIND_COLUMN)
            ape__infer_mark(from, APE__MARK_FAILS);
        return derived(in, from, from->kind);
    case METHOD_LABEL:
        return derived(in, from, from->kind == KIND_SERIES ? KIND_TIME : KIND_UNKNOWN);
    case METHOD_FRAME:
        return derived(in, from, KIND_FRAME);
    default:
        return derived(in, from, KIND_UNKNOWN);
    }
}

/* Methods that use the two levels of a download's columns. */
static bool uses_levels(ape__name method)
{
    static const char *const names[] = { "xs",        "droplevel",   "stack",   "squeeze",
                                         "swaplevel", "unstack",     "melt",    "reset_index",
                                         "rename",    "rename_axis", "join",    "merge",
                                         "iterrows",  "itertuples",  "items",   "apply",
                                         "agg",       "to_dict",     "groupby", "drop" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ape__name_is(method, names[i]))
            return true;
    return false;
}

const ape__value *ape__infer_method(ape__infer *in, ape__node *node, const ape__value *receiver,
                                    ape__name name)
{
    const ape__method *method = ape__method_find(name);

    if (receiver->kind == KIND_WINDOW)
        return windowed(in, receiver, name);
    if (uses_levels(name)) {
        ape__infer_mark(receiver, APE__MARK_USED_AS_MULTI);
        if (receiver->kind == KIND_HISTORY)
            ape__infer_mark(receiver, APE__MARK_USED_BY_COLUMN);
    }
    if (ape__name_is(name, "tz_localize") || ape__name_is(name, "tz_convert"))
        ape__infer_mark(receiver, APE__MARK_TZ_HANDLED);
    if (!method) {
        if (receiver->kind == KIND_HISTORY)
            ape__infer_mark(receiver, APE__MARK_USED_BY_COLUMN);
        else
            ape__infer_mark(receiver, APE__MARK_ESCAPED);
        return derived(in, receiver, KIND_UNKNOWN);
    }
    for (uint32_t i = 0; method->shape == METHOD_PAIRS && i < node->list.count; i++)
        if (ape__value_of(node->list.items[i])->kind == KIND_COLUMN)
            ape__infer_mark(ape__value_of(node->list.items[i]), APE__MARK_FAILS);
    if (receiver->kind == KIND_HISTORY && !(receiver->flags & VALUE_DERIVED) &&
        (strcmp(method->name, "pct_change") == 0 || strcmp(method->name, "diff") == 0 ||
         method->shape == METHOD_REDUCES || method->shape == METHOD_WINDOW))
        ape__infer_mark(receiver, APE__MARK_USED_AS_PRICES);
    return apply_shape(in, receiver, method);
}
