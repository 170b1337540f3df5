/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/infer/infer.h"

#include <string.h>

#include "code_sanitizer/infer/infer_internal.h"
#include "code_sanitizer/python/token.h"

ape__value *ape__infer_new(ape__infer *in, ape__kind kind, uint32_t origin)
{
    static ape__value scratch;
    ape__value *value = ape__arena_alloc(in->arena, sizeof(*value));

    if (!value)
        return &scratch; /* the arena remembers; nothing is read from it */
    value->kind = kind;
    value->origin = origin;
    return value;
}

ape__value *ape__infer_copy(ape__infer *in, const ape__value *value)
{
    ape__value *copy = ape__infer_new(in, value->kind, value->origin);

    if (!in->arena->failed)
        *copy = *value;
    return copy;
}

void ape__infer_mark(const ape__value *value, uint32_t mark)
{
    if (value->source)
        value->source->marks |= mark;
    if (value->source2)
        value->source2->marks |= mark;
}

void ape__infer_needs_scalar(const ape__value *value)
{
    if (value->kind == KIND_ROW || value->kind == KIND_COLUMN || value->kind == KIND_DOWNLOAD)
        ape__infer_mark(value, APE__MARK_FAILS);
    if (value->kind == KIND_HISTORY && (value->flags & VALUE_DERIVED))
        ape__infer_mark(value, APE__MARK_FAILS);
}

void ape__infer_escapes(const ape__value *value)
{
    if (value->kind == KIND_DOWNLOAD || value->kind == KIND_COLUMN || value->kind == KIND_HISTORY ||
        value->kind == KIND_ROW)
        ape__infer_mark(value, APE__MARK_ESCAPED);
    if (value->element)
        ape__infer_escapes(value->element);
}

static ape__binding *find(ape__env *env, ape__name name)
{
    for (uint32_t i = env->count; i > 0; i--)
        if (ape__name_equal(env->items[i - 1].name, name))
            return &env->items[i - 1];
    return NULL;
}

const ape__value *ape__infer_lookup(ape__infer *in, ape__name name)
{
    for (ape__env *env = in->env; env; env = env->outer) {
        ape__binding *found = find(env, name);

        in->steps += env->count / 16;
        if (found)
            return found->value;
    }
    return NULL;
}

void ape__infer_bind(ape__infer *in, ape__name name, const ape__value *value)
{
    ape__env *env = in->env;
    ape__binding *found = find(env, name);

    if (found) {
        found->value = value;
        return;
    }
    if (env->count == env->capacity) {
        uint32_t capacity = env->capacity ? env->capacity * 2 : 16;
        ape__binding *items = ape__arena_alloc(in->arena, capacity * sizeof(*items));

        if (!items)
            return;
        if (env->count > 0)
            memcpy(items, env->items, env->count * sizeof(*items));
        env->items = items;
        env->capacity = capacity;
    }
    env->items[env->count++] = (ape__binding){ name, value };
}

static ape__env snapshot(ape__infer *in)
{
    ape__env copy = *in->env;

    copy.items = copy.count ? ape__arena_alloc(in->arena, copy.count * sizeof(*copy.items)) : NULL;
    copy.capacity = copy.count;
    if (copy.items)
        memcpy(copy.items, in->env->items, copy.count * sizeof(*copy.items));
    else
        copy.count = copy.capacity = 0;
    in->steps += copy.count / 4;
    return copy;
}

/* What holds whichever of two ways was taken. */
static void join_into(ape__infer *in, ape__env *into, const ape__env *other)
{
    if (other->dead) {
        into->returned = ape__value_join(in->arena, into->returned, other->returned);
        return;
    }
    if (into->dead) {
        const ape__value *returned = into->returned;

        *into = *other;
        into->returned = ape__value_join(in->arena, returned, other->returned);
        return;
    }
    in->env = into;
    for (uint32_t i = 0; i < other->count; i++) {
        ape__binding *mine = find(into, other->items[i].name);

        in->steps++;
        if (mine)
            mine->value = ape__value_join(in->arena, mine->value, other->items[i].value);
        else
            ape__infer_bind(in, other->items[i].name, other->items[i].value);
    }
    into->returned = ape__value_join(in->arena, into->returned, other->returned);
}

