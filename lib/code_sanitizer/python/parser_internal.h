/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_PARSER_INTERNAL_H
#define APE_CODE_SANITIZER_PARSER_INTERNAL_H

#include "code_sanitizer/python/parser.h"

/* Bounds of the C stack: calls of the parser within each other, and the height of
 * the tree, which every walk over it follows. */
enum { APE__PARSER_DEPTH_MAX = 420, APE__TREE_DEPTH_MAX = 1000 };

/*
 * A failure is sticky: until it is taken back, the parser sees nothing but
 * TOKEN_ERROR, so that every loop ends and nobody needs to ask in between.
 */
typedef struct ape__parser {
    ape__arena *arena;
    const char *text;
    const ape__token *tokens;
    uint32_t token_count;
    uint32_t at;
    uint32_t last_end; /* of the last token taken that is not about lines */
    int minor;
    uint32_t depth;
    bool failed;
    bool no_memory;
    bool renamed;

    const char *message; /* of the failure */
    uint32_t error_token;

    /* lists under construction */
    ape_host *host;
    ape__node **stack;
    size_t stack_count, stack_capacity;

    ape__node scratch; /* stands in where memory is out */
} ape__parser;

static inline ape__token_kind ape__p_kind(const ape__parser *p)
{
    return p->failed ? TOKEN_ERROR : (ape__token_kind)p->tokens[p->at].kind;
}

static inline ape__token_kind ape__p_ahead(const ape__parser *p, uint32_t count)
{
    if (p->failed || p->at + count >= p->token_count)
        return TOKEN_ERROR;
    return (ape__token_kind)p->tokens[p->at + count].kind;
}

static inline uint32_t ape__p_start(const ape__parser *p)
{
    return p->tokens[p->at].start;
}

static inline bool ape__p_is(const ape__parser *p, ape__token_kind kind)
{
    return ape__p_kind(p) == kind;
}

/* Failure: the first one counts. */
void ape__p_fail(ape__parser *p, const char *message);
void ape__p_fail_at(ape__parser *p, uint32_t token, const char *message);
void ape__p_fail_node(ape__parser *p, const ape__node *node, const char *message);

void ape__p_advance(ape__parser *p);
bool ape__p_accept(ape__parser *p, ape__token_kind kind);
/* Take a token of this kind or fail. */
bool ape__p_expect(ape__parser *p, ape__token_kind kind, const char *message);
/* True for a NAME with this spelling: a soft keyword. */
bool ape__p_is_word(const ape__parser *p, uint32_t ahead, const char *word);
/* Take a NAME or fail. */
ape__name ape__p_name(ape__parser *p);
/* A name as Python compares it. */
ape__name ape__p_normal(ape__parser *p, uint32_t start, uint32_t end);

/* Count one call deeper; false, failed, at the bound. Each needs its ape__p_leave(). */
bool ape__p_enter(ape__parser *p);
static inline void ape__p_leave(ape__parser *p)
{
    p->depth--;
}

ape__node *ape__p_new(ape__parser *p, ape__node_kind kind, uint32_t start);
/* Set the node's end to where the parser stands, and its depth. */
ape__node *ape__p_finish(ape__parser *p, ape__node *node);
void ape__p_push(ape__parser *p, ape__node *node);
/* The nodes pushed since the stack had this height. */
ape__nodes ape__p_list(ape__parser *p, size_t mark);

/* Expressions. */
ape__node *ape__p_expression(ape__parser *p);
ape__node *ape__p_named_expression(ape__parser *p);
ape__node *ape__p_star_expressions(ape__parser *p); /* a, *b */
ape__node *ape__p_value(ape__parser *p);            /* those, or yield */
ape__node *ape__p_yield(ape__parser *p);
ape__node *ape__p_disjunction(ape__parser *p);
ape__node *ape__p_bitwise_or(ape__parser *p);
ape__node *ape__p_primary(ape__parser *p);
ape__node *ape__p_atom(ape__parser *p);
ape__node *ape__p_strings(ape__parser *p);
ape__node *ape__p_number(ape__parser *p);
ape__node *ape__p_target_list(ape__parser *p); /* before 'in' */
ape__node *ape__p_slices(ape__parser *p);
void ape__p_call_arguments(ape__parser *p, ape__node *call, ape__nodes *args, ape__nodes *keywords);
ape__nodes ape__p_comprehensions(ape__parser *p);
bool ape__p_starts_expression(ape__token_kind kind);

/* Check that an expression can be assigned to, or deleted, and mark it so. */
void ape__p_make_target(ape__parser *p, ape__node *node, uint8_t flag);

/* Parameters up to the closing kind, which stays. */
ape__node *ape__p_parameters(ape__parser *p, ape__token_kind closing, bool annotations);
ape__node *ape__p_type_params(ape__parser *p); /* NULL if there are none */

/* Statements. */
ape__nodes ape__p_block(ape__parser *p);
ape__node *ape__p_compound(ape__parser *p); /* NULL if none begins here */
ape__node *ape__p_match(ape__parser *p);    /* NULL, nothing taken, if this is no match */
ape__node *ape__p_pattern_top(ape__parser *p);
void ape__p_statement(ape__parser *p); /* pushes one or more */

/* The value of a string literal, or a failure. */
bool ape__string_value(ape__arena *arena, const char *text, size_t size, uint8_t flags,
                       ape__name *out, const char **message);

/* The checks of the compiler. True and the place if something is wrong. */
typedef struct ape__symbol_error {
    const char *message;
    uint32_t start, end;
} ape__symbol_error;
bool ape__check_symbols(ape__arena *arena, ape__node *module, int minor, ape__symbol_error *out);

#endif /* APE_CODE_SANITIZER_PARSER_INTERNAL_H */
