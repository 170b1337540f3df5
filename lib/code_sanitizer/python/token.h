/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_TOKEN_H
#define APE_CODE_SANITIZER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ape__token_kind {
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_INDENT,
    TOKEN_DEDENT,
    TOKEN_ERROR, /* detail is an ape__lex_error */
    TOKEN_NAME,
    TOKEN_NUMBER, /* detail: 'i' int, 'f' float, 'j' imaginary */
    TOKEN_STRING, /* detail: TOKEN_STRING_... */
    TOKEN_FSTRING_START,
    TOKEN_FSTRING_MIDDLE, /* text between fields, or of a format spec */
    TOKEN_FSTRING_END,

    TOKEN_LEFT_PAREN,
    TOKEN_RIGHT_PAREN,
    TOKEN_LEFT_BRACKET,
    TOKEN_RIGHT_BRACKET,
    TOKEN_LEFT_BRACE,
    TOKEN_RIGHT_BRACE,
    TOKEN_COMMA,
    TOKEN_COLON,
    TOKEN_SEMICOLON,
    TOKEN_DOT,
    TOKEN_ELLIPSIS,
    TOKEN_ARROW,
    TOKEN_BANG, /* before the conversion of a field in an f-string */
    TOKEN_EQUAL,
    TOKEN_COLON_EQUAL,
    /* binary operators; those with an augmented form first, in the order of the forms */
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_DOUBLE_SLASH,
    TOKEN_PERCENT,
    TOKEN_AT,
    TOKEN_AMPERSAND,
    TOKEN_BAR,
    TOKEN_CARET,
    TOKEN_LEFT_SHIFT,
    TOKEN_RIGHT_SHIFT,
    TOKEN_DOUBLE_STAR,
    TOKEN_PLUS_EQUAL,
    TOKEN_MINUS_EQUAL,
    TOKEN_STAR_EQUAL,
    TOKEN_SLASH_EQUAL,
    TOKEN_DOUBLE_SLASH_EQUAL,
    TOKEN_PERCENT_EQUAL,
    TOKEN_AT_EQUAL,
    TOKEN_AMPERSAND_EQUAL,
    TOKEN_BAR_EQUAL,
    TOKEN_CARET_EQUAL,
    TOKEN_LEFT_SHIFT_EQUAL,
    TOKEN_RIGHT_SHIFT_EQUAL,
    TOKEN_DOUBLE_STAR_EQUAL,
    TOKEN_TILDE,
    TOKEN_EQUAL_EQUAL,
    TOKEN_NOT_EQUAL,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,

    TOKEN_FALSE,
    TOKEN_NONE,
    TOKEN_TRUE,
    TOKEN_AND,
    TOKEN_AS,
    TOKEN_ASSERT,
    TOKEN_ASYNC,
    TOKEN_AWAIT,
    TOKEN_BREAK,
    TOKEN_CLASS,
    TOKEN_CONTINUE,
    TOKEN_DEF,
    TOKEN_DEL,
    TOKEN_ELIF,
    TOKEN_ELSE,
    TOKEN_EXCEPT,
    TOKEN_FINALLY,
    TOKEN_FOR,
    TOKEN_FROM,
    TOKEN_GLOBAL,
    TOKEN_IF,
    TOKEN_IMPORT,
    TOKEN_IN,
    TOKEN_IS,
    TOKEN_LAMBDA,
    TOKEN_NONLOCAL,
    TOKEN_NOT,
    TOKEN_OR,
    TOKEN_PASS,
    TOKEN_RAISE,
    TOKEN_RETURN,
    TOKEN_TRY,
    TOKEN_WHILE,
    TOKEN_WITH,
    TOKEN_YIELD,
} ape__token_kind;

enum {
    TOKEN_STRING_RAW = 1,
    TOKEN_STRING_BYTES = 2,
    TOKEN_STRING_TRIPLE = 4,
    TOKEN_STRING_FORMAT = 8,
    TOKEN_STRING_UNICODE = 16,     /* the prefix u */
    TOKEN_STRING_IN_SPEC = 32,     /* a middle that belongs to a format spec */
    TOKEN_STRING_PREFIX_SHIFT = 6, /* length of the prefix, 0 to 2, in the top two bits */
};

typedef struct ape__token {
    uint8_t kind;
    uint8_t detail;
    uint16_t depth; /* brackets open before it */
    uint32_t start; /* byte offsets in the code */
    uint32_t end;
} ape__token;

/** The spelling of an operator or keyword; NULL for other kinds. */
const char *ape__token_spelling(ape__token_kind kind);

/** The keyword that these bytes are, or TOKEN_NAME. */
ape__token_kind ape__token_keyword(const char *text, size_t size);

#endif /* APE_CODE_SANITIZER_TOKEN_H */
