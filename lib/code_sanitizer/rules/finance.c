/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "code_sanitizer/rules/drawdown.h"
#include "core/date.h"

static void check_division(ape__fixer *f, ape__node *node)
{
    const char *divisor, *text, *bare;
    ape__fix *fix;

    if (!(node->marks & APE__MARK_DIVIDES_BY_ZERO) || (node->marks & APE__MARK_GUARDED) ||
        f->job->config->division == APE_CODE_DIVISION_OFF)
        return;
    divisor = ape__fixer_text(f, node->b);
    bare = ape__arena_copy(&f->job->arena, f->job->source.text + node->b->start,
                           node->b->end - node->b->start);
    text =
        ape__arena_copy(&f->job->arena, f->job->source.text + node->start, node->end - node->start);
    fix = ape__fixer_find(f, "APE601", node,
                          ape__fixer_format(f,
                                            "%s may be zero, and then the quotient means nothing; "
                                            "it becomes NaN, which is shown as undefined",
                                            divisor));
    if (f->job->config->division == APE_CODE_DIVISION_SKETCH) {
        ape__fix_replace(fix, node->b->outer_start, node->b->outer_end,
                         ape__fixer_format(f, "(%s or 1e-10)", divisor));
        return;
    }
    ape__fix_replace(
        fix, node->start, node->end,
        node->marks & APE__MARK_DISPERSION
            ? ape__fixer_format(f, "(%s if abs(%s) > 1e-12 else float(\"nan\"))", text, bare)
            : ape__fixer_format(f, "(%s if %s else float(\"nan\"))", text, bare));
}

static bool is_tiny(const ape__node *node)
{
    char digits[32];
    double value;

    if (!ape__node_is_constant(node, CONSTANT_FLOAT) || node->name.size >= sizeof(digits))
        return false;
    memcpy(digits, node->name.text, node->name.size);
    digits[node->name.size] = '\0';
    value = strtod(digits, NULL);
    return value > 0 && value < 1e-4;
}

/* The number that a tiny one was joined to: std of (std + 1e-10); NULL: none. */
static const ape__node *beside_tiny(const ape__node *divisor)
{
    const ape__node *one = NULL, *two = NULL;

    if (divisor->kind == NODE_BIN_OP && divisor->op == TOKEN_PLUS) {
        one = divisor->a, two = divisor->b;
    } else if (divisor->kind == NODE_BOOL_OP && divisor->op == TOKEN_OR &&
               divisor->list.count == 2) {
        one = divisor->list.items[0], two = divisor->list.items[1];
    } else if (divisor->kind == NODE_CALL && ape__node_is_name(divisor->a, "max") &&
               divisor->list.count == 2) {
        one = divisor->list.items[0], two = divisor->list.items[1];
    }
    if (two && is_tiny(two))
        return one;
    return one && is_tiny(one) && divisor->kind != NODE_BOOL_OP ? two : NULL;
}

/* x / (std + 1e-10), x / (std or 1e-10), x / max(std, 1e-10) */
static void check_epsilon(ape__fixer *f, ape__node *node)
{
    const ape__node *divisor;
    const char *text;
    ape__fix *fix;

    if (node->op != TOKEN_SLASH || !(ape__value_of(node->a)->origin & ORIGIN_MARKET))
        return;
    divisor = beside_tiny(node->b);
    if (!divisor)
        return;
    text = ape__fixer_text(f, divisor);
    fix = ape__fixer_find(f, "APE602", node,
                          ape__fixer_format(f,
                                            "a tiny number stands in for %s where it is zero, and "
                                            "makes a huge quotient that means nothing; test for "
                                            "zero and print null",
                                            text));
    if (f->job->config->division == APE_CODE_DIVISION_HONEST &&
        ape__value_is_number(ape__value_of(divisor)))
        ape__fix_replace(fix, node->start, node->end,
                         ape__fixer_format(f, "(%s / %s if abs(%s) > 1e-12 else float(\"nan\"))",
                                           ape__fixer_text(f, node->a), text, text));
}

/* -5, -HORIZON of a whole number, or a name for one of them. */
static bool is_negative(ape__fixer *f, const ape__node *node)
{
    if (!node)
        return false;
    node = ape__fixer_meant(f, node);
    return node->kind == NODE_UNARY_OP && node->op == TOKEN_MINUS &&
           ape__value_of(node->a)->kind == KIND_INT;
}

