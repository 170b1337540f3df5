/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_LEXER_H
#define APE_CODE_SANITIZER_LEXER_H

#include "code_sanitizer/python/token.h"
#include "core/memory.h"

/** Python's own limits. */
enum { APE__BRACKETS_MAX = 200, APE__INDENTS_MAX = 100, APE__FSTRINGS_MAX = 150 };

typedef enum ape__lex_error {
    LEX_OK,
    LEX_BAD_CHARACTER, /* no part of any token: typographic quotes, U+00A0, '$' ... */
    LEX_BAD_NUMBER,
    LEX_LEADING_ZERO,        /* 010 */
    LEX_UNTERMINATED_STRING, /* ends with its line */
    LEX_UNTERMINATED_TRIPLE, /* ends with the text */
    LEX_AFTER_BACKSLASH,     /* something follows a line continuation */
    LEX_BACKSLASH_AT_END,
    LEX_MIXED_TABS,
    LEX_BAD_DEDENT,
    LEX_TOO_MANY_INDENTS,
    LEX_TOO_MANY_BRACKETS,
    LEX_UNMATCHED_BRACKET,  /* closes what nothing opened */
    LEX_MISMATCHED_BRACKET, /* closes what another kind opened */
    LEX_UNCLOSED_BRACKET,   /* open at the end of the text */
    LEX_FSTRING_BACKSLASH,  /* within an expression, before Python 3.12 */
    LEX_FSTRING_COMMENT,    /* the same for a comment */
    LEX_FSTRING_BRACE,      /* a single '}' */
    LEX_FSTRING_UNFINISHED, /* '}' expected */
    LEX_FSTRING_NESTING,
} ape__lex_error;

/** In Python's own words, as far as there are any. */
const char *ape__lex_error_message(ape__lex_error error);

/** True if more text might have made it right: the code may have been cut off. */
bool ape__lex_error_is_at_end(ape__lex_error error);

/** All tokens of a text, ended by NEWLINE, DEDENTs and END. Comments, blank lines
 *  and the blanks between tokens are the gaps. */
typedef struct ape__tokens {
    ape_host *host; /* borrowed */
    ape__token *items;
    size_t count;
    size_t capacity;
    size_t error_count;
    uint32_t first_error; /* index of a TOKEN_ERROR, if error_count > 0 */
} ape__tokens;

/**
 * Cut Python 3.@p minor source into tokens. Errors are tokens too, and lexing goes
 * on behind them.
 *
 * @param text  UTF-8, fewer than 2^31 bytes
 * @return APE_OK or APE_ERR_NO_MEMORY; call ape__tokens_clear() after either.
 */
ape_status ape__lex(ape_host *host, const char *text, size_t size, int minor, ape__tokens *out);

/** The same, but what follows the first error is not looked at. */
ape_status ape__lex_to_error(ape_host *host, const char *text, size_t size, int minor,
                             ape__tokens *out);

void ape__tokens_clear(ape__tokens *tokens);

#endif /* APE_CODE_SANITIZER_LEXER_H */
