/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/names.h"

#include <string.h>

static uint32_t hash(ape__name name)
{
    uint32_t h = 2166136261u;

    for (uint32_t i = 0; i < name.size; i++)
        h = (h ^ (unsigned char)name.text[i]) * 16777619u;
    return h;
}

static ape__named *slot_of(ape__named *table, uint32_t capacity, ape__name name)
{
    uint32_t i = hash(name) & (capacity - 1);

    while (table[i].name.text && !ape__name_equal(table[i].name, name))
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static bool grow(ape__names *names)
{
    uint32_t capacity = names->capacity ? names->capacity * 2 : 256;
    ape__named *table = ape__arena_alloc(names->arena, capacity * sizeof(*table));

    if (!table)
        return false;
    for (uint32_t i = 0; i < names->capacity; i++)
        if (names->table[i].name.text)
            *slot_of(table, capacity, names->table[i].name) = names->table[i];
    names->table = table;
    names->capacity = capacity;
    return true;
}

/* The entry of a name, made if there is none; NULL if memory is out. */
static ape__named *entry(ape__names *names, ape__name name)
{
    ape__named *found;

    if (names->count * 2 >= names->capacity && !grow(names))
        return NULL;
    found = slot_of(names->table, names->capacity, name);
    if (!found->name.text) {
        found->name = name;
        names->count++;
    }
    return found;
}

static void add_alias(ape__names *names, ape__name name, const char *target)
{
    ape__alias *alias = target ? ape__arena_alloc(names->arena, sizeof(*alias)) : NULL;
    ape__named *known = alias ? entry(names, name) : NULL;

    if (!known)
        return;
    *alias = (ape__alias){ names->aliases, name, target };
    names->aliases = alias;
    names->everything = names->everything || ape__name_is(name, "*");
    known->target = target;
}

static void add_bound(ape__names *names, ape__name name)
{
    ape__named *known = name.size > 0 ? entry(names, name) : NULL;

    if (known) {
        known->bound = true;
        known->changes++;
    }
}

static void add_deleted(ape__names *names, ape__name name)
{
    ape__named *known = entry(names, name);

    if (known)
        known->changes++;
}

const ape__node *ape__names_only_value(const ape__names *names, ape__name name)
{
    const ape__named *known =
        names->capacity > 0 ? slot_of(names->table, names->capacity, name) : NULL;

    return known && known->changes == 1 ? known->value : NULL;
}

bool ape__names_binds(const ape__names *names, ape__name name)
{
    return names->capacity > 0 && slot_of(names->table, names->capacity, name)->bound;
}

static const char *resolve_name(ape__names *names, ape__name name)
{
    ape__named *known = entry(names, name);

    if (!known || known->target)
        return known ? known->target : NULL;
    if (known->bound)
        return NULL;
    if (!known->builtin)
        known->builtin = ape__name_dotted(names->arena, "builtins", name);
    return known->builtin;
}

/* Chains beyond this are no references that anybody writes; they count as far as this. */
enum { DOTTED_MAX = 200 };

static void note_dotted(ape__node *node, void *user)
{
    ape__names *names = user;
    const char *head;

    ape__node_each_child(node, note_dotted, names);
    if (node->kind == NODE_NAME)
        node->dotted = resolve_name(names, node->name);
    if (node->kind != NODE_ATTRIBUTE)
        return;
    head = node->a->dotted;
    node->dotted = head && strlen(head) + node->name.size < DOTTED_MAX
                       ? ape__name_dotted(names->arena, head, node->name)
                       : head;
}

static void collect_import(ape__names *names, const ape__node *node)
{
    for (uint32_t i = 0; i < node->list.count; i++) {
        const ape__node *alias = node->list.items[i];
        const char *dot = memchr(alias->name.text, '.', alias->name.size);
        ape__name first = alias->name;

        if (dot)
            first.size = (uint32_t)(dot - first.text);
        if (alias->a)
            add_alias(names, alias->a->name,
                      ape__arena_copy(names->arena, alias->name.text, alias->name.size));
        else
            add_alias(names, first, ape__arena_copy(names->arena, first.text, first.size));
    }
}

static void collect_import_from(ape__names *names, const ape__node *node)
{
    const char *module = ape__arena_copy(names->arena, node->name.text, node->name.size);

    for (uint32_t i = 0; module && i < node->list.count; i++) {
        const ape__node *alias = node->list.items[i];

        add_alias(names, alias->a ? alias->a->name : alias->name,
                  ape__name_dotted(names->arena, module, alias->name));
    }
}

static void note_value(ape__names *names, const ape__node *assignment)
{
    const ape__node *to = assignment->list.items[0];
    ape__named *known =
        assignment->list.count == 1 && to->kind == NODE_NAME ? entry(names, to->name) : NULL;

    if (known)
        known->value = assignment->a;
}

/* "p = pd" and "r = np.random" make aliases too. */
static void collect_assignment(ape__names *names, const ape__node *node)
{
    const char *target;

    note_value(names, node);
    if (node->a->kind != NODE_NAME && node->a->kind != NODE_ATTRIBUTE)
        return;
    note_dotted(node->a, names);
    target = node->a->dotted;
    for (uint32_t i = 0; i < node->list.count; i++) {
        const ape__node *to = node->list.items[i];

        if (to->kind == NODE_NAME && target)
            add_alias(names, to->name, target);
    }
}

static void collect(ape__node *node, void *user)
{
    ape__names *names = user;

    switch (node->kind) {
    case NODE_IMPORT:
        collect_import(names, node);
        return;
    case NODE_IMPORT_FROM:
        collect_import_from(names, node);
        return;
    case NODE_ASSIGN:
        collect_assignment(names, node);
        break;
    case NODE_NAME:
        if (node->flags & NODE_STORE)
            add_bound(names, node->name);
        if (node->flags & NODE_DEL)
            add_deleted(names, node->name);
        break;
    case NODE_HANDLER:
    case NODE_FUNCTION:
    case NODE_CLASS:
    case NODE_ARG:
        add_bound(names, node->name);
        break;
    default:
        break;
    }
    ape__node_each_child(node, collect, names);
}

void ape__names_collect(ape__names *names, ape__arena *arena, ape__node *module)
{
    *names = (ape__names){ .arena = arena };
    collect(module, names);
    note_dotted(module, names);
}
