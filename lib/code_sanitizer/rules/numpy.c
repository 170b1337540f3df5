/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/fixer.h"
#include "code_sanitizer/python/token.h"

/* A name that numpy no longer has, or does not have yet. */
typedef struct renamed {
    const char *old, *new;
    const char *rule;
    ape__target from, until; /* the versions that lack the old name; 0: no bound */
} renamed;

static const renamed names[] = {
    { "float", "float", "APE401", 12400, 0 },
    { "int", "int", "APE401", 12400, 0 },
    { "object", "object", "APE401", 12400, 0 },
    { "str", "str", "APE401", 12400, 0 },
    { "complex", "complex", "APE401", 12400, 0 },
    { "bool", "bool", "APE401", 12400, 20000 },
    { "NaN", "nan", "APE402", 20000, 0 },
    { "NAN", "nan", "APE402", 20000, 0 },
    { "Inf", "inf", "APE402", 20000, 0 },
    { "Infinity", "inf", "APE402", 20000, 0 },
    { "PINF", "inf", "APE402", 20000, 0 },
    { "infty", "inf", "APE402", 20000, 0 },
    { "NINF", "-inf", "APE402", 20000, 0 },
    { "float_", "float64", "APE402", 20000, 0 },
    { "complex_", "complex128", "APE402", 20000, 0 },
    { "string_", "bytes_", "APE402", 20000, 0 },
    { "unicode_", "str_", "APE402", 20000, 0 },
    { "product", "prod", "APE403", 20000, 0 },
    { "cumproduct", "cumprod", "APE403", 20000, 0 },
    { "alltrue", "all", "APE403", 20000, 0 },
    { "sometrue", "any", "APE403", 20000, 0 },
    { "round_", "round", "APE403", 20000, 0 },
    { "row_stack", "vstack", "APE403", 20000, 0 },
    { "mat", "asmatrix", "APE403", 20000, 0 },
    { "in1d", "isin", "APE403", 20000, 0 },
    { "trapz", "trapezoid", "APE403", 20000, 0 },
    { "trapezoid", "trapz", "APE403", 0, 20000 },
};

static bool applies(const renamed *r, ape__target numpy)
{
    return numpy >= r->from && (r->until == 0 || numpy < r->until);
}

static const renamed *find(ape__name name, ape__target numpy)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ape__name_is(name, names[i].old) && applies(&names[i], numpy))
            return &names[i];
    return NULL;
}

/* What numpy calls a type of Python's. */
static const char *own_type(const char *builtin)
{
    static const char *const types[][2] = { { "float", "float64" }, { "int", "int64" },
                                            { "bool", "bool_" },    { "complex", "complex128" },
                                            { "str", "str_" },      { "object", "object_" } };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i][0], builtin) == 0)
            return types[i][1];
    return builtin;
}

/* The builtin type, or numpy's own where the program has taken the builtin's name. */
static const char *replacement(ape__fixer *f, const ape__node *node, const renamed *r)
{
    const char *module = ape__fixer_text(f, node->a);
    ape__name builtin = { r->new, (uint32_t)strlen(r->new) };

    if (strcmp(r->rule, "APE401") != 0)
        return r->new[0] == '-' ? ape__fixer_format(f, "(-%s.%s)", module, r->new + 1)
                                : ape__fixer_format(f, "%s.%s", module, r->new);
    if (!ape__names_binds(&f->names, builtin))
        return r->new;
    return ape__fixer_format(f, "%s.%s", module, own_type(r->new));
}

static void check_name(ape__fixer *f, ape__node *node)
{
    const char *module = ape__names_resolve(&f->names, node->a);
    const renamed *r;
    const char *new;

    if (!module || strcmp(module, "numpy") != 0)
        return;
    r = find(node->name, f->job->config->numpy);
    if (!r)
        return;
    new = replacement(f, node, r);
    ape__fix_replace(
        ape__fixer_find(
            f, r->rule, node,
            ape__fixer_format(f, "numpy has no %s in every version; wrote %s", r->old, new)),
        node->start, node->end, new);
}

static void check_math(ape__fixer *f, ape__node *node)
{
    const char *dotted = ape__names_resolve(&f->names, node);
    ape__fix *fix;

    if (!dotted || strcmp(dotted, "numpy.math") != 0)
        return;
    fix = ape__fixer_find(f, "APE404", node, "numpy.math is not numpy's own; used the module math");
    ape__fix_replace(fix, node->start, node->end, "math");
    ape__fix_import(f, fix, "math", "import math\n");
}

static void check_asscalar(ape__fixer *f, ape__node *call)
{
    if (ape__fixer_calls(f, call, "numpy.asscalar") && call->list.count == 1)
        ape__fix_replace(
            ape__fixer_find(f, "APE404", call, "numpy.asscalar is gone since 1.23; used .item()"),
            call->start, call->end,
            ape__fixer_format(f, "(%s).item()", ape__fixer_text(f, call->list.items[0])));
}

static void check_interpolation(ape__fixer *f, ape__node *call)
{
    const char *function = ape__names_resolve(&f->names, call->a);
    const ape__node *keyword = ape__call_keyword(call, "interpolation");

    if (!function || !keyword || f->job->config->numpy < APE__TARGET(1, 22, 0) ||
        (strcmp(function, "numpy.percentile") != 0 && strcmp(function, "numpy.quantile") != 0 &&
         strcmp(function, "numpy.nanpercentile") != 0))
        return;
    ape__fix_replace(
        ape__fixer_find(f, "APE406", keyword, "interpolation= is called method= since numpy 1.22"),
        keyword->start, keyword->start + keyword->name.size, "method");
}

