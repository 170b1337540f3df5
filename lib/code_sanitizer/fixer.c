/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/fixer.h"

#include <string.h>

ape__fix *ape__fixer_find(ape__fixer *f, const char *rule, const ape__node *node,
                          const char *message)
{
    ape__fix *fix;

    if (!message || ape__job_level(f->job, rule) == RULE_OFF)
        return NULL;
    for (fix = f->first; fix; fix = fix->next)
        if (fix->start == node->start && fix->end == node->end && strcmp(fix->rule, rule) == 0)
            return NULL;
    fix = ape__arena_alloc(&f->job->arena, sizeof(*fix));
    if (!fix)
        return NULL;
    *fix = (ape__fix){ .rule = rule, .start = node->start, .end = node->end, .message = message };
    *f->last = fix;
    f->last = &fix->next;
    return fix;
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

bool ape__fixer_calls(ape__fixer *f, const ape__node *call, const char *dotted)
{
    const char *found =
        ape__node_is(call, NODE_CALL) ? ape__names_resolve(&f->names, call->a) : NULL;

    return found && strcmp(found, dotted) == 0;
}

/* Looking for the assignments of a name. */
typedef struct assignments {
    ape__name name;
    const ape__node *value;
    uint32_t count;
} assignments;

static void note_assignment(ape__node *node, void *user)
{
    assignments *a = user;
    bool plain = node->kind == NODE_ASSIGN && node->list.count == 1 &&
                 node->list.items[0]->kind == NODE_NAME;

    if (plain && ape__name_equal(node->list.items[0]->name, a->name))
        a->value = node->a;
    if (((node->kind == NODE_NAME && (node->flags & (NODE_STORE | NODE_DEL))) ||
         node->kind == NODE_ARG || node->kind == NODE_FUNCTION || node->kind == NODE_HANDLER) &&
        ape__name_equal(node->name, a->name))
        a->count++;
    ape__node_each_child(node, note_assignment, a);
}

const ape__node *ape__fixer_meant(ape__fixer *f, const ape__node *node)
{
    assignments a = { 0 };

    if (node->kind != NODE_NAME || !ape__names_binds(&f->names, node->name))
        return node;
    a.name = node->name;
    note_assignment(f->module, &a);
    return a.count == 1 && a.value ? a.value : node;
}
