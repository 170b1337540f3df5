/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/json_output.h"

#define AS_PLAIN "default=lambda o: o.item() if hasattr(o, \"item\") else str(o)"

enum { DESCENT_MAX = 32 };

static bool is_dumps(ape__fixer *f, const ape__node *node)
{
    return node->kind == NODE_CALL && node->list.count == 1 &&
           ape__fixer_calls(f, node, "json.dumps");
}

static bool has_encoder(const ape__node *dumps)
{
    return ape__call_keyword(dumps, "default") || ape__call_keyword(dumps, "cls") ||
           ape__call_keyword(dumps, "");
}

static void check_integers(ape__fixer *f, const ape__node *dumps)
{
    if (ape__value_of(dumps->list.items[0])->flags & VALUE_NUMPY_INT)
        ape__fix_append_argument(ape__fixer_find(f, "APE501", dumps,
                                                 "json.dumps refuses numpy's integers; told it how "
                                                 "to write them"),
                                 dumps, AS_PLAIN);
}

/* A column of prices, or what element by element was made of one: its labels are days. */
static bool has_days(ape__fixer *f, const ape__node *node)
{
    static const char *const same[] = { "pct_change", "dropna", "tail", "head",
                                        "round",      "cumsum", "diff", "shift" };

    for (int i = 0; i < DESCENT_MAX; i++) {
        const ape__node *meant = ape__fixer_meant(f, node);
        bool known = false;

        if (meant != node) {
            node = meant;
            continue;
        }
        if (node->kind == NODE_SUBSCRIPT)
            return ape__node_is_constant(node->b, CONSTANT_STRING) &&
                   ape__value_of(node)->kind == KIND_SERIES && ape__value_of(node)->source;
        if (node->kind != NODE_CALL || node->a->kind != NODE_ATTRIBUTE)
            return false;
        for (size_t j = 0; j < sizeof(same) / sizeof(same[0]); j++)
            known = known || ape__name_is(node->a->name, same[j]);
        if (!known)
            return false;
        node = node->a->a;
    }
    return false;
}

/* A list of numbers is what JSON has for a series or an array. */
static void check_container(ape__fixer *f, const ape__node *value, ape__kind kind)
{
    ape__fix *fix = ape__fixer_find(
        f, "APE502", value,
        ape__fixer_format(f, "json.dumps refuses %s, which is %s; a list is what JSON has for it",
                          ape__fixer_text(f, value),
                          kind == KIND_ARRAY   ? "an array"
                          : kind == KIND_INDEX ? "an index"
                                               : "a series"));

    ape__fix_level(fix, RULE_UNSAFE);
    ape__fix_insert(fix, value->outer_end,
                    kind == KIND_INDEX ? ".astype(str).tolist()" : ".tolist()");
}

/* series.to_dict() has days for keys. */
static bool check_keys(ape__fixer *f, const ape__node *value)
{
    const ape__node *made = ape__fixer_meant(f, value);
    ape__fix *fix;

    if (made->kind != NODE_CALL || made->a->kind != NODE_ATTRIBUTE ||
        !ape__name_is(made->a->name, "to_dict") || !has_days(f, made->a->a))
        return false;
    fix = ape__fixer_find(f, "APE502", value,
                          ape__fixer_format(f,
                                            "json.dumps refuses the keys of %s, which are days; "
                                            "wrote them as text",
                                            ape__fixer_text(f, value)));
    ape__fix_level(fix, RULE_UNSAFE);
    ape__fix_insert(fix, value->outer_start, "{str(k): v for k, v in ");
    ape__fix_insert(fix, value->outer_end, ".items()}");
    return true;
}

static void check_value(ape__fixer *f, const ape__node *dumps, const ape__node *value)
{
    ape__kind kind = ape__value_of(value)->kind;

    if (check_keys(f, value))
        return;
    if (kind == KIND_TIME)
        ape__fix_append_argument(
            ape__fixer_find(f, "APE502", value,
                            ape__fixer_format(f,
                                              "json.dumps refuses %s, which is a date; told it how "
                                              "to write one",
                                              ape__fixer_text(f, value))),
            dumps, AS_PLAIN);
    else if (kind == KIND_SERIES || kind == KIND_ARRAY || kind == KIND_INDEX)
        check_container(f, value, kind);
}

/* float("nan"), np.nan, math.inf. */
static bool is_no_number(ape__fixer *f, const ape__node *node)
{
    static const char *const names[] = { "numpy.nan", "numpy.NaN", "numpy.inf", "math.nan",
                                         "math.inf" };
    static const char *const texts[] = { "nan", "NaN", "inf", "-inf", "infinity" };
    const char *dotted;

    if (node->kind == NODE_UNARY_OP)
        node = node->a;
    if (ape__fixer_calls(f, node, "builtins.float") && node->list.count == 1 &&
        ape__node_is_constant(node->list.items[0], CONSTANT_STRING)) {
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
            if (ape__name_is(node->list.items[0]->name, texts[i]))
                return true;
        return false;
    }
    dotted = node->kind == NODE_ATTRIBUTE ? ape__names_resolve(&f->names, node) : NULL;
    for (size_t i = 0; dotted && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(dotted, names[i]) == 0)
            return true;
    return false;
}

