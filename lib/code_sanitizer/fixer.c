/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/fixer.h"

#include <string.h>

/* Where the finding of a rule at a place is, or would go. */
static ape__fix **slot_of(ape__fix **table, uint32_t capacity, const char *rule, uint32_t start,
                          uint32_t end)
{
    uint32_t i = (start * 2654435761u ^ end * 2246822519u) & (capacity - 1);

    while (table[i] &&
           !(table[i]->start == start && table[i]->end == end && strcmp(table[i]->rule, rule) == 0))
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static bool grow(ape__fixer *f)
{
    uint32_t capacity = f->capacity ? f->capacity * 2 : 16;
    ape__fix **table = ape__arena_alloc(&f->job->arena, capacity * sizeof(ape__fix *));

    if (!table)
        return false;
    for (uint32_t i = 0; i < f->capacity; i++)
        if (f->table[i])
            *slot_of(table, capacity, f->table[i]->rule, f->table[i]->start, f->table[i]->end) =
                f->table[i];
    f->table = table;
    f->capacity = capacity;
    return true;
}

ape__fix *ape__fixer_find(ape__fixer *f, const char *rule, const ape__node *node,
                          const char *message)
{
    ape__fixes *fixes = &f->fixes[f->family];
    ape__fix **slot;

    if (!message || ape__job_level(f->job, rule) == RULE_OFF)
        return NULL;
    if (f->count * 2 >= f->capacity && !grow(f))
        return NULL;
    slot = slot_of(f->table, f->capacity, rule, node->start, node->end);
    if (*slot)
        return NULL;
    *slot = ape__arena_alloc(&f->job->arena, sizeof(**slot));
    if (!*slot)
        return NULL;
    **slot = (ape__fix){ .rule = rule, .start = node->start, .end = node->end, .message = message };
    f->count++;
    *fixes->last = *slot;
    fixes->last = &(*slot)->next;
    return *slot;
}

void ape__fix_replace(ape__fix *fix, uint32_t start, uint32_t end, const char *text)
{
    if (fix && text && fix->edit_count < APE__FIX_EDITS_MAX)
        fix->edits[fix->edit_count++] = (ape__edit){ start, end, text, 0 };
}

void ape__fix_insert(ape__fix *fix, uint32_t at, const char *text)
{
    ape__fix_replace(fix, at, at, text);
}

void ape__fix_level(ape__fix *fix, ape__rule_level level)
{
    if (fix)
        fix->level = level;
}

void ape__fix_append_argument(ape__fix *fix, const ape__node *call, const char *argument)
{
    const ape__node *last = NULL;

    if (!fix)
        return;
    if (call->list.count > 0)
        last = call->list.items[call->list.count - 1];
    if (call->list2.count > 0 &&
        (!last || call->list2.items[call->list2.count - 1]->outer_end > last->outer_end))
        last = call->list2.items[call->list2.count - 1];
    if (!last) {
        ape__fix_insert(fix, call->end - 1, argument);
        return;
    }
    ape__fix_insert(fix, last->outer_end, ", ");
    ape__fix_insert(fix, last->outer_end, argument);
}

void ape__fix_remove_argument(ape__fixer *f, ape__fix *fix, const ape__node *argument)
{
    const char *text = f->job->source.text;
    uint32_t start = argument->outer_start, end = argument->outer_end, after = end;

    while (strchr(" \t\r\n", text[after]))
        after++;
    if (text[after] == ',') {
        after++;
        while (strchr(" \t\r\n", text[after]))
            after++;
        ape__fix_replace(fix, start, after, "");
        return;
    }
    while (start > 0 && strchr(" \t\r\n,", text[start - 1]))
        start--;
    if (start > 0 && text[start - 1] == '(')
        start = argument->outer_start;
    ape__fix_replace(fix, start, end, "");
}

/* Behind the docstring and the imports that begin the program. */
static uint32_t place_for_import(const ape__fixer *f)
{
    const ape__nodes *body = &f->module->list;
    const char *text = f->job->source.text;
    uint32_t at = 0;

    for (uint32_t i = 0; i < body->count; i++) {
        const ape__node *s = body->items[i];

        if (s->kind != NODE_IMPORT && s->kind != NODE_IMPORT_FROM &&
            !(i == 0 && s->kind == NODE_EXPR && ape__node_is_constant(s->a, CONSTANT_STRING)))
            break;
        at = s->end;
        while (text[at] && text[at] != '\n' && text[at] != '\r')
            at++;
        at += text[at] == '\r';
        at += text[at] == '\n';
    }
    return at;
}

void ape__fix_import(ape__fixer *f, ape__fix *fix, const char *name, const char *statement)
{
    ape__name bound = { name, (uint32_t)strlen(name) };

    if (!fix)
        return;
    for (const ape__alias *a = f->names.aliases; a; a = a->next)
        if (ape__name_equal(a->name, bound))
            return;
    ape__fix_insert(fix, place_for_import(f), statement);
}

const char *ape__fixer_text(ape__fixer *f, const ape__node *node)
{
    return ape__arena_copy(&f->job->arena, f->job->source.text + node->outer_start,
                           node->outer_end - node->outer_start);
}

const ape__node *ape__fixer_date(const ape__node *call, const char *argument)
{
    const ape__node *keyword = ape__call_keyword(call, argument),
                    *value = keyword ? keyword->a : NULL;

    if (value && value->value && value->value->literal)
        value = value->value->literal;
    return ape__node_is_constant(value, CONSTANT_STRING) && value->name.size == 10 ? value : NULL;
}

bool ape__fixer_calls(ape__fixer *f, const ape__node *call, const char *dotted)
{
    const char *found =
        ape__node_is(call, NODE_CALL) ? ape__names_resolve(&f->names, call->a) : NULL;

    return found && strcmp(found, dotted) == 0;
}

void ape__fixer_rename_argument(ape__fixer *f, const ape__node *call, const char *old,
                                const char *name, const char *rule)
{
    const ape__node *keyword = ape__call_keyword(call, old);
    ape__fix *fix;

    if (!keyword || ape__call_keyword(call, name))
        return;
    fix = ape__fixer_find(f, rule, keyword,
                          ape__fixer_format(f, "there is no argument %s=; wrote %s=", old, name));
    ape__fix_replace(fix, keyword->start, keyword->start + keyword->name.size, name);
}

const ape__node *ape__fixer_meant(ape__fixer *f, const ape__node *node)
{
    const ape__node *value =
        node->kind == NODE_NAME ? ape__names_only_value(&f->names, node->name) : NULL;

    return value ? value : node;
}
