/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/symbols.h"

#include <string.h>

/* Python's own bound on loops, try and with statements within each other. */
enum { NESTED_BLOCKS_MAX = 20 };

static bool within_function(const ape__scope *scope)
{
    return scope->kind == SCOPE_FUNCTION || scope->kind == SCOPE_LAMBDA;
}

static void visit_block(ape__symbols *s, const ape__node *node, const ape__nodes *body)
{
    if (++s->blocks.nested > NESTED_BLOCKS_MAX)
        ape__symbols_fail(s, node, "too many statically nested blocks");
    ape__symbols_visit_list(s, body);
    s->blocks.nested--;
}

static void visit_loop(ape__symbols *s, ape__node *node)
{
    ape__blocks outer = s->blocks;

    s->blocks.in_loop = true;
    s->blocks.in_star_handler = false;
    visit_block(s, node, &node->list);
    s->blocks = outer;
    ape__symbols_visit_list(s, &node->list2);
}

static void check_async(ape__symbols *s, const ape__node *node, const char *message)
{
    const ape__scope *scope = s->scope;

    if (node->op && !(scope->kind == SCOPE_FUNCTION && scope->node->op))
        ape__symbols_fail(s, node, message);
}

static void visit_for(ape__symbols *s, ape__node *node)
{
    check_async(s, node, "'async for' outside async function");
    ape__symbols_visit(s, node->a);
    ape__symbols_visit(s, node->b);
    visit_loop(s, node);
}

static void visit_with(ape__symbols *s, ape__node *node)
{
    check_async(s, node, "'async with' outside async function");
    for (uint32_t i = 0; i < node->list2.count; i++) {
        ape__symbols_visit(s, node->list2.items[i]->a);
        if (node->list2.items[i]->b)
            ape__symbols_visit(s, node->list2.items[i]->b);
    }
    visit_block(s, node, &node->list);
}

static void visit_handler(ape__symbols *s, ape__node *node, bool star)
{
    ape__blocks outer = s->blocks;

    if (node->a)
        ape__symbols_visit(s, node->a);
    if (node->name.size > 0)
        ape__symbols_bind(s, node, node->name);
    if (star) {
        s->blocks.in_star_handler = s->blocks.star_handler = true;
        s->blocks.in_loop = false;
    }
    visit_block(s, node, &node->list);
    s->blocks = outer;
}

static void visit_try(ape__symbols *s, ape__node *node)
{
    visit_block(s, node, &node->list);
    for (uint32_t i = 0; i < node->list2.count; i++)
        visit_handler(s, node->list2.items[i], node->op);
    ape__symbols_visit_list(s, &node->c->list);
    ape__symbols_visit_list(s, &node->c->list2);
}

static void visit_return(ape__symbols *s, ape__node *node)
{
    if (!within_function(s->scope))
        ape__symbols_fail(s, node, "'return' outside function");
    if (s->blocks.star_handler)
        ape__symbols_fail(s, node,
                          "'break', 'continue' and 'return' cannot appear in an except* block");
    if (node->a) {
        s->scope->value_return = node;
        ape__symbols_visit(s, node->a);
    }
}

static void visit_jump(ape__symbols *s, ape__node *node)
{
    if (s->blocks.in_loop)
        return;
    if (s->blocks.in_star_handler)
        ape__symbols_fail(s, node,
                          "'break', 'continue' and 'return' cannot appear in an except* block");
    else if (node->kind == NODE_BREAK)
        ape__symbols_fail(s, node, "'break' outside loop");
    else
        ape__symbols_fail(s, node, "'continue' not properly in loop");
}

static const char *declaration_error(uint32_t flags, bool global)
{
    if (flags & SYMBOL_PARAMETER)
        return global ? "name is parameter and global" : "name is parameter and nonlocal";
    if (flags & SYMBOL_ANNOTATED)
        return global ? "annotated name can't be global" : "annotated name can't be nonlocal";
    if (flags & SYMBOL_USED)
        return global ? "name is used prior to global declaration"
                      : "name is used prior to nonlocal declaration";
    if (flags & SYMBOL_BOUND)
        return global ? "name is assigned to before global declaration"
                      : "name is assigned to before nonlocal declaration";
    if (flags & (global ? SYMBOL_NONLOCAL : SYMBOL_GLOBAL))
        return "name is nonlocal and global";
    return NULL;
}

static void visit_declaration(ape__symbols *s, ape__node *node)
{
    bool global = node->kind == NODE_GLOBAL;

    if (!global && s->scope->kind == SCOPE_MODULE)
        ape__symbols_fail(s, node, "nonlocal declaration not allowed at module level");
    for (uint32_t i = 0; i < node->list.count; i++) {
        const ape__node *name = node->list.items[i];
        ape__symbol *symbol = ape__scope_symbol(s, s->scope, name->name);
        const char *message = declaration_error(symbol->flags, global);
        ape__nonlocal *n;

        if (message)
            ape__symbols_fail(s, name, message);
        symbol->flags |= global ? SYMBOL_GLOBAL : SYMBOL_NONLOCAL;
        n = global ? NULL : ape__arena_alloc(s->arena, sizeof(*n));
        if (n) {
            *n = (ape__nonlocal){ s->nonlocals, s->scope, name };
            s->nonlocals = n;
        }
    }
}