/* shift(-1), bfill(), center=True: what a day knows of later days. */
static void check_look_ahead(ape__fixer *f, ape__node *call)
{
    const ape__node *periods, *center;
    ape__name method;

    if (call->a->kind != NODE_ATTRIBUTE || !(ape__value_of(call->a->a)->origin & ORIGIN_MARKET))
        return;
    method = call->a->name;
    periods = ape__call_keyword(call, "periods");
    center = ape__call_keyword(call, "center");
    if (ape__name_is(method, "shift") &&
        (is_negative(f, call->list.count ? call->list.items[0] : NULL) ||
         (periods && is_negative(f, periods->a))))
        ape__fixer_find(f, "APE604", call,
                        "shift() by a negative number brings later prices to a day that could not "
                        "know them");
    else if (ape__name_is(method, "bfill") || ape__name_is(method, "backfill"))
        ape__fixer_find(f, "APE604", call, "bfill() fills gaps with later prices; use ffill()");
    else if (ape__name_is(method, "rolling") && center &&
             ape__node_is_constant(center->a, CONSTANT_TRUE))
        ape__fixer_find(f, "APE604", call,
                        "a centred window looks at later prices; leave center out");
}

/* The as-of date in place of the clock, where it is known. */
static void write_as_of(ape__fixer *f, ape__fix *fix, const ape__node *call, const char *function)
{
    const char *as_of = f->job->request->as_of, *class;
    int year, month, day;
    ape__date date;

    if (!as_of || call->a->kind != NODE_ATTRIBUTE || strncmp(function, "time.", 5) == 0 ||
        !ape__date_parse(as_of, strlen(as_of), &date))
        return;
    class = ape__fixer_text(f, call->a->a);
    ape__date_to_parts(date, &year, &month, &day);
    ape__fix_replace(fix, call->start, call->end,
                     strncmp(function, "pandas.", 7) == 0
                         ? ape__fixer_format(f, "%s(\"%s\")", class, as_of)
                         : ape__fixer_format(f, "%s(%d, %d, %d)", class, year, month, day));
}

static void check_clock(ape__fixer *f, ape__node *call)
{
    static const char *const clocks[] = {
        "datetime.datetime.now",    "datetime.datetime.today",
        "datetime.datetime.utcnow", "datetime.date.today",
        "pandas.Timestamp.now",     "pandas.Timestamp.today",
        "pandas.Timestamp.utcnow",  "time.time",
    };
    const char *function = ape__names_resolve(&f->names, call->a);

    for (size_t i = 0; function && i < sizeof(clocks) / sizeof(clocks[0]); i++)
        if (strcmp(function, clocks[i]) == 0)
            write_as_of(f,
                        ape__fixer_find(f, "APE605", call,
                                        ape__fixer_format(
                                            f,
                                            "%s() makes the answer depend on when it is asked; "
                                            "the sandbox shows its as-of date%s%s",
                                            function, f->job->request->as_of ? ", " : "",
                                            f->job->request->as_of ? f->job->request->as_of : "")),
                        call, function);
}

static bool is_later(const ape__node *date, const char *as_of)
{
    return memcmp(date->name.text, as_of, 10) > 0;
}

/* Dates in this form compare as they are written. */
static void check_window(ape__fixer *f, ape__node *call)
{
    const char *as_of = f->job->request->as_of;
    ape__kind kind = ape__value_of(call)->kind;
    const ape__node *start, *end;

    if (!as_of || !ape__value_of(call)->source ||
        (kind != KIND_DOWNLOAD && kind != KIND_HISTORY && kind != KIND_FLAT && kind != KIND_MULTI &&
         kind != KIND_FRAME))
        return;
    start = ape__fixer_date(call, "start");
    end = ape__fixer_date(call, "end");
    if (start && is_later(start, as_of))
        ape__fixer_find(f, "APE609", call,
                        ape__fixer_format(f,
                                          "prices from %.10s on are asked for, and the as-of date "
                                          "is %s: there are none yet",
                                          start->name.text, as_of));
    else if (end && is_later(end, as_of))
        ape__fixer_find(f, "APE607", call,
                        ape__fixer_format(f,
                                          "the window ends on %.10s, after the as-of date %s; "
                                          "prices end there",
                                          end->name.text, as_of));
}

