/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_LEXER_INTERNAL_H
#define APE_CODE_SANITIZER_LEXER_INTERNAL_H

#include "code_sanitizer/python/lexer.h"

enum { APE__FIELDS_MAX = 6 };

/* An f-string that is being read. Level 0 is its text; each replacement field,
 * also one within a format spec, is one level more. */
typedef struct ape__fstring {
    uint32_t outer_limit;            /* what the lexer's limit was before */
    uint16_t depth[APE__FIELDS_MAX]; /* brackets open within the field of a level */
    bool in_spec[APE__FIELDS_MAX];   /* the field's expression is over */
    uint8_t level;
    char quote;
    uint8_t quote_size;
    bool raw;
} ape__fstring;

typedef struct ape__lexer {
    ape__tokens *tokens;
    const char *text;
    uint32_t size;
    uint32_t at;
    uint32_t limit; /* before Python 3.12 an f-string's end, known before its fields are read */
    int minor;
    bool no_memory;

    uint16_t depth;
    char bracket[APE__BRACKETS_MAX + 1];
    uint32_t bracket_at[APE__BRACKETS_MAX + 1];

    uint16_t indents;
    uint32_t column[APE__INDENTS_MAX + 1];     /* tabs to multiples of 8 */
    uint32_t tab_column[APE__INDENTS_MAX + 1]; /* tabs as one column: both must agree */

    uint8_t fstring_count;
    ape__fstring fstrings[APE__FSTRINGS_MAX];
} ape__lexer;

/* The byte @p ahead of the place, or 0 at the limit. */
static inline unsigned char ape__lexer_peek(const ape__lexer *l, uint32_t ahead)
{
    return l->at + ahead < l->limit ? (unsigned char)l->text[l->at + ahead] : 0;
}

static inline bool ape__lexer_at_limit(const ape__lexer *l)
{
    return l->at >= l->limit;
}

void ape__lexer_emit(ape__lexer *l, ape__token_kind kind, uint8_t detail, uint32_t start);
void ape__lexer_error(ape__lexer *l, ape__lex_error error, uint32_t start);

/* Step over a line end, CR LF being one. */
void ape__lexer_skip_line_end(ape__lexer *l);

void ape__lex_number(ape__lexer *l);

/* Length of a string prefix at the place, if a quote follows it; -1 otherwise. */
int ape__string_prefix(const ape__lexer *l);
void ape__lex_string(ape__lexer *l, uint32_t prefix_size);

/* True where the text of an f-string, not an expression, goes on. */
bool ape__lexer_in_fstring_text(const ape__lexer *l);
void ape__lex_fstring_text(ape__lexer *l);

/* The ':', '!' or '}' that ends a field's expression; false if it is not one. */
bool ape__lex_field_end(ape__lexer *l);

/* Leave all f-strings: their ends were not found. */
void ape__lexer_abandon_fstrings(ape__lexer *l);

#endif /* APE_CODE_SANITIZER_LEXER_INTERNAL_H */
