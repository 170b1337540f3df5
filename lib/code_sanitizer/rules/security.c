/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/job.h"
#include "code_sanitizer/names.h"
#include "code_sanitizer/rules/security_lists.h"

/* One walk over the tree. */
typedef struct walk {
    ape__job *job;
    ape__names names;
} walk;

static void reject(walk *w, const char *rule, const ape__node *node, const char *pattern,
                   const char *what, size_t size)
{
    const char *name = ape__arena_copy(&w->job->arena, what, size < 60 ? size : 60);

    if (name)
        ape__job_report(w->job, rule, node->start, node->end,
                        ape__arena_phrase(&w->job->arena, pattern, name));
}

static size_t first_part(const char *dotted)
{
    return strcspn(dotted, ".");
}

static bool is_allowed_module(const walk *w, const char *name)
{
    return ape__list_has(ape__allowed_modules, name, first_part(name)) ||
           ape__config_allows(w->job->config, name, first_part(name));
}

/* Parts of a dotted name behind its first. */
static void check_chain(walk *w, const ape__node *node, const char *dotted)
{
    size_t root = first_part(dotted);
    const char *part = dotted + root;

    if (ape__list_has(ape__inner_modules, dotted, strlen(dotted)) || *part == '\0')
        return;
    for (bool first = true; *part == '.'; first = false) {
        size_t size = strcspn(++part, ".");
        bool inside = first && ape__is_inside(dotted, root, part, size);

        if (inside || ape__list_has(ape__denied_parts, part, size) ||
            (part[0] == '_' && !ape__list_has(ape__harmless_dunders, part, size))) {
            reject(w, "APE711", node,
                   "%s walks through the insides of a module; use its public "
                   "functions",
                   dotted, strlen(dotted));
            return;
        }
        part += size;
    }
}

static void check_module(walk *w, const ape__node *node, const char *name)
{
    const ape__denied_module *denied = ape__denied_module_find(name, first_part(name));

    if (ape__config_allows(w->job->config, name, first_part(name)))
        return;
    if (denied)
        reject(w, denied->rule, node, denied->message, name, strlen(name));
    else if (!is_allowed_module(w, name))
        reject(w, "APE112", node, "the sandbox has no module %s; use numpy, pandas and scipy", name,
               strlen(name));
    else
        check_chain(w, node, name);
}

static void check_import(walk *w, ape__node *node)
{
    for (uint32_t i = 0; i < node->list.count; i++) {
        ape__name name = node->list.items[i]->name;
        const char *module = ape__arena_copy(&w->job->arena, name.text, name.size);

        if (module)
            check_module(w, node, module);
    }
}

static void check_import_from(walk *w, ape__node *node)
{
    ape__name name = node->name;
    const char *module = ape__arena_copy(&w->job->arena, name.text, name.size);
    uint32_t before = w->job->diagnostic_count;

    if (!module)
        return;
    if (node->op > 0) {
        reject(w, "APE701", node,
               "the relative import of \"%s\" has no package to start from; a "
               "plan is one file",
               module, name.size);
        return;
    }
    check_module(w, node, module);
    for (uint32_t i = 0; i < node->list.count && before == w->job->diagnostic_count; i++) {
        ape__name item = node->list.items[i]->name;
        const char *full =
            ape__arena_format(&w->job->arena, "%s.%.*s", module, (int)item.size, item.text);

        if (full && !ape__config_allows(w->job->config, module, first_part(module)))
            check_chain(w, node, full);
        if (full && ape__denied_call_find(full))
            reject(w, ape__denied_call_find(full)->rule, node, ape__denied_call_find(full)->message,
                   full, strlen(full));
    }
}

/* sys is allowed for its streams and its version. */
static void check_sys(walk *w, const ape__node *node, const char *dotted)
{
    const char *attribute = dotted + strlen("sys.");

    if (!ape__list_has(ape__allowed_sys, attribute, strcspn(attribute, ".")))
        reject(w, "APE709", node,
               "%s reaches into the interpreter; only sys.stderr and sys.stdout "
               "are of use here",
               dotted, strlen(dotted));
}

/* os.environ.get is of os.environ. */
static const ape__denied_call *find_denied(walk *w, const char *dotted)
{
    const ape__denied_call *denied = ape__denied_call_find(dotted);
    char *part = denied ? NULL : ape__arena_copy(&w->job->arena, dotted, strlen(dotted)), *dot;

    while (!denied && part && (dot = strrchr(part, '.')) != NULL && strchr(part, '.') != dot) {
        *dot = '\0';
        denied = ape__denied_call_find(part);
    }
    return denied;
}

/* A name or attribute that stands for something: a module's inside, a builtin. */
static void check_reference(walk *w, ape__node *node)
{
    const char *dotted = ape__names_resolve(&w->names, node);
    const ape__denied_call *denied;

    if (!dotted)
        return;
    denied = find_denied(w, dotted);
    if (denied)
        reject(w, denied->rule, node, denied->message, dotted, strlen(dotted));
    else if (strncmp(dotted, "sys.", 4) == 0)
        check_sys(w, node, dotted);
    else if (strncmp(dotted, "builtins.", 9) != 0 && strchr(dotted, '.') &&
             is_allowed_module(w, dotted) &&
             !ape__config_allows(w->job->config, dotted, first_part(dotted)))
        check_chain(w, node, dotted);
}

