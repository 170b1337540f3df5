/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_AST_H
#define APE_CODE_SANITIZER_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "code_sanitizer/arena.h"

/*
 * The tree of a program, in the shape of Python's own ast module. What the parts
 * of a node mean depends on its kind: a, b and c are nodes (or NULL), list and
 * list2 are lists, name is a piece of text.
 */
typedef enum ape__node_kind {
    NODE_MODULE, /* list: body */

    NODE_FUNCTION,    /* name; a: ARGUMENTS, b: returns, c: TYPE_PARAMS; list: body, list2:
                         decorators; op: 1 if async */
    NODE_CLASS,       /* name; a: SUITE of bases and keywords, c: TYPE_PARAMS; list: body, list2:
                         decorators */
    NODE_RETURN,      /* a */
    NODE_DELETE,      /* list */
    NODE_ASSIGN,      /* list: targets, a: value */
    NODE_TYPE_ALIAS,  /* a: name, b: value, c: TYPE_PARAMS */
    NODE_AUG_ASSIGN,  /* a op b */
    NODE_ANN_ASSIGN,  /* a: target, b: annotation, c: value; op: 1 if simple */
    NODE_FOR,         /* a: target, b: iter; list: body, list2: orelse; op: 1 if async */
    NODE_WHILE,       /* a: test; list: body, list2: orelse */
    NODE_IF,          /* a: test; list: body, list2: orelse */
    NODE_WITH,        /* list: body, list2: WITH_ITEMs; op: 1 if async */
    NODE_MATCH,       /* a: subject; list: MATCH_CASEs */
    NODE_RAISE,       /* a: exc, b: cause */
    NODE_TRY,         /* list: body, list2: HANDLERs, c: SUITE of orelse and finalbody; op: 1 for
                         except* */
    NODE_ASSERT,      /* a: test, b: msg */
    NODE_IMPORT,      /* list: ALIASes */
    NODE_IMPORT_FROM, /* name: module; list: ALIASes; op: number of dots */
    NODE_GLOBAL,      /* list: NAMEs */
    NODE_NONLOCAL,    /* list: NAMEs */
    NODE_EXPR,        /* a */
    NODE_PASS,
    NODE_BREAK,
    NODE_CONTINUE,
    NODE_ERROR, /* a statement that could not be parsed */

    NODE_BOOL_OP,   /* op: TOKEN_AND or TOKEN_OR; list */
    NODE_NAMED,     /* a := b */
    NODE_BIN_OP,    /* a op b */
    NODE_UNARY_OP,  /* op a */
    NODE_LAMBDA,    /* a: ARGUMENTS, b: body */
    NODE_IF_EXP,    /* b if a else c */
    NODE_DICT,      /* list: keys, NULL for **; list2: values */
    NODE_SET,       /* list */
    NODE_LIST_COMP, /* a: elt; list: COMPREHENSIONs */
    NODE_SET_COMP,
    NODE_DICT_COMP, /* a: key, b: value; list: COMPREHENSIONs */
    NODE_GENERATOR,
    NODE_AWAIT,      /* a */
    NODE_YIELD,      /* a */
    NODE_YIELD_FROM, /* a */
    NODE_COMPARE,    /* a: left; list: comparators; name: an ape__compare_op for each */
    NODE_CALL,       /* a: func; list: args, list2: KEYWORDs */
    NODE_FORMATTED,  /* a: value, b: JOINED format spec; op: conversion or 0 */
    NODE_JOINED,     /* list: CONSTANTs and FORMATTEDs */
    NODE_CONSTANT,   /* op: an ape__constant; name: value of a string, spelling of a number */
    NODE_ATTRIBUTE,  /* a.name */
    NODE_SUBSCRIPT,  /* a[b] */
    NODE_STARRED,    /* *a */
    NODE_NAME,       /* name */
    NODE_LIST,       /* list */
    NODE_TUPLE,      /* list */
    NODE_SLICE,      /* a:b:c */

    NODE_COMPREHENSION, /* a: target, b: iter; list: ifs; op: 1 if async */
    NODE_HANDLER,       /* a: type; name; list: body */
    NODE_ARGUMENTS,     /* list: ARGs before '/', list2: ARGs; a: *ARG, b: **ARG, c: SUITE of
                           keyword-only ARGs */
    NODE_ARG,           /* name; a: annotation, b: default */
    NODE_KEYWORD,       /* name, empty for **; a: value */
    NODE_ALIAS,         /* name; a: NAME after as */
    NODE_WITH_ITEM,     /* a as b */
    NODE_MATCH_CASE,    /* a: pattern, b: guard; list: body */
    NODE_SUITE,         /* list, list2: two lists of the node above */
    NODE_TYPE_PARAMS,   /* list */
    NODE_TYPE_VAR,      /* name; a: bound, b: default */
    NODE_PARAM_SPEC,
    NODE_TYPE_VAR_TUPLE,

    NODE_MATCH_VALUE,     /* a */
    NODE_MATCH_SINGLETON, /* op: an ape__constant */
    NODE_MATCH_SEQUENCE,  /* list */
    NODE_MATCH_MAPPING,   /* list: keys, list2: patterns; name: rest */
    NODE_MATCH_CLASS,     /* a: class; list: patterns, list2: KEYWORDs of patterns */
    NODE_MATCH_STAR,      /* name */
    NODE_MATCH_AS,        /* a: pattern; name */
    NODE_MATCH_OR,        /* list */
    NODE_KIND_COUNT,
} ape__node_kind;