/* The ways of "a if test else b" that are written NaN. */
static bool may_be_no_number(ape__fixer *f, const ape__node *node)
{
    if (node->kind == NODE_IF_EXP)
        return may_be_no_number(f, node->b) || may_be_no_number(f, node->c);
    return is_no_number(f, node);
}

static void write_none(ape__fixer *f, ape__fix *fix, const ape__node *node)
{
    if (node->kind == NODE_IF_EXP) {
        write_none(f, fix, node->b);
        write_none(f, fix, node->c);
    } else if (is_no_number(f, node)) {
        ape__fix_replace(fix, node->outer_start, node->outer_end, "None");
    }
}

/* NaN is no JSON: where it is written as a value, or as the only value of a name. */
static void check_nan(ape__fixer *f, const ape__node *value)
{
    const ape__node *made = ape__fixer_meant(f, value);
    ape__fix *fix;

    if (!may_be_no_number(f, made))
        return;
    fix = ape__fixer_find(f, "APE503", value,
                          ape__fixer_format(f,
                                            "%s may be NaN or infinite, which JSON has not; wrote "
                                            "null for it",
                                            ape__fixer_text(f, value)));
    if (made == value)
        write_none(f, fix, value);
    else
        ape__fix_replace(fix, value->outer_start, value->outer_end,
                         ape__fixer_format(f, "%s if abs(%s) < float(\"inf\") else None",
                                           ape__fixer_text(f, value), ape__fixer_text(f, value)));
}

/* print(result) of a dict, where nothing else prints JSON. */
static void check_plain_dict(ape__fixer *f, const ape__node *print)
{
    const ape__node *argument = print->list.count == 1 ? print->list.items[0] : NULL;
    ape__fix *fix;

    if (!argument || ape__value_of(argument)->kind != KIND_DICT || f->output.json > 0)
        return;
    fix = ape__fixer_find(f, "APE509", print,
                          ape__fixer_format(f,
                                            "%s is printed as Python writes a dict, which is no "
                                            "JSON; json.dumps() writes it",
                                            ape__fixer_text(f, argument)));
    ape__fix_insert(fix, argument->outer_start, "json.dumps(");
    ape__fix_insert(fix, argument->outer_end, ")");
    ape__fix_import(f, fix, "json", "import json\n");
}

static bool is_text(const ape__node *node)
{
    return ape__node_is_constant(node, CONSTANT_STRING) || node->kind == NODE_JOINED ||
           (node->kind == NODE_BIN_OP && is_text(node->a));
}

/* print("Sharpe:", x) beside the JSON. */
static void check_other_text(ape__fixer *f, const ape__node *print)
{
    bool text = false;
    ape__fix *fix;

    for (uint32_t i = 0; i < print->list.count; i++)
        text = text || is_text(print->list.items[i]);
    if (!text || f->output.json == 0)
        return;
    fix = ape__fixer_find(f, "APE505", print,
                          "this line is printed beside the JSON, and the output should be JSON "
                          "alone; it belongs on stderr");
    ape__fix_append_argument(fix, print, "file=sys.stderr");
    ape__fix_import(f, fix, "sys", "import sys\n");
}

void ape__check_json(ape__fixer *f, const ape__node *call)
{
    const ape__node *object;

    if (!is_dumps(f, call))
        return;
    object = ape__fixer_meant(f, call->list.items[0]);
    if (!has_encoder(call))
        check_integers(f, call);
    if (object->kind != NODE_DICT) {
        if (!has_encoder(call))
            check_value(f, call, call->list.items[0]);
        return;
    }
    for (uint32_t i = 0; i < object->list2.count; i++) {
        if (!has_encoder(call))
            check_value(f, call, object->list2.items[i]);
        check_nan(f, object->list2.items[i]);
    }
}

bool ape__prints_json(ape__fixer *f, const ape__node *print)
{
    const ape__node *argument =
        print->list.count > 0 ? ape__fixer_meant(f, print->list.items[0]) : NULL;

    return argument && argument->kind == NODE_CALL && ape__fixer_calls(f, argument, "json.dumps");
}

void ape__finish_json(ape__fixer *f)
{
    for (const ape__print *p = f->output.first; f->typed && p; p = p->next) {
        check_plain_dict(f, p->call);
        check_other_text(f, p->call);
    }
}
