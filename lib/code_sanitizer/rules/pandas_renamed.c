/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/pandas_calls.h"

/* ffill or bfill, by either of its names; NULL: neither. */
static const char *filling(const ape__node *node)
{
    if (!ape__node_is_constant(node, CONSTANT_STRING))
        return NULL;
    if (ape__name_is(node->name, "ffill") || ape__name_is(node->name, "pad"))
        return "ffill";
    if (ape__name_is(node->name, "bfill") || ape__name_is(node->name, "backfill"))
        return "bfill";
    return NULL;
}

/* fillna("ffill") fills gaps with the word. */
static void check_word(ape__fixer *f, const ape__node *call)
{
    const ape__node *value = ape__call_keyword(call, "value"), *word;
    const char *name;
    ape__fix *fix;

    if (!ape__is_method(call, "fillna") || !ape__is_pandas(call->a->a) || call->list.count > 1 ||
        ape__call_keyword(call, "method"))
        return;
    word = call->list.count == 1 ? call->list.items[0] : value ? value->a : NULL;
    name = filling(word);
    if (!name)
        return;
    fix = ape__fixer_find(f, "APE306", call,
                          ape__fixer_format(f,
                                            "fillna(\"%.*s\") fills gaps with that word; %s() "
                                            "fills them with the value beside",
                                            (int)word->name.size, word->name.text, name));
    ape__rename_method(fix, call, name);
    ape__fix_remove_argument(f, fix, value ? value : word);
    ape__fix_level(fix, RULE_UNSAFE);
}

/* fillna(method="ffill") and, in pandas 3, interpolate(method="ffill") are ffill(). */
static void check_method(ape__fixer *f, const ape__node *call)
{
    const ape__node *keyword = ape__call_keyword(call, "method");
    bool fillna = ape__is_method(call, "fillna");
    const char *name = keyword ? filling(keyword->a) : NULL;
    ape__fix *fix;

    if (!name || call->list.count > 0 || ape__call_keyword(call, "value") ||
        ape__call_keyword(call, "limit_direction"))
        return;
    if (fillna ? call->a->a->kind == NODE_CALL
               : !ape__is_method(call, "interpolate") || !ape__is_pandas(call->a->a) ||
                     f->job->config->pandas < APE__TARGET(3, 0, 0))
        return;
    fix = ape__fixer_find(f, "APE306", call,
                          ape__fixer_format(f, "%s(method=\"%s\") is gone in pandas 3; used %s()",
                                            fillna ? "fillna" : "interpolate", name, name));
    ape__rename_method(fix, call, name);
    ape__fix_remove_argument(f, fix, keyword);
}

/* replace(0, method="ffill") has no single word in its place. */
static void check_replace(ape__fixer *f, const ape__node *call)
{
    if (f->job->config->pandas >= APE__TARGET(3, 0, 0) && ape__is_method(call, "replace") &&
        ape__is_pandas(call->a->a) && ape__call_keyword(call, "method"))
        ape__fixer_find(f, "APE306", call,
                        "replace(method=) is gone in pandas 3; use .where(...).ffill()");
}

void ape__check_fill(ape__fixer *f, const ape__node *call)
{
    check_word(f, call);
    check_method(f, call);
    check_replace(f, call);
}

static void check_applymap(ape__fixer *f, const ape__node *call)
{
    if (f->job->config->pandas >= APE__TARGET(2, 1, 0) && ape__is_method(call, "applymap") &&
        ape__is_frame(call->a->a))
        ape__rename_method(
            ape__fixer_find(f, "APE311", call, "applymap() is called map() since pandas 2.1"), call,
            "map");
}

/* pct_change(fill_method="pad") filled gaps first. */
static void check_change(ape__fixer *f, const ape__node *call)
{
    const ape__node *keyword = ape__call_keyword(call, "fill_method");
    const char *name = keyword ? filling(keyword->a) : NULL;
    ape__fix *fix;

    if (!name || f->job->config->pandas < APE__TARGET(3, 0, 0) ||
        !ape__is_method(call, "pct_change") || !ape__is_pandas(call->a->a) ||
        ape__call_keyword(call, "limit"))
        return;
    fix = ape__fixer_find(
        f, "APE311", call,
        ape__fixer_format(f, "pct_change(fill_method=) is gone in pandas 3; %s() goes before it",
                          name));
    ape__fix_insert(fix, call->a->a->outer_end, ape__fixer_format(f, ".%s()", name));
    ape__fix_remove_argument(f, fix, keyword);
}

