/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_NAMES_H
#define APE_CODE_SANITIZER_NAMES_H

#include "code_sanitizer/arena.h"
#include "code_sanitizer/python/ast.h"

/*
 * What the names of a program stand for, as far as imports and plain copies tell:
 * after "import numpy as np; r = np.random", r is numpy.random. It does not follow
 * the flow of the program: a name bound to a module anywhere counts as one.
 */
typedef struct ape__alias {
    struct ape__alias *next;
    ape__name name;
    const char *target; /* "pandas.io" */
} ape__alias;

/* All that is known of one name. */
typedef struct ape__named {
    ape__name name;
    const char *target;     /* of its latest import or copy; NULL: none */
    const char *builtin;    /* "builtins.name", once asked for */
    bool bound;             /* by something else than an import */
    uint32_t changes;       /* how often it is bound or deleted */
    const ape__node *value; /* of a plain assignment to it */
} ape__named;

typedef struct ape__names {
    ape__arena *arena;
    ape__alias *aliases;
    ape__named *table; /* open addressing; capacity is a power of two */
    uint32_t count, capacity;
    bool everything; /* some import binds names that nobody sees */
} ape__names;

/** Collect the names of a tree, and write into its NAMEs and ATTRIBUTEs what they stand for. */
void ape__names_collect(ape__names *names, ape__arena *arena, ape__node *module);

/**
 * Dotted name of what an expression of a collected tree stands for: "pandas.DataFrame",
 * "builtins.open"; NULL if it is not known.
 */
static inline const char *ape__names_resolve(const ape__names *names, const ape__node *node)
{
    (void)names;
    return node ? node->dotted : NULL;
}

/** What a name stands for that is assigned in one place and nowhere else; NULL for others. */
const ape__node *ape__names_only_value(const ape__names *names, ape__name name);

/** True if the program itself binds the name, other than by an import. */
bool ape__names_binds(const ape__names *names, ape__name name);

#endif /* APE_CODE_SANITIZER_NAMES_H */
