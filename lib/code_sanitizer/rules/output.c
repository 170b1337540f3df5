/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/json_output.h"

static void check_plotting(ape__fixer *f, ape__node *call)
{
    ape__fix *fix;

    if (!ape__fixer_calls(f, call, "matplotlib.pyplot.show"))
        return;
    fix = ape__fixer_find(f, "APE506", call,
                          "there is no display to show a figure on; closed it instead");
    if (call->a->kind == NODE_ATTRIBUTE) /* else show was imported, and close was not */
        ape__fix_replace(fix, call->start, call->end,
                         ape__fixer_format(f, "%s.close(\"all\")", ape__fixer_text(f, call->a->a)));
}

static void check_input(ape__fixer *f, ape__node *call)
{
    if (ape__fixer_calls(f, call, "builtins.input"))
        ape__fixer_find(f, "APE507", call,
                        "nobody is there to answer input(); write the values into the program");
}

static void check_exit(ape__fixer *f, ape__node *statement)
{
    const ape__node *call = statement->a;

    if (ape__fixer_calls(f, call, "builtins.quit") || ape__fixer_calls(f, call, "builtins.exit") ||
        ape__fixer_calls(f, call, "sys.exit"))
        ape__fixer_find(f, "APE512", call,
                        ape__fixer_format(f, "%s leaves the program here, maybe without a result",
                                          ape__fixer_text(f, call)));
}

static bool is_number(const ape__node *node)
{
    if (node && node->kind == NODE_UNARY_OP)
        node = node->a;
    return ape__node_is_constant(node, CONSTANT_INT) || ape__node_is_constant(node, CONSTANT_FLOAT);
}

/* A number in place of what failed; None says that there is none. */
static void replace_numbers(ape__fix *fix, const ape__node *value)
{
    if (is_number(value))
        ape__fix_replace(fix, value->outer_start, value->outer_end, "None");
    for (uint32_t i = 0; value->kind == NODE_DICT && i < value->list2.count; i++)
        replace_numbers(fix, value->list2.items[i]);
}

static bool holds_number(const ape__node *value)
{
    for (uint32_t i = 0; value->kind == NODE_DICT && i < value->list2.count; i++)
        if (holds_number(value->list2.items[i]))
            return true;
    return is_number(value);
}

/* except: result = 0 */
static void check_swallowed(ape__fixer *f, ape__node *handler)
{
    if (ape__node_is_name(handler->a, "ImportError") ||
        ape__node_is_name(handler->a, "ModuleNotFoundError"))
        return;
    for (uint32_t i = 0; i < handler->list.count; i++) {
        const ape__node *s = handler->list.items[i], *value = NULL;

        if (s->kind == NODE_ASSIGN || s->kind == NODE_RETURN)
            value = s->a;
        if (!value || !holds_number(value))
            continue;
        replace_numbers(ape__fixer_find(f, "APE511", s,
                                        ape__fixer_format(f,
                                                          "a failure becomes %s here, and would "
                                                          "look like a result; let it fail, or "
                                                          "print null",
                                                          ape__fixer_text(f, value))),
                        value);
        return;
    }
}

/* The numbers among what is printed. */
static void note_printed(ape__fixer *f, const ape__node *node)
{
    ape__output *o = &f->output;
    const ape__value *value = ape__value_of(node);
    const uint32_t real = ORIGIN_MARKET | ORIGIN_UNKNOWN | ORIGIN_CLOCK;

    if (ape__fixer_calls(f, node, "json.dumps") && node->list.count > 0) {
        note_printed(f, node->list.items[0]);
        return;
    }
    if (node->kind == NODE_DICT) {
        for (uint32_t i = 0; i < node->list2.count; i++)
            note_printed(f, node->list2.items[i]);
        return;
    }
    if (value->kind == KIND_STRING && !(value->flags & VALUE_HAS_NUMBERS) && value->literal)
        return;
    if (value->kind == KIND_NONE || value->kind == KIND_BOOL)
        return;
    if ((value->origin & real) || value->origin == 0 || ape__value_is_many(value))
        o->computed = true;
    else if (value->flags & VALUE_RANDOM_ONLY || value->origin & ORIGIN_RANDOM)
        o->random = node;
    else if (ape__value_is_number(value) || (value->flags & VALUE_HAS_NUMBERS))
        o->literal = node;
}

static void note_print(ape__fixer *f, const ape__node *call)
{
    ape__output *output = &f->output;
    ape__print *print = ape__arena_alloc(&f->job->arena, sizeof(*print));

    if (print) {
        print->call = call;
        *output->last = print;
        output->last = &print->next;
    }
    output->prints++;
    output->json += ape__prints_json(f, call);
    for (uint32_t i = 0; i < call->list.count; i++)
        note_printed(f, call->list.items[i]);
}

void ape__visit_output(ape__fixer *f, ape__node *node)
{
    switch (node->kind) {
    case NODE_CALL:
        ape__check_json(f, node);
        check_plotting(f, node);
        check_input(f, node);
        if (ape__fixer_calls(f, node, "builtins.print") && !ape__call_keyword(node, "file")) {
            note_print(f, node);
        }
        break;
    case NODE_EXPR:
        check_exit(f, node);
        break;
    case NODE_HANDLER:
        check_swallowed(f, node);
        break;
    case NODE_ASSIGN:
        if (node->marks & APE__MARK_FABRICATED)
            ape__fixer_find(f, "APE510", node,
                            "random numbers take the place of data that could not be fetched; let "
                            "the program fail instead");
        break;
    default:
        break;
    }
}

static bool uses_json(const ape__fixer *f)
{
    for (const ape__alias *a = f->names.aliases; a; a = a->next)
        if (strcmp(a->target, "json") == 0 || strncmp(a->target, "json.", 5) == 0)
            return true;
    return false;
}

/* All that is printed was written down or drawn by chance. */
static void check_origin(ape__fixer *f)
{
    const ape__output *o = &f->output;

    if (!f->typed || o->computed)
        return;
    if (o->random)
        ape__fixer_find(f, "APE510", o->random,
                        "the printed numbers come from chance alone, not from market data");
    else if (o->literal && uses_json(f))
        ape__fixer_find(f, "APE508", o->literal,
                        "the printed numbers are written in the program, not computed from data");
}

/* A program that ends in "result = {...}" and prints nothing. */
static void check_silence(ape__fixer *f)
{
    const ape__nodes *body = &f->module->list;
    const ape__node *last = body->count ? body->items[body->count - 1] : NULL;
    ape__fix *fix;

    if (f->output.prints > 0 || !last || !f->typed)
        return;
    if (last->kind == NODE_EXPR && ape__fixer_calls(f, last->a, "json.dumps")) {
        fix = ape__fixer_find(f, "APE504", last, "the result is made and not printed; printed it");
        ape__fix_level(fix, RULE_SAFE);
        ape__fix_insert(fix, last->start, "print(");
        ape__fix_insert(fix, last->end, ")");
    } else if (last->kind == NODE_ASSIGN && last->list.items[0]->kind == NODE_NAME &&
               ape__value_of(last->a)->kind == KIND_DICT) {
        fix = ape__fixer_find(f, "APE504", last,
                              "the result is bound and not printed; print it as JSON");
        ape__fix_insert(fix, last->end,
                        ape__fixer_format(f, "\nprint(json.dumps(%s))",
                                          ape__fixer_text(f, last->list.items[0])));
        ape__fix_import(f, fix, "json", "import json\n");
    }
}

void ape__finish_output(ape__fixer *f)
{
    check_origin(f);
    check_silence(f);
    ape__finish_json(f);
}