static double number_of(const ape__node *node)
{
    char digits[32];

    if (!node || node->kind != NODE_CONSTANT || node->name.size >= sizeof(digits) ||
        (node->op != CONSTANT_INT && node->op != CONSTANT_FLOAT))
        return 0;
    memcpy(digits, node->name.text, node->name.size);
    digits[node->name.size] = '\0';
    return strtod(digits, NULL);
}

static bool calls_method(const ape__node *node, const char *method)
{
    return node->kind == NODE_CALL && node->a->kind == NODE_ATTRIBUTE &&
           ape__name_is(node->a->name, method) &&
           (ape__value_of(node->a->a)->origin & ORIGIN_MARKET);
}

/* std() * 252 and mean() * sqrt(252) mix up the two ways of annualising. */
static void check_annualisation(ape__fixer *f, ape__node *node)
{
    double factor;
    bool root;

    if (node->op != TOKEN_STAR)
        return;
    factor = number_of(node->b);
    root = ape__fixer_calls(f, node->b, "numpy.sqrt") || ape__fixer_calls(f, node->b, "math.sqrt");
    if (calls_method(node->a, "std") && (factor == 252 || factor == 365 || factor == 12))
        ape__fix_replace(
            ape__fixer_find(f, "APE606", node,
                            ape__fixer_format(f,
                                              "a standard deviation grows with the square root of "
                                              "time: times sqrt(%.0f)",
                                              factor)),
            node->b->outer_start, node->b->outer_end, ape__fixer_format(f, "%.0f ** 0.5", factor));
    else if (root && calls_method(node->a, "mean") &&
             (number_of(node->b->list.count ? node->b->list.items[0] : NULL) == 252))
        ape__fix_replace(
            ape__fixer_find(f, "APE606", node, "a mean grows with time itself: times 252"),
            node->b->outer_start, node->b->outer_end, "252");
}

/* A risk-free rate of 4.5 taken from a ratio was meant as 4.5 %. */
static void check_percent(ape__fixer *f, ape__node *node)
{
    const ape__value *right = ape__value_of(node->b);
    double rate = node->op == TOKEN_MINUS ? number_of(right->literal) : 0;

    if (rate > 1 && rate <= 20 && !ape__node_is_constant(node->b, CONSTANT_INT) &&
        right->kind == KIND_FLOAT &&
        calls_method(node->a->kind == NODE_BIN_OP ? node->a->a : node->a, "mean"))
        ape__fixer_find(f, "APE603", node,
                        "a rate above 1 is taken from a ratio: write percents as ratios, 0.045 for "
                        "4.5 %");
}

static void check_seed(ape__fixer *f, ape__node *call)
{
    const char *function = ape__names_resolve(&f->names, call->a);
    bool generator = function && strcmp(function, "numpy.random.default_rng") == 0;
    ape__fix *fix;

    if (!function || strncmp(function, "numpy.random.", 13) != 0 ||
        strstr(f->job->source.text, "seed(") ||
        (generator && (call->list.count > 0 || call->list2.count > 0)))
        return;
    fix = ape__fixer_find(f, "APE611", call,
                          ape__fixer_format(f,
                                            "%s() without a seed: the answer cannot be repeated; "
                                            "set one",
                                            function));
    if (generator)
        ape__fix_insert(fix, call->end - 1, "0");
    else if (call->a->kind == NODE_ATTRIBUTE && call->a->a->kind == NODE_ATTRIBUTE)
        ape__fix_import(f, fix, "",
                        ape__fixer_format(f, "%s.seed(0)\n", ape__fixer_text(f, call->a->a)));
}

void ape__visit_finance(ape__fixer *f, ape__node *node)
{
    ape__check_drawdown(f, node);
    switch (node->kind) {
    case NODE_BIN_OP:
        check_division(f, node);
        check_epsilon(f, node);
        check_annualisation(f, node);
        check_percent(f, node);
        break;
    case NODE_CALL:
        check_look_ahead(f, node);
        check_clock(f, node);
        check_window(f, node);
        check_seed(f, node);
        break;
    default:
        break;
    }
}