void ape__infer_put_into(ape__infer *in, const ape__node *container, uint32_t origin,
                         const ape__value *item)
{
    const ape__value *old =
        container->kind == NODE_NAME ? ape__infer_lookup(in, container->name) : NULL;
    ape__value *value;

    if (!old || (old->kind != KIND_DICT && old->kind != KIND_LIST))
        return;
    value = ape__infer_copy(in, old);
    value->origin |= origin;
    value->flags &= ~(uint32_t)VALUE_ONE_TICKER;
    if (item) {
        value->element = ape__value_join(in->arena, old->element, item);
        value->flags |= item->flags & (VALUE_NUMPY_INT | VALUE_HAS_NUMBERS);
        if (ape__value_is_number(item))
            value->flags |= VALUE_HAS_NUMBERS;
    }
    for (ape__env *env = in->env; env; env = env->outer) {
        ape__binding *found = find(env, container->name);

        if (found) {
            found->value = value;
            return;
        }
    }
}

void ape__infer_assign(ape__infer *in, ape__node *target, const ape__value *value)
{
    switch (target->kind) {
    case NODE_NAME:
        target->value = value;
        ape__infer_bind(in, target->name, value);
        return;
    case NODE_STARRED:
        ape__infer_assign(in, target->a, &ape__value_unknown);
        return;
    case NODE_TUPLE:
    case NODE_LIST:
        for (uint32_t i = 0; i < target->list.count; i++)
            ape__infer_assign(in, target->list.items[i],
                              value->element ? value->element : &ape__value_unknown);
        return;
    case NODE_SUBSCRIPT: {
        const ape__value *container = ape__infer_expression(in, target->a);

        ape__infer_expression(in, target->b);
        if (container->kind == KIND_DOWNLOAD || container->kind == KIND_HISTORY)
            ape__infer_mark(container, APE__MARK_USED_BY_COLUMN);
        else if (!ape__value_is_many(container))
            ape__infer_escapes(value);
        ape__infer_put_into(in, target->a, value->origin, value);
        return;
    }
    default:
        ape__infer_expression(in, target->a);
        ape__infer_escapes(value);
    }
}

/* A test names a number: from here on its author minds its being zero. */
static void note_test(ape__node *node, void *user)
{
    ape__infer *in = user;
    struct ape__guard *guard;

    if (node->kind == NODE_NAME) {
        const ape__value *value = ape__infer_lookup(in, node->name);

        if (value && (value->flags & (VALUE_DISPERSION | VALUE_MAY_BE_ZERO))) {
            ape__value *tested = ape__infer_copy(in, value);

            tested->flags &= ~(uint32_t)(VALUE_DISPERSION | VALUE_MAY_BE_ZERO);
            ape__infer_bind(in, node->name, tested);
        }
        return;
    }
    if (node->kind == NODE_CALL || node->kind == NODE_BIN_OP || node->kind == NODE_SUBSCRIPT) {
        guard = ape__arena_alloc(in->arena, sizeof(*guard));
        if (guard) {
            *guard = (struct ape__guard){ in->guards, node };
            in->guards = guard;
        }
    }
    ape__node_each_child(node, note_test, in);
}

static void infer_test(ape__infer *in, ape__node *test)
{
    const ape__value *value = ape__infer_expression(in, test);

    ape__infer_needs_scalar(value);
    note_test(test, in);
}

/* "if prices.empty:", "if len(prices) == 0:", "if not prices": what follows stands
 * in for data that could not be had. */
static bool tests_emptiness(const ape__node *test)
{
    if (test->kind == NODE_ATTRIBUTE && ape__name_is(test->name, "empty"))
        return true;
    if (test->kind == NODE_BOOL_OP)
        return tests_emptiness(test->list.items[0]);
    if (test->kind == NODE_COMPARE && test->a->kind == NODE_CALL &&
        ape__node_is_name(test->a->a, "len"))
        return true;
    if (test->kind == NODE_COMPARE)
        return ape__node_is_constant(test->list.items[0], CONSTANT_NONE);
    return test->kind == NODE_UNARY_OP && test->op == TOKEN_NOT;
}

static void infer_if(ape__infer *in, ape__node *node)
{
    ape__env *env = in->env, other;
    bool empty = tests_emptiness(node->a);

    infer_test(in, node->a);
    other = snapshot(in);
    in->in_handler += empty;
    ape__infer_body(in, &node->list);
    in->in_handler -= empty;
    in->env = &other;
    ape__infer_body(in, &node->list2);
    in->env = env;
    join_into(in, env, &other);
    in->env = env;
}

static const ape__value *element_of(ape__infer *in, const ape__value *value)
{
    if (value->element)
        return value->element;
    if (value->kind == KIND_COLUMN || value->kind == KIND_DOWNLOAD || value->kind == KIND_ROW)
        ape__infer_mark(value, APE__MARK_FAILS); /* walks over the names of columns */
    if (value->kind == KIND_HISTORY)
        ape__infer_mark(value, APE__MARK_ESCAPED);
    if (value->kind == KIND_SERIES || value->kind == KIND_ARRAY)
        return ape__infer_new(in, KIND_SCALAR, value->origin);
    return ape__infer_new(in, KIND_UNKNOWN, value->origin | ORIGIN_UNKNOWN);
}