static bool is_dunder(ape__name name)
{
    return name.size > 4 && memcmp(name.text, "__", 2) == 0 &&
           memcmp(name.text + name.size - 2, "__", 2) == 0;
}

static void check_attribute_name(walk *w, ape__node *node)
{
    ape__name name = node->name;

    if ((is_dunder(name) && !ape__list_has(ape__harmless_dunders, name.text, name.size)) ||
        ape__list_has(ape__frame_attributes, name.text, name.size))
        reject(w, "APE705", node, "%s reaches Python's insides; do without it", name.text,
               name.size);
}

static void check_string(walk *w, ape__node *node)
{
    static const char *const ways[] = { "__class__",    "__globals__", "__subclasses__",
                                        "__builtins__", "__import__",  "__mro__",
                                        "__bases__" };
    char *text;

    if (node->op != CONSTANT_STRING || node->name.size < 7 ||
        !memchr(node->name.text, '_', node->name.size))
        return;
    text = ape__arena_copy(&w->job->arena, node->name.text, node->name.size);
    for (size_t i = 0; text && i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strstr(text, ways[i])) {
            reject(w, "APE705", node,
                   "the text names %s, a way into Python's insides; do without "
                   "it",
                   ways[i], strlen(ways[i]));
            return;
        }
}

static bool is_literal_string(const ape__node *node)
{
    return ape__node_is_constant(node, CONSTANT_STRING);
}

static void check_getattr(walk *w, ape__node *node, const char *function)
{
    const ape__node *attribute = node->list.count > 1 ? node->list.items[1] : NULL;

    if (strcmp(function, "builtins.getattr") == 0 || strcmp(function, "builtins.hasattr") == 0) {
        if (!is_literal_string(attribute))
            reject(w, "APE702", node,
                   "%s with a computed name cannot be checked; write the "
                   "attribute out",
                   function + 9, strlen(function) - 9);
        else if (attribute->name.size > 1 && attribute->name.text[0] == '_')
            reject(w, "APE705", node, "%s reaches Python's insides; do without it",
                   attribute->name.text, attribute->name.size);
    }
}

static bool is_address(const ape__node *node)
{
    return is_literal_string(node) && node->name.size > 7 &&
           (memcmp(node->name.text, "http://", 7) == 0 ||
            memcmp(node->name.text, "https:/", 7) == 0 ||
            memcmp(node->name.text, "ftp://", 6) == 0);
}

/* Readers of pandas: from an address, or from a file. */
static void check_reader(walk *w, ape__node *node, const char *function)
{
    if (strncmp(function, "pandas.read_", 12) != 0 || ape__denied_call_find(function))
        return;
    if (node->list.count > 0 && is_address(node->list.items[0]))
        reject(w, "APE703", node,
               "%s reads from the network, which the sandbox has not; take "
               "prices through yfinance",
               function, strlen(function));
    else
        reject(w,
               node->list.count > 0 && is_literal_string(node->list.items[0]) ? "APE316" : "APE704",
               node,
               "%s reads a file, and the sandbox has none; take prices through "
               "yfinance",
               function, strlen(function));
}

/* df.to_csv(path): a writer with somewhere to write. */
static void check_writer(walk *w, ape__node *node)
{
    ape__name method = node->a->name;
    bool to_stream = node->list.count > 0 && node->list.items[0]->kind == NODE_ATTRIBUTE &&
                     ape__node_is_name(node->list.items[0]->a, "sys");

    if (ape__list_has(ape__file_methods, method.text, method.size) ||
        (ape__list_has(ape__text_methods, method.text, method.size) && !to_stream &&
         (node->list.count > 0 || ape__call_keyword(node, "path_or_buf") ||
          ape__call_keyword(node, "buf"))))
        reject(w, "APE704", node, "%s writes a file, and the sandbox keeps none; print the result",
               method.text, method.size);
}

static void check_call(walk *w, ape__node *node)
{
    const char *function = ape__names_resolve(&w->names, node->a);

    if (function) {
        check_getattr(w, node, function);
        check_reader(w, node, function);
    }
    if (node->a->kind == NODE_ATTRIBUTE)
        check_writer(w, node);
    if (function && strcmp(function, "logging.basicConfig") == 0 &&
        ape__call_keyword(node, "filename"))
        reject(w, "APE704", node, "%s logs to a file, and the sandbox has none", function,
               strlen(function));
}

static void visit(ape__node *node, void *user)
{
    walk *w = user;

    switch (node->kind) {
    case NODE_IMPORT:
        check_import(w, node);
        return;
    case NODE_IMPORT_FROM:
        check_import_from(w, node);
        return;
    case NODE_ATTRIBUTE:
        check_attribute_name(w, node);
        check_reference(w, node);
        if (node->a->kind == NODE_ATTRIBUTE || node->a->kind == NODE_NAME) {
            /* the whole chain was looked at; its beginning would be said twice */
            while (node->a->kind == NODE_ATTRIBUTE)
                check_attribute_name(w, node = node->a);
            if (node->a->kind == NODE_NAME)
                return;
        }
        break;
    case NODE_NAME:
        if (!(node->flags & NODE_STORE))
            check_reference(w, node);
        return;
    case NODE_CONSTANT:
        check_string(w, node);
        return;
    case NODE_CALL:
        check_call(w, node);
        break;
    default:
        break;
    }
    ape__node_each_child(node, visit, w);
}

void ape__check_security(ape__job *job)
{
    walk w = { .job = job, .names = *ape__job_names(job) };

    visit(job->parse.module, &w);
}