/* axis=0 was the default of windows and groups; axis=1 went with it. */
static void check_axis(ape__fixer *f, const ape__node *call)
{
    const ape__node *axis = ape__call_keyword(call, "axis");
    ape__fix *fix;

    if (!axis || f->job->config->pandas < APE__TARGET(3, 0, 0) ||
        !(ape__is_method(call, "rolling") || ape__is_method(call, "resample") ||
          ape__is_method(call, "expanding") || ape__is_method(call, "groupby")) ||
        !ape__is_pandas(call->a->a))
        return;
    fix = ape__fixer_find(f, "APE311", axis,
                          ape__fixer_format(f,
                                            "%.*s() has no axis= in pandas 3; for columns turn the "
                                            "table with .T before and after",
                                            (int)call->a->name.size, call->a->name.text));
    if (ape__node_is_constant(axis->a, CONSTANT_INT) && ape__name_is(axis->a->name, "0"))
        ape__fix_remove_argument(f, fix, axis);
}

/* drop("x", 1), concat(frames, 1): from pandas 2.0 on by name only. */
static void check_place(ape__fixer *f, const ape__node *call)
{
    bool drops = ape__is_method(call, "drop") && ape__is_frame(call->a->a);
    const ape__node *axis = call->list.count == 2 ? call->list.items[1] : NULL;

    if (!axis || f->job->config->pandas < APE__TARGET(2, 0, 0) || ape__call_keyword(call, "axis") ||
        !ape__node_is_constant(axis, CONSTANT_INT) ||
        (!drops && !ape__fixer_calls(f, call, "pandas.concat")))
        return;
    ape__fix_insert(ape__fixer_find(f, "APE311", axis,
                                    ape__fixer_format(f,
                                                      "%s() takes its axis by name only since "
                                                      "pandas 2.0; wrote axis=",
                                                      drops ? "drop" : "concat")),
                    axis->outer_start, "axis=");
}

/* date_range(closed="left") is called inclusive=. */
static void check_closed(ape__fixer *f, const ape__node *call)
{
    const ape__node *closed = ape__call_keyword(call, "closed");
    ape__fix *fix;

    if (!closed || f->job->config->pandas < APE__TARGET(2, 0, 0) ||
        ape__call_keyword(call, "inclusive") ||
        !(ape__fixer_calls(f, call, "pandas.date_range") ||
          ape__fixer_calls(f, call, "pandas.bdate_range")))
        return;
    fix = ape__fixer_find(f, "APE311", closed,
                          "closed= is called inclusive= since pandas 2.0; wrote that");
    if (ape__node_is_constant(closed->a, CONSTANT_NONE))
        ape__fix_remove_argument(f, fix, closed);
    else if (ape__node_is_constant(closed->a, CONSTANT_STRING))
        ape__fix_replace(fix, closed->start, closed->start + closed->name.size, "inclusive");
}

/* Arguments of converters that pandas 3 has no more. */
static void check_conversion(ape__fixer *f, const ape__node *call)
{
    static const char *const functions[] = { "pandas.to_datetime", "pandas.to_numeric" };
    const ape__node *infer = ape__call_keyword(call, "infer_datetime_format");
    const ape__node *errors = ape__call_keyword(call, "errors");
    bool known = false;

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        known = known || ape__fixer_calls(f, call, functions[i]);
    if (!known || f->job->config->pandas < APE__TARGET(3, 0, 0))
        return;
    if (infer)
        ape__fix_remove_argument(
            f,
            ape__fixer_find(f, "APE311", infer,
                            "infer_datetime_format= is gone in pandas 3, which always does so"),
            infer);
    if (errors && ape__node_is_constant(errors->a, CONSTANT_STRING) &&
        ape__name_is(errors->a->name, "ignore"))
        ape__fixer_find(f, "APE311", errors,
                        "errors=\"ignore\" is gone in pandas 3; use \"coerce\", or try and except");
}

void ape__check_renamed(ape__fixer *f, const ape__node *call)
{
    check_applymap(f, call);
    check_change(f, call);
    check_axis(f, call);
    check_place(f, call);
    check_closed(f, call);
    check_conversion(f, call);
}
