/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/infer/infer_internal.h"

/* The evaluated arguments of a call, as many as matter. */
enum { ARGUMENTS_MAX = 8 };

typedef struct arguments {
    const ape__value *items[ARGUMENTS_MAX];
    uint32_t count;
    uint32_t origin; /* of all of them, keywords too */
    ape__node *call;
} arguments;

static arguments infer_arguments(ape__infer *in, ape__node *call)
{
    arguments out = { .call = call };

    for (uint32_t i = 0; i < call->list.count; i++) {
        const ape__value *value = ape__infer_expression(in, call->list.items[i]);

        if (out.count < ARGUMENTS_MAX)
            out.items[out.count++] = value;
        out.origin |= value->origin;
    }
    for (uint32_t i = 0; i < call->list2.count; i++) {
        const ape__value *value = ape__infer_expression(in, call->list2.items[i]->a);

        out.origin |= value->origin;
        if (ape__value_is_many(value))
            ape__infer_escapes(value);
    }
    return out;
}

static const ape__value *first(const arguments *args)
{
    return args->count > 0 ? args->items[0] : &ape__value_unknown;
}

static void all_escape(const arguments *args)
{
    for (uint32_t i = 0; i < args->count; i++)
        ape__infer_escapes(args->items[i]);
}

static bool has_keyword(const arguments *args, const char *name)
{
    return ape__call_keyword(args->call, name) != NULL;
}

static bool is_true(const ape__node *keyword)
{
    return keyword && ape__node_is_constant(keyword->a, CONSTANT_TRUE);
}

static const ape__value *download(ape__infer *in, const arguments *args)
{
    const ape__node *levels = ape__call_keyword(args->call, "multi_level_index");
    const ape__node *keyword = ape__call_keyword(args->call, "tickers");
    const ape__value *tickers = keyword ? keyword->a->value : first(args);
    ape__value *value = ape__infer_new(in, KIND_MULTI, ORIGIN_MARKET);

    value->source = args->call;
    if (!tickers || !(tickers->flags & VALUE_ONE_TICKER)) {
        if (!tickers || tickers->kind != KIND_LIST)
            value->kind = KIND_FRAME;
        return value;
    }
    if (has_keyword(args, "group_by") ||
        (levels && !ape__node_is_constant(levels->a, CONSTANT_FALSE))) {
        value->kind = is_true(levels) ? KIND_DOWNLOAD : KIND_FRAME;
        args->call->marks |= APE__MARK_USED_AS_MULTI;
        return value;
    }
    args->call->marks |= APE__MARK_ONE_TICKER;
    value->kind = levels ? KIND_FLAT : KIND_DOWNLOAD;
    return value;
}

