/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_PARSER_H
#define APE_CODE_SANITIZER_PARSER_H

#include "code_sanitizer/arena.h"
#include "code_sanitizer/python/ast.h"
#include "code_sanitizer/python/lexer.h"

/** What one parse found. */
typedef struct ape__parse {
    ape__tokens tokens; /* to be cleared with ape__parse_clear() */
    ape__node *module;  /* in the arena; with NODE_ERROR statements where it went wrong */
    uint32_t error_count;
    /* the first error */
    const char *message;
    uint32_t error_start, error_end;
    bool at_end;  /* it may have been cut off */
    bool renamed; /* some names stand in the tree otherwise than they are written */
} ape__parse;

/**
 * Parse Python 3.@p minor, and check what Python's compiler checks of names and
 * places: return outside a function, a duplicate argument.
 *
 * @param text  UTF-8 that outlives the tree
 * @return APE_OK, also for a text with errors; APE_ERR_NO_MEMORY. Clear after either.
 */
ape_status ape__parse_python(ape__arena *arena, const char *text, size_t size, int minor,
                             ape__parse *out);

/** The same where only a program is of use: it ends at the first error, and then there is no
 *  module. */
ape_status ape__parse_program(ape__arena *arena, const char *text, size_t size, int minor,
                              ape__parse *out);

void ape__parse_clear(ape__parse *parse);

#endif /* APE_CODE_SANITIZER_PARSER_H */