static void visit_annotated(ape__symbols *s, ape__node *node)
{
    if (node->op) {
        ape__symbol *symbol = ape__scope_symbol(s, s->scope, node->a->name);

        if (symbol->flags & (SYMBOL_GLOBAL | SYMBOL_NONLOCAL) && s->scope->kind != SCOPE_MODULE)
            ape__symbols_fail(s, node, "annotated name can't be global or nonlocal");
        symbol->flags |= SYMBOL_ANNOTATED | SYMBOL_BOUND;
    } else {
        ape__symbols_visit(s, node->a);
    }
    ape__symbols_visit(s, node->b);
    if (node->c)
        ape__symbols_visit(s, node->c);
}

static ape__name first_part(ape__name name)
{
    const char *dot = memchr(name.text, '.', name.size);

    return dot ? (ape__name){ name.text, (uint32_t)(dot - name.text) } : name;
}

static void visit_import(ape__symbols *s, ape__node *node)
{
    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__node *alias = node->list.items[i];

        if (ape__name_is(alias->name, "*")) {
            if (s->scope->kind != SCOPE_MODULE)
                ape__symbols_fail(s, node, "import * only allowed at module level");
        } else if (alias->a) {
            ape__symbols_bind(s, alias, alias->a->name);
        } else {
            ape__symbols_bind(s, alias, first_part(alias->name));
        }
    }
}

static void visit_type_alias(ape__symbols *s, ape__node *node)
{
    ape__symbols_visit(s, node->a);
    if (node->c && !ape__symbols_enter(s, SCOPE_TYPE_PARAMS, node))
        return;
    for (uint32_t i = 0; node->c && i < node->c->list.count; i++) {
        ape__symbol *symbol = ape__scope_symbol(s, s->scope, node->c->list.items[i]->name);

        if (symbol->flags & SYMBOL_PARAMETER)
            ape__symbols_fail(s, node, "duplicate type parameter");
        symbol->flags |= SYMBOL_PARAMETER | SYMBOL_BOUND;
    }
    ape__symbols_visit(s, node->b);
    if (node->c)
        ape__symbols_leave(s);
}

bool ape__symbols_visit_statement(ape__symbols *s, ape__node *node)
{
    switch (node->kind) {
    case NODE_FOR:
        visit_for(s, node);
        return true;
    case NODE_WHILE:
        ape__symbols_visit(s, node->a);
        visit_loop(s, node);
        return true;
    case NODE_WITH:
        visit_with(s, node);
        return true;
    case NODE_TRY:
        visit_try(s, node);
        return true;
    case NODE_RETURN:
        visit_return(s, node);
        return true;
    case NODE_BREAK:
    case NODE_CONTINUE:
        visit_jump(s, node);
        return true;
    case NODE_GLOBAL:
    case NODE_NONLOCAL:
        visit_declaration(s, node);
        return true;
    case NODE_ANN_ASSIGN:
        visit_annotated(s, node);
        return true;
    case NODE_IMPORT:
    case NODE_IMPORT_FROM:
        visit_import(s, node);
        return true;
    case NODE_MATCH:
        ape__symbols_visit_match(s, node);
        return true;
    case NODE_TYPE_ALIAS:
        visit_type_alias(s, node);
        return true;
    default:
        return false;
    }
}

static bool is_docstring(const ape__node *node)
{
    return node->kind == NODE_EXPR && ape__node_is_constant(node->a, CONSTANT_STRING);
}

static bool is_future(const ape__node *node)
{
    return node->kind == NODE_IMPORT_FROM && node->op == 0 &&
           ape__name_is(node->name, "__future__");
}

static bool is_feature(ape__name name)
{
    static const char *const features[] = {
        "nested_scopes",  "generators",       "division",       "absolute_import", "with_statement",
        "print_function", "unicode_literals", "barry_as_FLUFL", "generator_stop",  "annotations",
    };

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        if (ape__name_is(name, features[i]))
            return true;
    return false;
}

static void check_late_future(ape__node *node, void *user);

void ape__symbols_check_future(ape__symbols *s, const ape__node *module)
{
    bool over = false;

    for (uint32_t i = 0; i < module->list.count; i++) {
        ape__node *node = module->list.items[i];

        if (is_future(node) && !over) {
            for (uint32_t j = 0; j < node->list.count; j++)
                if (!is_feature(node->list.items[j]->name))
                    ape__symbols_fail(s, node, "future feature is not defined");
        } else if (!(i == 0 && is_docstring(node))) {
            over = true;
            check_late_future(node, s);
        }
    }
}

/* Only statements can hold one. */
static void check_late_future(ape__node *node, void *user)
{
    if (is_future(node))
        ape__symbols_fail(user, node,
                          "from __future__ imports must occur at the beginning of the file");
    if (node->kind < NODE_BOOL_OP || node->kind == NODE_HANDLER || node->kind == NODE_SUITE ||
        node->kind == NODE_MATCH_CASE)
        ape__node_each_child(node, check_late_future, user);
}