/* Twice: what the first round leaves is what the second may find. */
static void infer_loop(ape__infer *in, ape__node *node)
{
    ape__env *env = in->env;

    for (int round = 0; round < 2 && !ape__infer_exhausted(in); round++) {
        ape__env before;

        if (node->kind == NODE_FOR)
            ape__infer_assign(in, node->a, element_of(in, ape__infer_expression(in, node->b)));
        else
            infer_test(in, node->a);
        before = snapshot(in);
        ape__infer_body(in, &node->list);
        in->env = env;
        env->dead = false;
        join_into(in, env, &before);
        in->env = env;
    }
    ape__infer_body(in, &node->list2);
}

static bool catches_division(const ape__node *handler)
{
    const ape__node *type = handler->a;

    if (!type || ape__node_is_name(type, "Exception") ||
        ape__node_is_name(type, "ZeroDivisionError"))
        return true;
    if (type->kind != NODE_TUPLE)
        return false;
    for (uint32_t i = 0; i < type->list.count; i++)
        if (ape__node_is_name(type->list.items[i], "ZeroDivisionError"))
            return true;
    return false;
}

static void infer_try(ape__infer *in, ape__node *node)
{
    ape__env *env = in->env, before = snapshot(in);
    bool guard = false;

    for (uint32_t i = 0; i < node->list2.count; i++)
        guard = guard || (node->list2.items[i]->a && catches_division(node->list2.items[i]) &&
                          !ape__node_is_name(node->list2.items[i]->a, "Exception"));
    in->in_guard += guard;
    ape__infer_body(in, &node->list);
    in->in_guard -= guard;
    ape__infer_body(in, &node->c->list);
    for (uint32_t i = 0; i < node->list2.count; i++) {
        ape__node *handler = node->list2.items[i];
        ape__env way;

        in->env = &before;
        way = snapshot(in);
        in->env = &way;
        if (handler->name.size > 0)
            ape__infer_bind(in, handler->name, &ape__value_unknown);
        in->in_handler++;
        ape__infer_body(in, &handler->list);
        in->in_handler--;
        in->env = env;
        join_into(in, env, &way);
        in->env = env;
    }
    ape__infer_body(in, &node->c->list2);
}

static void infer_with(ape__infer *in, ape__node *node)
{
    uint32_t guards = 0;

    for (uint32_t i = 0; i < node->list2.count; i++) {
        ape__node *item = node->list2.items[i];
        const ape__value *value = ape__infer_expression(in, item->a);

        guards += item->a->kind == NODE_CALL && item->a->a->kind == NODE_ATTRIBUTE &&
                  ape__name_is(item->a->a->name, "errstate");
        if (item->b)
            ape__infer_assign(in, item->b,
                              value->kind == KIND_UNKNOWN ? value : &ape__value_unknown);
    }
    in->in_guard += guards;
    ape__infer_body(in, &node->list);
    in->in_guard -= guards;
}

static const char *dotted(ape__infer *in, ape__name head, ape__name tail)
{
    return ape__arena_format(in->arena, "%.*s%s%.*s", (int)head.size, head.text,
                             tail.size ? "." : "", (int)tail.size, tail.text ? tail.text : "");
}

static void infer_import(ape__infer *in, ape__node *node)
{
    ape__name none = { "", 0 };

    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__node *alias = node->list.items[i];
        bool from = node->kind == NODE_IMPORT_FROM;
        ape__value *value = ape__infer_new(in, from ? KIND_EXTERNAL : KIND_MODULE, ORIGIN_LITERAL);
        const char *dot = memchr(alias->name.text, '.', alias->name.size);
        ape__name name = alias->name;

        if (from) {
            value->name = dotted(in, node->name, name);
        } else {
            if (dot && !alias->a)
                name.size = (uint32_t)(dot - name.text);
            value->name = dotted(in, name, none);
        }
        ape__infer_bind(in, alias->a ? alias->a->name : name, value);
    }
}

static void infer_definition(ape__infer *in, ape__node *node)
{
    ape__value *value = ape__infer_new(in, KIND_FUNCTION, ORIGIN_LITERAL);

    value->node = node;
    ape__infer_bind(in, node->name, node->list2.count ? &ape__value_unknown : value);
}

