/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/pandas_gone.h"

/* Functions of pandas that became methods of a window: pd.rolling_mean(s, 20). */
static const char *const windows[][2] = {
    { "pandas.rolling_mean", "mean" },     { "pandas.rolling_std", "std" },
    { "pandas.rolling_sum", "sum" },       { "pandas.rolling_var", "var" },
    { "pandas.rolling_max", "max" },       { "pandas.rolling_min", "min" },
    { "pandas.rolling_median", "median" },
};

/* Methods and attributes of frames and series that are gone, and since when. */
typedef struct gone {
    const char *name, *advice;
    ape__target since;
    const char *instead; /* the same thing by another name; NULL: a person must choose */
} gone;

static const gone attributes[] = {
    { "ix", "use .loc for labels, .iloc for places", 10000, NULL },
    { "lookup", "use .loc or .melt()", 20000, NULL },
    { "get_value", "use .at", 10000, NULL },
    { "set_value", "use .at", 10000, NULL },
    { "slice_shift", "use .shift()", 20000, NULL },
    { "swapaxes", "use .transpose()", 30000, NULL },
    { "as_matrix", "used .to_numpy", 10000, "to_numpy" },
    { "is_monotonic", "used .is_monotonic_increasing", 20000, "is_monotonic_increasing" },
    { "ravel", "used .to_numpy", 30000, "to_numpy" },
};

static bool is_pandas(const ape__node *node)
{
    const ape__value *value = ape__value_of(node);

    return ape__value_is_many(value) && value->kind != KIND_ARRAY;
}

static void check_attribute(ape__fixer *f, const ape__node *node)
{
    ape__fix *fix;

    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        const gone *g = &attributes[i];

        if (!ape__name_is(node->name, g->name) || f->job->config->pandas < g->since ||
            !is_pandas(node->a))
            continue;
        fix = ape__fixer_find(
            f, "APE308", node,
            ape__fixer_format(f, "pandas has no .%s any more; %s", g->name, g->advice));
        if (g->instead)
            ape__fix_replace(fix, node->end - node->name.size, node->end, g->instead);
    }
}

/* pd.datetime and pd.np: other modules, by way of pandas. */
static void check_module(ape__fixer *f, const ape__node *node)
{
    const char *dotted;
    ape__fix *fix;

    if (f->job->config->pandas < APE__TARGET(2, 0, 0) ||
        !(ape__name_is(node->name, "datetime") || ape__name_is(node->name, "np") ||
          ape__name_is(node->name, "Panel")))
        return;
    dotted = ape__names_resolve(&f->names, node);
    if (!dotted || strncmp(dotted, "pandas.", 7) != 0 || strchr(dotted + 7, '.'))
        return;
    fix = ape__fixer_find(f, "APE308", node,
                          ape__fixer_format(f, "%s is gone since pandas 2.0", dotted));
    if (strcmp(dotted, "pandas.np") == 0) {
        ape__fix_replace(fix, node->start, node->end, "np");
        ape__fix_import(f, fix, "np", "import numpy as np\n");
    } else if (strcmp(dotted, "pandas.datetime") == 0) {
        ape__fix_replace(fix, node->start, node->end, "datetime");
        ape__fix_import(f, fix, "datetime", "from datetime import datetime\n");
    }
}

static void check_window_function(ape__fixer *f, const ape__node *call, const char *function)
{
    const ape__node *window = ape__call_keyword(call, "window");
    const ape__node *size = call->list.count == 2 ? call->list.items[1] : window ? window->a : NULL;

    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
        if (strcmp(function, windows[i][0]) == 0) {
            ape__fix *fix = ape__fixer_find(
                f, "APE308", call,
                ape__fixer_format(f, "%s is long gone; windows are made by .rolling()", function));

            if (size && call->list.count > 0)
                ape__fix_replace(fix, call->start, call->end,
                                 ape__fixer_format(f, "%s.rolling(%s).%s()",
                                                   ape__fixer_text(f, call->list.items[0]),
                                                   ape__fixer_text(f, size), windows[i][1]));
        }
}

