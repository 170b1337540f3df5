/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/binding.h"

/* What programs want of a module: the use that shows that the module was meant. */
static const struct {
    const char *module, *wanted;
} uses[] = {
    { "yfinance", "Ticker" },
    { "yfinance", "download" },
    { "yfinance", "Tickers" },
    { "json", "dumps" },
    { "json", "loads" },
    { "json", "dump" },
    { "pandas", "DataFrame" },
    { "pandas", "Series" },
    { "pandas", "concat" },
    { "pandas", "to_datetime" },
    { "pandas", "Timestamp" },
    { "numpy", "sqrt" },
    { "numpy", "log" },
    { "numpy", "mean" },
    { "numpy", "array" },
    { "numpy", "std" },
    { "math", "sqrt" },
    { "math", "log" },
    { "math", "exp" },
    { "datetime", "datetime" },
    { "datetime", "timedelta" },
    { "datetime.datetime", "strptime" },
    { "datetime.datetime", "now" },
};

static const char *imported(const ape__fixer *f, ape__name name)
{
    for (const ape__alias *a = f->names.aliases; a; a = a->next)
        if (ape__name_equal(a->name, name))
            return a->target;
    return NULL;
}

static bool wants_module(const ape__fixer *f, const ape__node *attribute)
{
    const char *module = attribute->a->kind == NODE_NAME ? imported(f, attribute->a->name) : NULL;

    for (size_t i = 0; module && i < sizeof(uses) / sizeof(uses[0]); i++)
        if (strcmp(uses[i].module, module) == 0 && ape__name_is(attribute->name, uses[i].wanted))
            return true;
    return false;
}

/* Renaming a variable wherever its own name is used, but for the uses that want the other thing. */
typedef struct renaming {
    ape__fixer *f;
    ape__fix *fix;
    ape__name name;
    const char *new;
    bool impossible;
} renaming;

static void rename_in(ape__node *node, void *user)
{
    renaming *r = user;
    bool same = ape__name_equal(node->name, r->name);

    if (node->kind == NODE_IMPORT || node->kind == NODE_IMPORT_FROM)
        return;
    if (same && (node->kind == NODE_ARG || node->kind == NODE_FUNCTION ||
                 node->kind == NODE_CLASS || node->kind == NODE_HANDLER))
        r->impossible = true;
    if (node->kind == NODE_GLOBAL || node->kind == NODE_NONLOCAL)
        r->impossible = true;
    if (same && node->kind == NODE_NAME) {
        r->impossible = r->impossible || r->fix->edit_count == APE__FIX_EDITS_MAX;
        ape__fix_replace(r->fix, node->start, node->end, r->new);
        return;
    }
    if (node->kind == NODE_ATTRIBUTE && wants_module(r->f, node))
        return;
    if (node->kind == NODE_CALL && ape__node_is(node->a, NODE_NAME) &&
        ape__name_equal(node->a->name, r->name)) {
        for (uint32_t i = 0; i < node->list.count; i++)
            rename_in(node->list.items[i], r);
        for (uint32_t i = 0; i < node->list2.count; i++)
            rename_in(node->list2.items[i], r);
        return;
    }
    ape__node_each_child(node, rename_in, r);
}

static void propose(ape__fixer *f, const ape__node *use, ape__name name, const char *was)
{
    renaming r = { .f = f, .name = name };

    r.new = ape__fixer_format(f, "%.*s_", (int)name.size, name.text);
    if (!r.new)
        return;
    r.fix = ape__fixer_find(f, "APE110", use,
                            ape__fixer_format(f,
                                              "%.*s is a variable of the program here, and no "
                                              "longer %s; call the variable %s",
                                              (int)name.size, name.text, was, r.new));
    if (!r.fix)
        return;
    rename_in(f->module, &r);
    if (r.impossible || ape__names_binds(&f->names, (ape__name){ r.new, name.size + 1 }))
        r.fix->edit_count = 0;
}

static bool is_no_function(ape__kind kind)
{
    switch (kind) {
    case KIND_SCALAR:
    case KIND_FLOAT:
    case KIND_INT:
    case KIND_BOOL:
    case KIND_STRING:
    case KIND_DICT:
    case KIND_LIST:
    case KIND_SERIES:
    case KIND_FRAME:
    case KIND_HISTORY:
    case KIND_DOWNLOAD:
    case KIND_COLUMN:
    case KIND_FLAT:
    case KIND_MULTI:
        return true;
    default:
        return false;
    }
}

static bool is_common_builtin(ape__name name)
{
    static const char *const names[] = { "sum", "list", "dict", "max",   "min",   "str",   "float",
                                         "int", "len",  "set",  "round", "range", "abs",   "type",
                                         "map", "all",  "any",  "zip",   "print", "sorted" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ape__name_is(name, names[i]))
            return true;
    return false;
}

void ape__check_shadow(ape__fixer *f, const ape__node *node)
{
    const ape__node *name = node->a;

    if (!name || name->kind != NODE_NAME || !is_no_function(ape__value_of(name)->kind) ||
        !ape__names_binds(&f->names, name->name))
        return;
    if (node->kind == NODE_ATTRIBUTE && wants_module(f, node))
        propose(f, node, name->name,
                ape__fixer_format(f, "the module %s", imported(f, name->name)));
    else if (node->kind == NODE_CALL && is_common_builtin(name->name))
        propose(f, node, name->name, "the builtin function");
}