static void infer_augmented(ape__infer *in, ape__node *node)
{
    const ape__value *old = ape__infer_expression(in, node->a);
    const ape__value *change = ape__infer_expression(in, node->b);
    ape__value *value = ape__infer_new(in, KIND_UNKNOWN, old->origin | change->origin);

    if (old->kind == KIND_INT && change->kind == KIND_INT && node->op != TOKEN_SLASH)
        value->kind = KIND_INT;
    else if (ape__value_is_number(old) && ape__value_is_number(change))
        value->kind =
            old->kind == KIND_SCALAR || change->kind == KIND_SCALAR ? KIND_SCALAR : KIND_FLOAT;
    ape__infer_assign(in, node->a, value);
}

static void infer_assignment(ape__infer *in, ape__node *node)
{
    const ape__value *value = ape__infer_expression(in, node->a);

    if (in->in_handler && (value->flags & VALUE_RANDOM_ONLY) && !(value->origin & ORIGIN_MARKET))
        node->marks |= APE__MARK_FABRICATED;
    for (uint32_t i = 0; i < node->list.count; i++)
        ape__infer_assign(in, node->list.items[i], value);
}

static void each_statement(ape__infer *in, ape__node *node);

static void infer_statement(ape__infer *in, ape__node *node)
{
    switch (node->kind) {
    case NODE_ASSIGN:
        infer_assignment(in, node);
        return;
    case NODE_ANN_ASSIGN:
        if (node->c)
            ape__infer_assign(in, node->a, ape__infer_expression(in, node->c));
        return;
    case NODE_AUG_ASSIGN:
        infer_augmented(in, node);
        return;
    case NODE_EXPR:
        ape__infer_expression(in, node->a);
        return;
    case NODE_IF:
        infer_if(in, node);
        return;
    case NODE_FOR:
    case NODE_WHILE:
        infer_loop(in, node);
        return;
    case NODE_TRY:
        infer_try(in, node);
        return;
    case NODE_WITH:
        infer_with(in, node);
        return;
    case NODE_IMPORT:
    case NODE_IMPORT_FROM:
        infer_import(in, node);
        return;
    case NODE_FUNCTION:
        infer_definition(in, node);
        return;
    default:
        each_statement(in, node);
    }
}

/* The less common ones. */
static void each_statement(ape__infer *in, ape__node *node)
{
    switch (node->kind) {
    case NODE_RETURN:
        in->env->returned = ape__value_join(in->arena, in->env->returned,
                                            node->a ? ape__infer_expression(in, node->a)
                                                    : ape__infer_new(in, KIND_NONE, 0));
        in->env->dead = true;
        return;
    case NODE_RAISE:
        if (node->a)
            ape__infer_expression(in, node->a);
        in->env->dead = true;
        return;
    case NODE_ASSERT:
        infer_test(in, node->a);
        return;
    case NODE_CLASS:
        ape__infer_bind(in, node->name, &ape__value_unknown);
        return;
    case NODE_DELETE:
        for (uint32_t i = 0; i < node->list.count; i++)
            if (node->list.items[i]->kind == NODE_NAME)
                ape__infer_bind(in, node->list.items[i]->name, &ape__value_unknown);
        return;
    case NODE_GLOBAL:
    case NODE_NONLOCAL:
        for (ape__env *env = in->env; env; env = env->outer)
            for (uint32_t i = 0; i < env->count; i++)
                for (uint32_t j = 0; j < node->list.count; j++)
                    if (ape__name_equal(env->items[i].name, node->list.items[j]->name))
                        env->items[i].value = &ape__value_unknown;
        return;
    default:
        return;
    }
}

void ape__infer_body(ape__infer *in, const ape__nodes *body)
{
    for (uint32_t i = 0; i < body->count && !in->env->dead && !ape__infer_exhausted(in); i++) {
        in->steps++;
        infer_statement(in, body->items[i]);
    }
}

static void clear_values(ape__node *node, void *user)
{
    node->value = NULL;
    node->marks = 0;
    ape__node_each_child(node, clear_values, user);
}

/* Functions that the program's own flow never came to, with nothing known of their
 * parameters. */
static void infer_uncalled(ape__node *node, void *user)
{
    ape__infer *in = user;

    if (node->kind == NODE_FUNCTION && !node->value && !ape__infer_exhausted(in)) {
        ape__infer_call_function(in, NULL, node);
    }
    if (node->kind < NODE_BOOL_OP || node->kind == NODE_MODULE)
        ape__node_each_child(node, infer_uncalled, in);
}

bool ape__infer_run(ape__arena *arena, ape__node *module)
{
    ape__env env = { 0 };
    ape__infer in = { .arena = arena, .env = &env };

    ape__infer_body(&in, &module->list);
    env.dead = false;
    infer_uncalled(module, &in);
    if (!ape__infer_exhausted(&in))
        return true;
    clear_values(module, NULL);
    return false;
}
