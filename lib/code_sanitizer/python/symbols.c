/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/symbols.h"

#include <string.h>

void ape__symbols_fail(ape__symbols *s, const ape__node *node, const char *message)
{
    if (s->error.message)
        return;
    s->error = (ape__symbol_error){ message, node->start, node->end };
}

static uint32_t hash(ape__name name)
{
    uint32_t h = 2166136261u;

    for (uint32_t i = 0; i < name.size; i++)
        h = (h ^ (unsigned char)name.text[i]) * 16777619u;
    return h;
}

static ape__symbol *slot_of(ape__symbol *table, uint32_t capacity, ape__name name)
{
    uint32_t i = hash(name) & (capacity - 1);

    while (table[i].name.text && !ape__name_equal(table[i].name, name))
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static bool grow(ape__symbols *s, ape__scope *scope)
{
    uint32_t capacity = scope->capacity ? scope->capacity * 2 : 8;
    ape__symbol *table = ape__arena_alloc(s->arena, capacity * sizeof(*table));

    if (!table)
        return false;
    for (uint32_t i = 0; i < scope->capacity; i++)
        if (scope->table[i].name.text)
            *slot_of(table, capacity, scope->table[i].name) = scope->table[i];
    scope->table = table;
    scope->capacity = capacity;
    return true;
}

ape__symbol *ape__scope_find(const ape__scope *scope, ape__name name)
{
    ape__symbol *found;

    if (scope->capacity == 0)
        return NULL;
    found = slot_of(scope->table, scope->capacity, name);
    return found->name.text ? found : NULL;
}

ape__symbol *ape__scope_symbol(ape__symbols *s, ape__scope *scope, ape__name name)
{
    ape__symbol *symbol;

    if (scope->count * 2 >= scope->capacity && !grow(s, scope))
        return &s->scratch;
    symbol = slot_of(scope->table, scope->capacity, name);
    if (!symbol->name.text) {
        symbol->name = name;
        scope->count++;
    }
    return symbol;
}

ape__scope *ape__symbols_enter(ape__symbols *s, ape__scope_kind kind, ape__node *node)
{
    ape__scope *scope = ape__arena_alloc(s->arena, sizeof(*scope));

    if (!scope)
        return NULL;
    scope->kind = kind;
    scope->node = node;
    scope->parent = s->scope;
    s->scope = scope;
    return scope;
}

void ape__symbols_leave(ape__symbols *s)
{
    s->scope = s->scope->parent;
}

static bool is_function(const ape__scope *scope)
{
    return scope->kind == SCOPE_FUNCTION || scope->kind == SCOPE_LAMBDA;
}

void ape__symbols_bind(ape__symbols *s, const ape__node *node, ape__name name)
{
    ape__symbol *symbol = ape__scope_symbol(s, s->scope, name);

    if (s->scope->kind == SCOPE_COMPREHENSION) {
        if (symbol->flags & SYMBOL_WALRUS)
            ape__symbols_fail(
                s, node, "comprehension inner loop cannot rebind assignment expression target");
        symbol->flags |= SYMBOL_ITERATION;
    }
    symbol->flags |= SYMBOL_BOUND;
}

/* A parameter, by any of its forms. */
static void bind_parameter(ape__symbols *s, const ape__node *arg)
{
    ape__symbol *symbol = ape__scope_symbol(s, s->scope, arg->name);

    if (symbol->flags & SYMBOL_PARAMETER)
        ape__symbols_fail(s, arg, "duplicate argument in function definition");
    symbol->flags |= SYMBOL_PARAMETER | SYMBOL_BOUND;
}

static void each_parameter(const ape__node *arguments, ape__symbols *s,
                           void (*visit)(ape__symbols *s, const ape__node *arg))
{
    const ape__nodes *lists[] = { &arguments->list, &arguments->list2, &arguments->c->list };

    for (size_t i = 0; i < 3; i++)
        for (uint32_t j = 0; j < lists[i]->count; j++)
            visit(s, lists[i]->items[j]);
    if (arguments->a)
        visit(s, arguments->a);
    if (arguments->b)
        visit(s, arguments->b);
}

static void visit_default(ape__symbols *s, const ape__node *arg)
{
    if (arg->b)
        ape__symbols_visit(s, arg->b);
}

static void visit_annotation(ape__symbols *s, const ape__node *arg)
{
    if (arg->a)
        ape__symbols_visit(s, arg->a);
}

void ape__symbols_visit_list(ape__symbols *s, const ape__nodes *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i])
            ape__symbols_visit(s, list->items[i]);
}