static void check_function(ape__fixer *f, const ape__node *call)
{
    const char *function =
        call->a->kind == NODE_ATTRIBUTE ? ape__names_resolve(&f->names, call->a) : NULL;
    const ape__node *span = ape__call_keyword(call, "span");

    if (!function || strncmp(function, "pandas.", 7) != 0)
        return;
    check_window_function(f, call, function);
    if (strcmp(function, "pandas.ewma") == 0) {
        ape__fix *fix =
            ape__fixer_find(f, "APE308", call, "pandas.ewma is long gone; used .ewm().mean()");

        if (span && call->list.count == 1)
            ape__fix_replace(fix, call->start, call->end,
                             ape__fixer_format(f, "%s.ewm(span=%s).mean()",
                                               ape__fixer_text(f, call->list.items[0]),
                                               ape__fixer_text(f, span->a)));
    }
}

/* resample("M", how="last") is resample("M").last(). */
static void check_how(ape__fixer *f, const ape__node *call)
{
    const ape__node *how = ape__call_keyword(call, "how");
    ape__fix *fix;

    if (!how || call->a->kind != NODE_ATTRIBUTE || !ape__name_is(call->a->name, "resample") ||
        !ape__node_is_constant(how->a, CONSTANT_STRING) || !is_pandas(call->a->a))
        return;
    fix = ape__fixer_find(f, "APE308", how, "resample() has no how=; it is a method of its result");
    ape__fix_remove_argument(f, fix, how);
    ape__fix_insert(fix, call->end,
                    ape__fixer_format(f, ".%.*s()", (int)how->a->name.size, how->a->name.text));
}

/* s.mad(), the mean absolute deviation; only of a name, which can be written twice. */
static void check_mad(ape__fixer *f, const ape__node *call)
{
    const char *name;

    if (call->a->kind != NODE_ATTRIBUTE || !ape__name_is(call->a->name, "mad") ||
        call->list.count > 0 || f->job->config->pandas < APE__TARGET(2, 0, 0) ||
        !is_pandas(call->a->a))
        return;
    name = ape__fixer_text(f, call->a->a);
    ape__fix_replace(
        ape__fixer_find(f, "APE308", call, ".mad() is gone since pandas 2.0; wrote it out"),
        call->start, call->a->a->kind == NODE_NAME ? call->end : call->start,
        call->a->a->kind == NODE_NAME
            ? ape__fixer_format(f, "(%s - %s.mean()).abs().mean()", name, name)
            : NULL);
}

/* Helpers for UTC give a time without a zone, and are on their way out. */
static void check_utc(ape__fixer *f, const ape__node *call)
{
    const char *function =
        call->a->kind == NODE_ATTRIBUTE ? ape__names_resolve(&f->names, call->a) : NULL;
    const char *class;
    ape__fix *fix;

    if (!function || !ape__name_is(call->a->name, "utcnow"))
        return;
    class = ape__fixer_text(f, call->a->a);
    if (strcmp(function, "pandas.Timestamp.utcnow") == 0 &&
        f->job->config->pandas >= APE__TARGET(3, 0, 0)) {
        fix = ape__fixer_find(f, "APE313", call, "Timestamp.utcnow() is deprecated in pandas 3");
        ape__fix_replace(fix, call->start, call->end,
                         ape__fixer_format(f, "%s.now(\"UTC\")", class));
    } else if (strcmp(function, "datetime.datetime.utcnow") == 0 &&
               f->job->config->python >= APE__TARGET(3, 12, 0)) {
        fix = ape__fixer_find(f, "APE313", call,
                              "datetime.utcnow() is deprecated since Python 3.12: it has no zone");
        ape__fix_replace(fix, call->start, call->end,
                         ape__fixer_format(f, "%s.now(timezone.utc)", class));
        ape__fix_import(f, fix, "timezone", "from datetime import timezone\n");
    }
}

void ape__check_gone(ape__fixer *f, const ape__node *node)
{
    if (node->kind == NODE_ATTRIBUTE) {
        check_attribute(f, node);
        check_module(f, node);
    } else if (node->kind == NODE_CALL) {
        check_function(f, node);
        check_how(f, node);
        check_mad(f, node);
        check_utc(f, node);
    }
}