static void check_sum(ape__fixer *f, ape__node *call)
{
    if (ape__fixer_calls(f, call, "numpy.sum") && call->list.count == 1 &&
        call->list.items[0]->kind == NODE_GENERATOR && call->list2.count == 0)
        ape__fix_replace(ape__fixer_find(f, "APE409", call,
                                         "numpy.sum of a generator is refused by newer versions; "
                                         "used sum"),
                         call->a->start, call->a->end, "sum");
}

static void check_financial(ape__fixer *f, ape__node *call)
{
    static const char *const gone[] = { "numpy.irr", "numpy.npv", "numpy.pmt",
                                        "numpy.fv",  "numpy.pv",  "numpy.mirr" };
    const char *function = ape__names_resolve(&f->names, call->a);

    for (size_t i = 0; function && i < sizeof(gone) / sizeof(gone[0]); i++)
        if (strcmp(function, gone[i]) == 0)
            ape__fixer_find(f, "APE408", call,
                            ape__fixer_format(
                                f, "%s is gone since numpy 1.20; write the formula out", function));
}

/* Arguments that numpy 2.4 has no more: corrcoef() ignored its own, reshape()'s goes by place. */
static void check_gone_arguments(ape__fixer *f, ape__node *call)
{
    static const char *const ignored[] = { "ddof", "bias" };
    const ape__node *shape = ape__call_keyword(call, "newshape");

    if (shape && call->list.count == 1 && call->list2.count == 1 &&
        ape__fixer_calls(f, call, "numpy.reshape"))
        ape__fix_replace(
            ape__fixer_find(f, "APE409", shape,
                            "reshape() has no newshape= in newer numpy; gave the shape "
                            "by its place"),
            shape->start, shape->a->outer_start, "");
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        const ape__node *keyword = ape__call_keyword(call, ignored[i]);

        if (keyword && ape__fixer_calls(f, call, "numpy.corrcoef"))
            ape__fix_remove_argument(
                f,
                ape__fixer_find(f, "APE409", keyword,
                                ape__fixer_format(f,
                                                  "corrcoef() always ignored %s=, and newer numpy "
                                                  "refuses it; took it away",
                                                  ignored[i])),
                keyword);
    }
}

/* An array that surely holds one number and is no number: [x], v[-1:]. */
static bool is_array_of_one(ape__fixer *f, const ape__node *node)
{
    const ape__node *made = ape__fixer_meant(f, node), *slice = made->b;

    if (ape__value_of(node)->kind != KIND_ARRAY)
        return false;
    if (ape__fixer_calls(f, made, "numpy.array"))
        return made->list.count == 1 && made->list.items[0]->kind == NODE_LIST &&
               made->list.items[0]->list.count == 1;
    if (made->kind != NODE_SUBSCRIPT || slice->kind != NODE_SLICE || slice->c)
        return false;
    if (slice->a && !slice->b)
        return slice->a->kind == NODE_UNARY_OP && slice->a->op == TOKEN_MINUS &&
               ape__node_is_constant(slice->a->a, CONSTANT_INT) &&
               ape__name_is(slice->a->a->name, "1");
    return !slice->a && ape__node_is_constant(slice->b, CONSTANT_INT) &&
           ape__name_is(slice->b->name, "1");
}

/* float() of an array with an axis, from numpy 1.25 on. */
static void check_float_of_array(ape__fixer *f, ape__node *call)
{
    const ape__node *argument = call->list.count == 1 ? call->list.items[0] : NULL;

    if (!argument || f->job->config->numpy < APE__TARGET(1, 25, 0) ||
        (!ape__fixer_calls(f, call, "builtins.float") &&
         !ape__fixer_calls(f, call, "builtins.int")) ||
        !is_array_of_one(f, argument))
        return;
    ape__fix_insert(
        ape__fixer_find(f, "APE405", argument,
                        ape__fixer_format(f,
                                          "%s is an array of one number, which newer "
                                          "numpy does not take for a number; .item() is "
                                          "the number",
                                          ape__fixer_text(f, argument))),
        argument->outer_end, ".item()");
}

/* np.std() divides by n, Series.std() by n - 1. */
static void check_degrees(ape__fixer *f, ape__node *call)
{
    static const char *const functions[] = { "numpy.std", "numpy.var", "numpy.nanstd",
                                             "numpy.nanvar" };
    const char *function = ape__names_resolve(&f->names, call->a);

    if (!function || ape__call_keyword(call, "ddof") || call->list.count == 0 ||
        !(ape__value_of(call->list.items[0])->origin & ORIGIN_MARKET))
        return;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (strcmp(function, functions[i]) == 0)
            ape__fixer_find(f, "APE407", call,
                            ape__fixer_format(f,
                                              "%s divides by n; of a sample, as pandas does and "
                                              "numpy.cov too, it is ddof=1",
                                              function));
}

void ape__visit_numpy(ape__fixer *f, ape__node *node)
{
    if (f->minded > 0)
        return;
    if (node->kind == NODE_ATTRIBUTE) {
        check_math(f, node);
        check_name(f, node);
    } else if (node->kind == NODE_CALL) {
        check_asscalar(f, node);
        check_interpolation(f, node);
        check_sum(f, node);
        check_gone_arguments(f, node);
        check_float_of_array(f, node);
        check_degrees(f, node);
        check_financial(f, node);
    }
}