/* Type parameters live in a scope between the function and what is around it. */
static bool enter_type_params(ape__symbols *s, ape__node *node)
{
    if (!node->c)
        return false;
    if (!ape__symbols_enter(s, SCOPE_TYPE_PARAMS, node))
        return false;
    for (uint32_t i = 0; i < node->c->list.count; i++) {
        ape__node *param = node->c->list.items[i];
        ape__symbol *symbol = ape__scope_symbol(s, s->scope, param->name);

        if (symbol->flags & SYMBOL_PARAMETER)
            ape__symbols_fail(s, param, "duplicate type parameter");
        symbol->flags |= SYMBOL_PARAMETER | SYMBOL_BOUND;
        if (param->a)
            ape__symbols_visit(s, param->a);
        if (param->b)
            ape__symbols_visit(s, param->b);
    }
    return true;
}

/* The state of loops and handlers does not reach into a body of its own. */
static void visit_body(ape__symbols *s, const ape__nodes *body)
{
    ape__blocks outer = s->blocks;

    s->blocks = (ape__blocks){ 0 };
    ape__symbols_visit_list(s, body);
    s->blocks = outer;
}

static void visit_function(ape__symbols *s, ape__node *node)
{
    bool generic;

    ape__symbols_bind(s, node, node->name);
    ape__symbols_visit_list(s, &node->list2);
    each_parameter(node->a, s, visit_default);
    generic = enter_type_params(s, node);
    each_parameter(node->a, s, visit_annotation);
    if (node->b)
        ape__symbols_visit(s, node->b);
    if (!ape__symbols_enter(s, SCOPE_FUNCTION, node))
        return;
    each_parameter(node->a, s, bind_parameter);
    visit_body(s, &node->list);
    if (node->op && s->scope->has_yield && s->scope->value_return)
        ape__symbols_fail(s, s->scope->value_return, "'return' with value in async generator");
    ape__symbols_leave(s);
    if (generic)
        ape__symbols_leave(s);
}

static void visit_lambda(ape__symbols *s, ape__node *node)
{
    each_parameter(node->a, s, visit_default);
    if (!ape__symbols_enter(s, SCOPE_LAMBDA, node))
        return;
    each_parameter(node->a, s, bind_parameter);
    ape__symbols_visit(s, node->b);
    ape__symbols_leave(s);
}

static void visit_class(ape__symbols *s, ape__node *node)
{
    bool generic;

    ape__symbols_bind(s, node, node->name);
    ape__symbols_visit_list(s, &node->list2);
    generic = enter_type_params(s, node);
    ape__symbols_visit_list(s, &node->a->list);
    ape__symbols_visit_list(s, &node->a->list2);
    if (!ape__symbols_enter(s, SCOPE_CLASS, node))
        return;
    visit_body(s, &node->list);
    ape__symbols_leave(s);
    if (generic)
        ape__symbols_leave(s);
}

/* An async comprehension makes the one around it async; in the end there must be
 * an async function. */
static void leave_comprehension(ape__symbols *s, ape__node *node)
{
    ape__scope *scope = s->scope, *parent = scope->parent;
    bool allowed;

    s->scope = parent;
    if (!scope->coroutine || node->kind == NODE_GENERATOR)
        return;
    allowed = (parent->kind == SCOPE_FUNCTION && parent->node->op) ||
              (parent->kind == SCOPE_COMPREHENSION && s->minor >= 11);
    if (!allowed)
        ape__symbols_fail(s, node,
                          "asynchronous comprehension outside of an asynchronous function");
    parent->coroutine = true;
}

static void visit_iterable(ape__symbols *s, ape__node *iterable)
{
    s->in_iterable++;
    ape__symbols_visit(s, iterable);
    s->in_iterable--;
}

static void visit_comprehension(ape__symbols *s, ape__node *node)
{
    ape__node *first = node->list.items[0];

    visit_iterable(s, first->b);
    if (!ape__symbols_enter(s, SCOPE_COMPREHENSION, node))
        return;
    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__node *part = node->list.items[i];

        s->scope->coroutine = s->scope->coroutine || part->op;
        ape__symbols_visit(s, part->a);
        if (i > 0)
            visit_iterable(s, part->b);
        ape__symbols_visit_list(s, &part->list);
    }
    ape__symbols_visit(s, node->a);
    if (node->b)
        ape__symbols_visit(s, node->b);
    leave_comprehension(s, node);
}