static const ape__value *history(ape__infer *in, ape__node *call)
{
    ape__value *value = ape__infer_new(in, KIND_HISTORY, ORIGIN_MARKET);

    value->source = call;
    value->flags = VALUE_TZ_AWARE;
    return value;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* The value itself, element by element. */
static const ape__value *elementwise(ape__infer *in, const ape__value *from, uint32_t origin)
{
    ape__value *value = ape__infer_copy(in, from);

    value->origin = origin;
    value->literal = NULL;
    value->flags |= VALUE_DERIVED;
    if (from->kind == KIND_HISTORY && !(from->flags & VALUE_DERIVED))
        ape__infer_mark(from, APE__MARK_USED_AS_PRICES);
    if (from->kind == KIND_INT || from->kind == KIND_FLOAT || from->kind == KIND_BOOL)
        value->kind = KIND_SCALAR;
    if (from->kind == KIND_LIST)
        value->kind = KIND_ARRAY;
    return value;
}

/* np.std(x): of a series or an array, a number; of a frame of one column, too,
 * except where numpy asks the frame itself. */
static const ape__value *numpy_reduced(ape__infer *in, const char *name, const arguments *args)
{
    const ape__value *from = first(args);
    bool dispersion = strcmp(name, "std") == 0 || strcmp(name, "var") == 0 ||
                      strcmp(name, "nanstd") == 0 || strcmp(name, "nanvar") == 0;
    ape__value *value = ape__infer_new(in, KIND_UNKNOWN, from->origin);

    value->source = from->source;
    value->source2 = from->source2;
    value->flags = from->flags & (VALUE_FILTERED | VALUE_RANDOM_ONLY);
    if (from->kind == KIND_COLUMN || from->kind == KIND_DOWNLOAD || from->kind == KIND_HISTORY)
        value->kind = from->kind == KIND_COLUMN ? KIND_ROW : from->kind;
    else if (from->kind == KIND_SERIES || from->kind == KIND_ARRAY || from->kind == KIND_LIST)
        value->kind = has_keyword(args, "axis") ? KIND_UNKNOWN : KIND_SCALAR;
    if (dispersion)
        value->flags |= VALUE_DISPERSION;
    else if (from->flags & VALUE_FILTERED)
        value->flags |= VALUE_MAY_BE_ZERO;
    return value;
}

static const ape__value *numpy_function(ape__infer *in, const char *name, const arguments *args)
{
    static const char *const same[] = { "sqrt",  "abs",        "absolute", "log",     "log1p",
                                        "exp",   "expm1",      "square",   "cumsum",  "cumprod",
                                        "diff",  "sign",       "clip",     "maximum", "minimum",
                                        "round", "nan_to_num", NULL };
    static const char *const reduce[] = { "mean",     "std",           "var",     "sum",
                                          "max",      "min",           "median",  "nanmean",
                                          "nanstd",   "nanvar",        "prod",    "percentile",
                                          "quantile", "nanpercentile", "average", NULL };
    static const char *const arrays[] = { "array",       "asarray",      "zeros",  "ones",
                                          "arange",      "linspace",     "full",   "dot",
                                          "concatenate", "column_stack", "vstack", NULL };
    ape__value *value;

    if (strncmp(name, "random.", 7) == 0) {
        value = ape__infer_new(in,
                               has_keyword(args, "size") || args->count > 1 ||
                                       (args->count == 1 && strncmp(name, "random.ran", 10) == 0)
                                   ? KIND_ARRAY
                                   : KIND_UNKNOWN,
                               ORIGIN_RANDOM | (args->origin & (uint32_t)~ORIGIN_LITERAL));
        value->flags = (args->origin & (ORIGIN_MARKET | ORIGIN_UNKNOWN)) ? 0 : VALUE_RANDOM_ONLY;
        return value;
    }
    if (is_one_of(name, same))
        return elementwise(in, first(args), args->origin);
    if (is_one_of(name, reduce))
        return numpy_reduced(in, name, args);
    if (strcmp(name, "cov") == 0 || strcmp(name, "corrcoef") == 0) {
        for (uint32_t i = 0; i < args->count; i++)
            if (args->items[i]->kind == KIND_COLUMN)
                ape__infer_mark(args->items[i], APE__MARK_FAILS);
        value = ape__infer_new(in, KIND_ARRAY, args->origin);
        value->flags = strcmp(name, "cov") == 0 ? VALUE_DISPERSION : 0;
        return value;
    }
    if (is_one_of(name, arrays)) {
        value = ape__infer_new(in, KIND_ARRAY, args->origin);
        value->flags = first(args)->flags & VALUE_RANDOM_ONLY;
        return value;
    }
    if (strcmp(name, "float64") == 0)
        return ape__infer_new(in, KIND_SCALAR, args->origin);
    all_escape(args);
    return ape__infer_new(in, KIND_UNKNOWN, args->origin | ORIGIN_UNKNOWN);
}

/* float(), int(), round(), abs(): a number stays what it is worth. */
static const ape__value *to_number(ape__infer *in, const ape__value *from, ape__kind kind)
{
    ape__value *value = ape__infer_copy(in, from);

    value->kind = kind;
    value->literal = NULL;
    value->flags &= ~(uint32_t)VALUE_NUMPY_INT;
    return value;
}

static const ape__value *rounded(ape__infer *in, const ape__value *from)
{
    if (ape__value_is_number(from) || ape__value_is_many(from)) {
        ape__value *value = ape__infer_copy(in, from);

        value->literal = NULL;
        return value;
    }
    return ape__infer_new(in, KIND_UNKNOWN, from->origin);
}

static const ape__value *extreme(ape__infer *in, const arguments *args)
{
    const ape__value *from = first(args);
    ape__value *value = ape__infer_new(in, KIND_UNKNOWN, args->origin);

    if (args->count == 1) {
        if (from->kind == KIND_COLUMN || from->kind == KIND_DOWNLOAD || from->kind == KIND_ROW)
            ape__infer_mark(from, APE__MARK_FAILS); /* the name of a column */
        value->kind = from->kind == KIND_SERIES ? KIND_SCALAR : KIND_UNKNOWN;
        return value;
    }
    for (uint32_t i = 0; i < args->count; i++)
        ape__infer_needs_scalar(args->items[i]);
    if (args->count > 1 && ape__value_is_number(args->items[0]) &&
        ape__value_is_number(args->items[1]))
        value->kind = KIND_SCALAR;
    return value;
}

static const ape__value *shown(ape__infer *in, const arguments *args)
{
    for (uint32_t i = 0; i < args->count; i++)
        if (args->items[i]->kind == KIND_ROW)
            ape__infer_needs_scalar(args->items[i]);
    return ape__infer_new(in, KIND_NONE, 0);
}

static const ape__value *length(ape__infer *in, const ape__value *from)
{
    ape__value *value = ape__infer_new(in, KIND_INT, from->origin);

    if (from->flags & VALUE_FILTERED)
        value->flags = VALUE_MAY_BE_ZERO;
    return value;
}

static const ape__value *builtin(ape__infer *in, const char *name, const arguments *args)
{
    static const char *const harmless[] = { "str", "repr",   "isinstance", "type",
                                            "id",  "format", NULL };
    ape__value *value;

    if (strcmp(name, "float") == 0)
        return to_number(in, first(args), KIND_FLOAT);
    if (strcmp(name, "int") == 0)
        return to_number(in, first(args), KIND_INT);
    if (strcmp(name, "round") == 0 || strcmp(name, "abs") == 0)
        return rounded(in, first(args));
    if (strcmp(name, "len") == 0)
        return length(in, first(args));
    if (strcmp(name, "print") == 0)
        return shown(in, args);
    if (strcmp(name, "max") == 0 || strcmp(name, "min") == 0 || strcmp(name, "sum") == 0)
        return extreme(in, args);
    if (strcmp(name, "bool") == 0) {
        ape__infer_needs_scalar(first(args));
        return ape__infer_new(in, KIND_BOOL, args->origin);
    }
    if (is_one_of(name, harmless))
        return ape__infer_new(in, strcmp(name, "str") == 0 ? KIND_STRING : KIND_UNKNOWN,
                              args->origin);
    if (strcmp(name, "list") == 0 || strcmp(name, "sorted") == 0 || strcmp(name, "tuple") == 0) {
        if (first(args)->kind == KIND_COLUMN)
            ape__infer_mark(first(args), APE__MARK_FAILS);
        value = ape__infer_new(in, KIND_LIST, args->origin);
        value->element = first(args)->element;
        return value;
    }
    all_escape(args);
    return ape__infer_new(in, KIND_UNKNOWN, args->origin | ORIGIN_UNKNOWN);
}

static const ape__value *pandas_function(ape__infer *in, const char *name, const arguments *args)
{
    if (strcmp(name, "DataFrame") == 0 || strcmp(name, "concat") == 0 ||
        strcmp(name, "merge") == 0) {
        const ape__value *from = first(args);

        if (from->kind == KIND_DICT && from->element && from->element->kind == KIND_COLUMN)
            ape__infer_mark(from->element, APE__MARK_FAILS);
        else
            all_escape(args);
        return ape__infer_new(in, KIND_FRAME, args->origin);
    }
    if (strcmp(name, "Series") == 0) {
        ape__value *value = ape__infer_new(in, KIND_SERIES, args->origin);

        value->flags = first(args)->flags & VALUE_RANDOM_ONLY;
        all_escape(args);
        return value;
    }
    if (has_keyword(args, "tz") || has_keyword(args, "tzinfo") || has_keyword(args, "utc"))
        return ape__infer_new(in, KIND_UNKNOWN, args->origin);
    if (strcmp(name, "Timestamp") == 0 || strcmp(name, "to_datetime") == 0)
        return ape__infer_new(
            in, args->count && ape__value_is_many(first(args)) ? KIND_UNKNOWN : KIND_TIME,
            args->origin);
    if (strncmp(name, "Timestamp.", 10) == 0)
        return ape__infer_new(in, KIND_TIME, ORIGIN_CLOCK);
    if (strcmp(name, "isna") == 0 || strcmp(name, "isnull") == 0 || strcmp(name, "notna") == 0)
        return ape__infer_new(in, KIND_BOOL, args->origin);
    all_escape(args);
    return ape__infer_new(in, KIND_UNKNOWN, args->origin | ORIGIN_UNKNOWN);
}

static const ape__value *dumped(ape__infer *in, const arguments *args)
{
    const ape__value *from = first(args);
    ape__value *value = ape__infer_new(in, KIND_STRING, from->origin);

    ape__infer_needs_scalar(from);
    if (from->element)
        ape__infer_needs_scalar(from->element);
    /* the elements of a dict are joined: ask each of them */
    for (uint32_t i = 0; args->call->list.count && args->call->list.items[0]->kind == NODE_DICT &&
                         i < args->call->list.items[0]->list2.count;
         i++)
        ape__infer_needs_scalar(ape__value_of(args->call->list.items[0]->list2.items[i]));
    value->flags = from->flags & VALUE_HAS_NUMBERS;
    return value;
}

static const ape__value *external(ape__infer *in, const char *name, const arguments *args)
{
    if (strcmp(name, "yfinance.download") == 0)
        return download(in, args);
    if (strcmp(name, "yfinance.Ticker") == 0)
        return ape__infer_new(in, KIND_TICKER, ORIGIN_MARKET);
    if (strncmp(name, "numpy.", 6) == 0)
        return numpy_function(in, name + 6, args);
    if (strncmp(name, "builtins.", 9) == 0)
        return builtin(in, name + 9, args);
    if (strncmp(name, "pandas.", 7) == 0)
        return pandas_function(in, name + 7, args);
    if (strcmp(name, "json.dumps") == 0)
        return dumped(in, args);
    if (strncmp(name, "math.", 5) == 0)
        return to_number(in, first(args), KIND_FLOAT);
    if (strncmp(name, "random.", 7) == 0) {
        ape__value *value = ape__infer_new(in, KIND_FLOAT, ORIGIN_RANDOM);

        value->flags = VALUE_RANDOM_ONLY;
        return value;
    }
    if (strncmp(name, "datetime.", 9) == 0 || strncmp(name, "date.", 5) == 0) {
        bool clock = strstr(name, ".now") || strstr(name, ".today") || strstr(name, ".utcnow");

        bool zoned =
            has_keyword(args, "tz") || has_keyword(args, "tzinfo") || (clock && args->count > 0);

        return ape__infer_new(in, zoned || strstr(name, "timedelta") ? KIND_UNKNOWN : KIND_TIME,
                              clock ? ORIGIN_CLOCK : args->origin);
    }
    all_escape(args);
    return ape__infer_new(in, KIND_UNKNOWN, args->origin | ORIGIN_UNKNOWN);
}

/* The value of an argument for a parameter, by its place or its name. */
static const ape__value *argument_for(ape__infer *in, ape__node *call, ape__node *param,
                                      uint32_t place)
{
    ape__node *keyword = call ? ape__call_keyword(call, "") : NULL;

    if (!call || keyword)
        return &ape__value_unknown;
    for (uint32_t i = 0; i < call->list.count; i++)
        if (call->list.items[i]->kind == NODE_STARRED)
            return &ape__value_unknown;
    if (place < call->list.count)
        return ape__infer_expression(in, call->list.items[place]);
    for (uint32_t i = 0; i < call->list2.count; i++)
        if (ape__name_equal(call->list2.items[i]->name, param->name))
            return ape__infer_expression(in, call->list2.items[i]->a);
    return param->b ? ape__infer_expression(in, param->b) : &ape__value_unknown;
}

static void bind_parameters(ape__infer *in, ape__node *call, ape__node *arguments_node,
                            ape__env *env)
{
    const ape__nodes *lists[] = { &arguments_node->list, &arguments_node->list2,
                                  &arguments_node->c->list };
    ape__node *rest[] = { arguments_node->a, arguments_node->b };
    ape__env *caller = in->env;
    uint32_t place = 0;

    for (size_t i = 0; i < 3; i++)
        for (uint32_t j = 0; j < lists[i]->count; j++) {
            ape__node *param = lists[i]->items[j];
            const ape__value *value = argument_for(in, call, param, i < 2 ? place++ : UINT32_MAX);

            in->env = env;
            ape__infer_bind(in, param->name, value);
            in->env = caller;
        }
    in->env = env;
    for (size_t i = 0; i < 2; i++)
        if (rest[i])
            ape__infer_bind(in, rest[i]->name, &ape__value_unknown);
    in->env = caller;
}

const ape__value *ape__infer_call_function(ape__infer *in, ape__node *call, ape__node *function)
{
    ape__env *caller = in->env, *module = in->env, env = { 0 };
    const ape__value *result;

    while (module->outer)
        module = module->outer;
    env.outer = function->kind == NODE_LAMBDA ? in->env : module;
    function->value = &ape__value_unknown; /* it was looked at */
    if (in->calls == APE__INFER_CALLS_MAX) {
        if (call)
            for (uint32_t i = 0; i < call->list.count; i++)
                ape__infer_escapes(ape__infer_expression(in, call->list.items[i]));
        return &ape__value_unknown;
    }
    bind_parameters(in, call, function->a, &env);
    in->calls++;
    in->env = &env;
    if (function->kind == NODE_LAMBDA) {
        result = ape__infer_expression(in, function->b);
    } else {
        ape__infer_body(in, &function->list);
        result = env.returned;
    }
    in->env = caller;
    in->calls--;
    return result ? result : ape__infer_new(in, KIND_NONE, 0);
}

/* Methods of dicts and lists that put something into them. */
static bool changes_receiver(ape__name method)
{
    static const char *const names[] = { "append", "extend", "insert", "update", "setdefault" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ape__name_is(method, names[i]))
            return true;
    return false;
}

/* A call by an attribute: a function of a module, or a method. */
static const ape__value *call_attribute(ape__infer *in, ape__node *node)
{
    ape__node *callee = node->a;
    const ape__value *receiver = ape__infer_expression(in, callee->a);
    arguments args;

    if (receiver->kind == KIND_MODULE || receiver->kind == KIND_EXTERNAL) {
        ape__value *function = ape__infer_new(in, KIND_EXTERNAL, ORIGIN_LITERAL);

        function->name = ape__name_dotted(in->arena, receiver->name, callee->name);
        callee->value = function;
        args = infer_arguments(in, node);
        return function->name ? external(in, function->name, &args) : &ape__value_unknown;
    }
    args = infer_arguments(in, node);
    if (receiver->kind == KIND_TICKER && ape__name_is(callee->name, "history"))
        return history(in, node);
    if (ape__value_is_many(receiver) || receiver->kind == KIND_WINDOW) {
        for (uint32_t i = 0; i < args.count; i++)
            if (args.items[i]->kind == KIND_FUNCTION)
                ape__infer_escapes(receiver);
        return ape__infer_method(in, node, receiver, callee->name);
    }
    if (ape__value_is_number(receiver) && ape__name_is(callee->name, "item"))
        return to_number(in, receiver, KIND_FLOAT);
    if (receiver->kind == KIND_STRING && ape__name_is(callee->name, "format"))
        for (uint32_t i = 0; i < args.count; i++)
            ape__infer_needs_scalar(args.items[i]);
    all_escape(&args);
    if (changes_receiver(callee->name))
        ape__infer_put_into(in, callee->a, args.origin,
                            args.count == 1 && ape__name_is(callee->name, "append") ? args.items[0]
                                                                                    : NULL);
    if (receiver->kind == KIND_TIME &&
        (ape__name_is(callee->name, "date") || ape__name_is(callee->name, "to_pydatetime") ||
         ape__name_is(callee->name, "normalize")))
        return ape__infer_copy(in, receiver);
    if (receiver->kind == KIND_TIME || receiver->kind == KIND_STRING)
        return ape__infer_new(in, KIND_UNKNOWN, receiver->origin | args.origin);
    return ape__infer_new(in, KIND_UNKNOWN, receiver->origin | args.origin | ORIGIN_UNKNOWN);
}

const ape__value *ape__infer_call(ape__infer *in, ape__node *node)
{
    const ape__value *callee;
    arguments args;

    if (node->a->kind == NODE_ATTRIBUTE)
        return call_attribute(in, node);
    callee = ape__infer_expression(in, node->a);
    if (callee->kind == KIND_FUNCTION && callee->node) {
        infer_arguments(in, node);
        return ape__infer_call_function(in, node, callee->node);
    }
    args = infer_arguments(in, node);
    if (callee->kind == KIND_EXTERNAL && callee->name)
        return external(in, callee->name, &args);
    all_escape(&args);
    return ape__infer_new(in, KIND_UNKNOWN, args.origin | ORIGIN_UNKNOWN);
}
