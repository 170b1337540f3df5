/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_SYMBOLS_H
#define APE_CODE_SANITIZER_SYMBOLS_H

#include "code_sanitizer/python/parser_internal.h"

/* What Python's compiler checks once the grammar is satisfied. */

enum {
    SYMBOL_BOUND = 1,
    SYMBOL_USED = 2,
    SYMBOL_PARAMETER = 4,
    SYMBOL_GLOBAL = 8,
    SYMBOL_NONLOCAL = 16,
    SYMBOL_ANNOTATED = 32,
    SYMBOL_ITERATION = 64, /* the variable of a comprehension */
    SYMBOL_WALRUS = 128,   /* assigned by := within this comprehension */
};

typedef struct ape__symbol {
    ape__name name;
    uint32_t flags;
} ape__symbol;

typedef enum ape__scope_kind {
    SCOPE_MODULE,
    SCOPE_CLASS,
    SCOPE_FUNCTION,
    SCOPE_LAMBDA,
    SCOPE_COMPREHENSION,
    SCOPE_TYPE_PARAMS,
} ape__scope_kind;

typedef struct ape__scope {
    struct ape__scope *parent;
    ape__scope_kind kind;
    ape__node *node;
    ape__symbol *table;
    uint32_t count, capacity;
    bool coroutine; /* of a comprehension: it awaits */
    bool has_yield;
    const ape__node *value_return; /* a return with a value */
} ape__scope;

typedef struct ape__nonlocal {
    struct ape__nonlocal *next;
    const ape__scope *scope;
    const ape__node *name;
} ape__nonlocal;

/* What is around a statement, within its function. */
typedef struct ape__blocks {
    uint32_t nested; /* loops, try and with statements */
    bool in_loop;
    bool in_star_handler; /* of except*, with no loop in between */
    bool star_handler;    /* of except*, at any distance */
} ape__blocks;

typedef struct ape__symbols {
    ape__arena *arena;
    int minor;
    ape__scope *scope;
    ape__blocks blocks;
    uint32_t in_iterable; /* of a comprehension */
    ape__nonlocal *nonlocals;
    ape__symbol_error error;
    ape__symbol scratch;
} ape__symbols;

void ape__symbols_fail(ape__symbols *s, const ape__node *node, const char *message);
ape__symbol *ape__scope_find(const ape__scope *scope, ape__name name);
ape__symbol *ape__scope_symbol(ape__symbols *s, ape__scope *scope, ape__name name);
ape__scope *ape__symbols_enter(ape__symbols *s, ape__scope_kind kind, ape__node *node);
void ape__symbols_leave(ape__symbols *s);
void ape__symbols_bind(ape__symbols *s, const ape__node *node, ape__name name);
void ape__symbols_visit(ape__symbols *s, ape__node *node);
void ape__symbols_visit_list(ape__symbols *s, const ape__nodes *list);
void ape__symbols_visit_name(ape__symbols *s, ape__node *node);

/* False for what is no statement with rules of its own. */
bool ape__symbols_visit_statement(ape__symbols *s, ape__node *node);
void ape__symbols_visit_match(ape__symbols *s, ape__node *node);
void ape__symbols_check_future(ape__symbols *s, const ape__node *module);

#endif /* APE_CODE_SANITIZER_SYMBOLS_H */