/* Where an assignment expression in a comprehension binds. */
static void visit_named(ape__symbols *s, ape__node *node)
{
    ape__scope *scope = s->scope;
    ape__symbol *symbol;

    if (s->in_iterable)
        ape__symbols_fail(s, node,
                          "assignment expression cannot be used in a comprehension iterable "
                          "expression");
    for (; scope->kind == SCOPE_COMPREHENSION; scope = scope->parent) {
        symbol = ape__scope_symbol(s, scope, node->a->name);
        if (symbol->flags & SYMBOL_ITERATION)
            ape__symbols_fail(s, node,
                              "assignment expression cannot rebind comprehension iteration "
                              "variable");
        symbol->flags |= SYMBOL_WALRUS;
    }
    if (scope != s->scope && scope->kind == SCOPE_CLASS)
        ape__symbols_fail(s, node,
                          "assignment expression within a comprehension cannot be used in a class "
                          "body");
    ape__scope_symbol(s, scope, node->a->name)->flags |= SYMBOL_BOUND;
    ape__symbols_visit(s, node->b);
}

static void visit_yield(ape__symbols *s, ape__node *node)
{
    ape__scope *scope = s->scope;

    if (scope->kind == SCOPE_COMPREHENSION)
        ape__symbols_fail(s, node, "'yield' inside list comprehension");
    else if (!is_function(scope))
        ape__symbols_fail(s, node, "'yield' outside function");
    else if (node->kind == NODE_YIELD_FROM && scope->node->kind == NODE_FUNCTION && scope->node->op)
        ape__symbols_fail(s, node, "'yield from' inside async function");
    scope->has_yield = true;
    if (node->a)
        ape__symbols_visit(s, node->a);
}

static void visit_await(ape__symbols *s, ape__node *node)
{
    ape__scope *scope = s->scope;

    if (scope->kind == SCOPE_COMPREHENSION)
        scope->coroutine = true;
    else if (!is_function(scope))
        ape__symbols_fail(s, node, "'await' outside function");
    else if (scope->node->kind != NODE_FUNCTION || !scope->node->op)
        ape__symbols_fail(s, node, "'await' outside async function");
    ape__symbols_visit(s, node->a);
}

void ape__symbols_visit_name(ape__symbols *s, ape__node *node)
{
    if (node->flags & (NODE_STORE | NODE_DEL))
        ape__symbols_bind(s, node, node->name);
    else
        ape__scope_symbol(s, s->scope, node->name)->flags |= SYMBOL_USED;
}

static void visit_child(ape__node *child, void *user)
{
    ape__symbols_visit(user, child);
}

void ape__symbols_visit(ape__symbols *s, ape__node *node)
{
    if (s->error.message || s->arena->failed)
        return;
    switch (node->kind) {
    case NODE_NAME:
        ape__symbols_visit_name(s, node);
        return;
    case NODE_FUNCTION:
        visit_function(s, node);
        return;
    case NODE_CLASS:
        visit_class(s, node);
        return;
    case NODE_LAMBDA:
        visit_lambda(s, node);
        return;
    case NODE_LIST_COMP:
    case NODE_SET_COMP:
    case NODE_DICT_COMP:
    case NODE_GENERATOR:
        visit_comprehension(s, node);
        return;
    case NODE_NAMED:
        visit_named(s, node);
        return;
    case NODE_YIELD:
    case NODE_YIELD_FROM:
        visit_yield(s, node);
        return;
    case NODE_AWAIT:
        visit_await(s, node);
        return;
    default:
        if (!ape__symbols_visit_statement(s, node))
            ape__node_each_child(node, visit_child, s);
    }
}

/* A nonlocal name must be bound in a function around it. */
static void check_nonlocals(ape__symbols *s)
{
    for (const ape__nonlocal *n = s->nonlocals; n; n = n->next) {
        const ape__scope *scope = n->scope->parent;

        for (; scope; scope = scope->parent) {
            const ape__symbol *symbol =
                is_function(scope) ? ape__scope_find(scope, n->name->name) : NULL;

            if (scope->kind == SCOPE_CLASS && ape__name_is(n->name->name, "__class__"))
                break;
            if (symbol && (symbol->flags & SYMBOL_BOUND) && !(symbol->flags & SYMBOL_GLOBAL))
                break;
        }
        if (!scope)
            ape__symbols_fail(s, n->name, "no binding for nonlocal name found");
    }
}

bool ape__check_symbols(ape__arena *arena, ape__node *module, int minor, ape__symbol_error *out)
{
    ape__symbols s = { .arena = arena, .minor = minor };

    if (!ape__symbols_enter(&s, SCOPE_MODULE, module))
        return false;
    ape__symbols_check_future(&s, module);
    ape__symbols_visit_list(&s, &module->list);
    check_nonlocals(&s);
    *out = s.error;
    return s.error.message != NULL;
}