typedef enum ape__constant {
    CONSTANT_NONE,
    CONSTANT_FALSE,
    CONSTANT_TRUE,
    CONSTANT_ELLIPSIS,
    CONSTANT_INT,
    CONSTANT_FLOAT,
    CONSTANT_IMAGINARY,
    CONSTANT_STRING,
    CONSTANT_BYTES,
} ape__constant;

typedef enum ape__compare_op {
    COMPARE_EQ,
    COMPARE_NOT_EQ,
    COMPARE_LT,
    COMPARE_LT_E,
    COMPARE_GT,
    COMPARE_GT_E,
    COMPARE_IS,
    COMPARE_IS_NOT,
    COMPARE_IN,
    COMPARE_NOT_IN,
} ape__compare_op;

typedef struct ape__node ape__node;

typedef struct ape__nodes {
    ape__node **items;
    uint32_t count;
} ape__nodes;

typedef struct ape__name {
    const char *text; /* not NUL-ended */
    uint32_t size;
} ape__name;

enum {
    NODE_IN_PARENTHESES = 1, /* an expression with parentheses of its own around it */
    NODE_STORE = 2,          /* a NAME, ATTRIBUTE ... that is assigned to */
    NODE_DEL = 4,
    NODE_ELIF = 8, /* an IF that was written elif */
};

struct ape__node {
    uint8_t kind; /* an ape__node_kind */
    uint8_t op;
    uint8_t flags;
    uint16_t depth;                  /* of the tree below it */
    uint32_t start, end;             /* bytes of the code, as Python counts a node's extent */
    uint32_t outer_start, outer_end; /* with the parentheses around it */
    ape__node *a, *b, *c;
    ape__nodes list, list2;
    ape__name name;
    const char *dotted; /* of a NAME or ATTRIBUTE: "numpy.random", once names are known */
    const struct ape__value *value; /* what an expression was found to be, later */
    uint32_t marks;                 /* what was seen of it, later: APE__MARK_... */
};

/* Inline, for most names differ from most words in their first letter. */
static inline bool ape__name_is(ape__name name, const char *text)
{
    return name.size == 0 ? text[0] == '\0'
                          : name.text[0] == text[0] && strlen(text) == name.size &&
                                memcmp(name.text, text, name.size) == 0;
}

static inline bool ape__name_equal(ape__name one, ape__name two)
{
    return one.size == two.size && (one.size == 0 || (one.text[0] == two.text[0] &&
                                                      memcmp(one.text, two.text, one.size) == 0));
}

/** "head.tail"; NULL for no head or no memory. */
const char *ape__name_dotted(ape__arena *arena, const char *head, ape__name tail);

/** True for a NAME node of this name. */
bool ape__node_is_name(const ape__node *node, const char *name);

static inline bool ape__node_is(const ape__node *node, ape__node_kind kind)
{
    return node && node->kind == kind;
}

static inline bool ape__node_is_constant(const ape__node *node, ape__constant type)
{
    return node && node->kind == NODE_CONSTANT && node->op == type;
}

/** True if two expressions are written alike, blanks and parentheses aside. */
bool ape__node_same(const ape__node *one, const ape__node *two);

/** The KEYWORD of a call by its name, or NULL. */
static inline ape__node *ape__call_keyword(const ape__node *call, const char *name)
{
    for (uint32_t i = 0; i < call->list2.count; i++)
        if (ape__name_is(call->list2.items[i]->name, name))
            return call->list2.items[i];
    return NULL;
}

/* The way of ape__node_each_child() for nodes that may have children. */
void ape__node_visit_children(ape__node *node, void (*visit)(ape__node *child, void *user),
                              void *user);

/** Call @p visit for each child that is not NULL, in the order of the text as far
 *  as the shape allows. */
static inline void ape__node_each_child(ape__node *node,
                                        void (*visit)(ape__node *child, void *user), void *user)
{
    if (node->kind != NODE_NAME && node->kind != NODE_CONSTANT) /* half of all nodes: no children */
        ape__node_visit_children(node, visit, user);
}

#endif /* APE_CODE_SANITIZER_AST_H */
