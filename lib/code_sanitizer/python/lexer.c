/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/lexer.h"

#include <string.h>

#include "code_sanitizer/python/identifier.h"
#include "code_sanitizer/python/lexer_internal.h"
#include "core/utf8.h"

const char *ape__lex_error_message(ape__lex_error error)
{
    static const char *const messages[] = {
        [LEX_OK] = "",
        [LEX_BAD_CHARACTER] = "invalid character",
        [LEX_BAD_NUMBER] = "invalid decimal literal",
        [LEX_LEADING_ZERO] = "leading zeros in decimal integer literals are not permitted",
        [LEX_UNTERMINATED_STRING] = "unterminated string literal",
        [LEX_UNTERMINATED_TRIPLE] = "unterminated triple-quoted string literal",
        [LEX_AFTER_BACKSLASH] = "unexpected character after line continuation character",
        [LEX_BACKSLASH_AT_END] = "unexpected end of the text after a line continuation",
        [LEX_MIXED_TABS] = "inconsistent use of tabs and spaces in indentation",
        [LEX_BAD_DEDENT] = "unindent does not match any outer indentation level",
        [LEX_TOO_MANY_INDENTS] = "too many levels of indentation",
        [LEX_TOO_MANY_BRACKETS] = "too many nested parentheses",
        [LEX_UNMATCHED_BRACKET] = "unmatched closing bracket",
        [LEX_MISMATCHED_BRACKET] = "closing bracket does not match the opening one",
        [LEX_UNCLOSED_BRACKET] = "bracket was never closed",
        [LEX_FSTRING_BACKSLASH] = "f-string expression part cannot include a backslash",
        [LEX_FSTRING_COMMENT] = "f-string expression part cannot include '#'",
        [LEX_FSTRING_BRACE] = "f-string: single '}' is not allowed",
        [LEX_FSTRING_UNFINISHED] = "f-string: expecting '}'",
        [LEX_FSTRING_NESTING] = "f-string: expressions nested too deeply",
    };

    return messages[error];
}

bool ape__lex_error_is_at_end(ape__lex_error error)
{
    return error == LEX_UNTERMINATED_TRIPLE || error == LEX_BACKSLASH_AT_END ||
           error == LEX_UNCLOSED_BRACKET;
}

void ape__tokens_clear(ape__tokens *tokens)
{
    ape__free(tokens->host, tokens->items, tokens->capacity * sizeof(ape__token));
    *tokens = (ape__tokens){ .host = tokens->host };
}

static bool grow(ape__tokens *tokens)
{
    size_t capacity = tokens->capacity * 2;
    ape__token *items =
        ape__resize(tokens->host, tokens->items, tokens->capacity * sizeof(ape__token),
                    capacity * sizeof(ape__token));

    if (!items)
        return false;
    tokens->items = items;
    tokens->capacity = capacity;
    return true;
}

void ape__lexer_emit(ape__lexer *l, ape__token_kind kind, uint8_t detail, uint32_t start)
{
    ape__tokens *tokens = l->tokens;

    if (l->no_memory || (tokens->count == tokens->capacity && !grow(tokens))) {
        l->no_memory = true;
        return;
    }
    tokens->items[tokens->count++] = (ape__token){
        .kind = (uint8_t)kind, .detail = detail, .depth = l->depth, .start = start, .end = l->at
    };
}

void ape__lexer_error(ape__lexer *l, ape__lex_error error, uint32_t start)
{
    if (l->tokens->error_count++ == 0)
        l->tokens->first_error = (uint32_t)l->tokens->count;
    ape__lexer_emit(l, TOKEN_ERROR, (uint8_t)error, start);
}

void ape__lexer_skip_line_end(ape__lexer *l)
{
    bool carriage_return = ape__lexer_peek(l, 0) == '\r';

    l->at++;
    if (carriage_return && ape__lexer_peek(l, 0) == '\n')
        l->at++;
}

static bool is_line_end(unsigned char c)
{
    return c == '\n' || c == '\r';
}

static void skip_comment(ape__lexer *l)
{
    while (!ape__lexer_at_limit(l) && !is_line_end(ape__lexer_peek(l, 0)))
        l->at++;
}

/* After a backslash: step over the line end; false if there is none. */
static bool continue_line(ape__lexer *l)
{
    uint32_t start = l->at++;

    if (ape__lexer_at_limit(l)) {
        ape__lexer_error(l, LEX_BACKSLASH_AT_END, start);
        return false;
    }
    if (!is_line_end(ape__lexer_peek(l, 0))) {
        ape__lexer_error(l, LEX_AFTER_BACKSLASH, start);
        return false;
    }
    ape__lexer_skip_line_end(l);
    if (ape__lexer_at_limit(l)) {
        ape__lexer_error(l, LEX_BACKSLASH_AT_END, start);
        return false;
    }
    return true;
}

typedef struct indentation {
    uint32_t column;
    uint32_t tab_column;
} indentation;

/* The blanks at the start of a line. A line that goes on after a backslash has
 * the indentation of its first part. */
static indentation measure(ape__lexer *l)
{
    indentation now = { 0, 0 }, before_backslash = { 0, 0 };

    for (;;) {
        unsigned char c = ape__lexer_peek(l, 0);

        if (c == ' ') {
            now.column++, now.tab_column++;
        } else if (c == '\t') {
            now.column = (now.column / 8 + 1) * 8, now.tab_column++;
        } else if (c == '\f') {
            now.column = now.tab_column = 0;
        } else if (c == '\\' && is_line_end(ape__lexer_peek(l, 1))) {
            if (before_backslash.column == 0)
                before_backslash = now;
            if (!continue_line(l))
                break;
            continue;
        } else {
            break;
        }
        l->at++;
    }
    return before_backslash.column ? before_backslash : now;
}

static void push_indent(ape__lexer *l, indentation in)
{
    if (in.tab_column <= l->tab_column[l->indents])
        ape__lexer_error(l, LEX_MIXED_TABS, l->at);
    if (l->indents == APE__INDENTS_MAX - 1) {
        ape__lexer_error(l, LEX_TOO_MANY_INDENTS, l->at);
        return;
    }
    l->indents++;
    l->column[l->indents] = in.column;
    l->tab_column[l->indents] = in.tab_column;
    ape__lexer_emit(l, TOKEN_INDENT, 0, l->at);
}

static void change_indent(ape__lexer *l, indentation in)
{
    if (in.column > l->column[l->indents]) {
        push_indent(l, in);
        return;
    }
    while (l->indents > 0 && in.column < l->column[l->indents]) {
        l->indents--;
        ape__lexer_emit(l, TOKEN_DEDENT, 0, l->at);
    }
    if (in.column != l->column[l->indents])
        ape__lexer_error(l, LEX_BAD_DEDENT, l->at);
    else if (in.tab_column != l->tab_column[l->indents])
        ape__lexer_error(l, LEX_MIXED_TABS, l->at);
}

/* Blank lines and lines with a comment alone do not count. */
static void begin_line(ape__lexer *l)
{
    while (!ape__lexer_at_limit(l)) {
        indentation in = measure(l);
        unsigned char c = ape__lexer_peek(l, 0);

        if (c == '#') {
            skip_comment(l);
            c = ape__lexer_peek(l, 0);
        } else if (!is_line_end(c)) {
            if (!ape__lexer_at_limit(l))
                change_indent(l, in);
            return;
        }
        if (!ape__lexer_at_limit(l))
            ape__lexer_skip_line_end(l);
    }
}

static void open_bracket(ape__lexer *l, ape__token_kind kind)
{
    uint32_t start = l->at++;

    if (l->depth == APE__BRACKETS_MAX) {
        ape__lexer_error(l, LEX_TOO_MANY_BRACKETS, start);
        return;
    }
    ape__lexer_emit(l, kind, 0, start);
    l->depth++;
    l->bracket[l->depth] = l->text[start];
    l->bracket_at[l->depth] = start;
}

static void close_bracket(ape__lexer *l, ape__token_kind kind)
{
    char c = l->text[l->at], opening = c == ')' ? '(' : c == ']' ? '[' : '{';
    uint32_t start = l->at++;

    if (l->depth == 0) {
        ape__lexer_error(l, LEX_UNMATCHED_BRACKET, start);
        return;
    }
    if (l->bracket[l->depth] != opening) {
        ape__lexer_error(l, LEX_MISMATCHED_BRACKET, start);
        return;
    }
    l->depth--;
    ape__lexer_emit(l, kind, 0, start);
}

static void take(ape__lexer *l, ape__token_kind kind, uint32_t size)
{
    uint32_t start = l->at;

    l->at += size;
    ape__lexer_emit(l, kind, 0, start);
}

/* An operator with, maybe, a '=' behind it. */
static void take_maybe_equal(ape__lexer *l, uint32_t size, ape__token_kind plain,
                             ape__token_kind with_equal)
{
    if (ape__lexer_peek(l, size) == '=')
        take(l, with_equal, size + 1);
    else
        take(l, plain, size);
}

/* An operator that may be doubled, each form with, maybe, a '=' behind it. */
static void take_maybe_double(ape__lexer *l, ape__token_kind one, ape__token_kind one_equal,
                              ape__token_kind two, ape__token_kind two_equal)
{
    if (ape__lexer_peek(l, 1) == ape__lexer_peek(l, 0))
        take_maybe_equal(l, 2, two, two_equal);
    else
        take_maybe_equal(l, 1, one, one_equal);
}

static void bad_character(ape__lexer *l)
{
    uint32_t start = l->at, code_point;
    size_t length = ape__utf8_decode(l->text + l->at, l->size - l->at, &code_point);

    l->at += length ? (uint32_t)length : 1;
    ape__lexer_error(l, LEX_BAD_CHARACTER, start);
}

static void lex_dot(ape__lexer *l)
{
    unsigned char next = ape__lexer_peek(l, 1);

    if (next >= '0' && next <= '9')
        ape__lex_number(l);
    else if (next == '.' && ape__lexer_peek(l, 2) == '.')
        take(l, TOKEN_ELLIPSIS, 3);
    else
        take(l, TOKEN_DOT, 1);
}

static void lex_minus(ape__lexer *l)
{
    if (ape__lexer_peek(l, 1) == '>')
        take(l, TOKEN_ARROW, 2);
    else
        take_maybe_equal(l, 1, TOKEN_MINUS, TOKEN_MINUS_EQUAL);
}

static bool lex_bracket(ape__lexer *l, unsigned char c)
{
    switch (c) {
    case '(':
        open_bracket(l, TOKEN_LEFT_PAREN);
        return true;
    case '[':
        open_bracket(l, TOKEN_LEFT_BRACKET);
        return true;
    case '{':
        open_bracket(l, TOKEN_LEFT_BRACE);
        return true;
    case ')':
        close_bracket(l, TOKEN_RIGHT_PAREN);
        return true;
    case ']':
        close_bracket(l, TOKEN_RIGHT_BRACKET);
        return true;
    case '}':
        close_bracket(l, TOKEN_RIGHT_BRACE);
        return true;
    default:
        return false;
    }
}

static bool lex_comparison(ape__lexer *l, unsigned char c)
{
    switch (c) {
    case '=':
        take_maybe_equal(l, 1, TOKEN_EQUAL, TOKEN_EQUAL_EQUAL);
        return true;
    case '<':
        take_maybe_double(l, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_LEFT_SHIFT,
                          TOKEN_LEFT_SHIFT_EQUAL);
        return true;
    case '>':
        take_maybe_double(l, TOKEN_GREATER, TOKEN_GREATER_EQUAL, TOKEN_RIGHT_SHIFT,
                          TOKEN_RIGHT_SHIFT_EQUAL);
        return true;
    case '!':
        if (ape__lexer_peek(l, 1) != '=')
            return false;
        take(l, TOKEN_NOT_EQUAL, 2);
        return true;
    case ':':
        take_maybe_equal(l, 1, TOKEN_COLON, TOKEN_COLON_EQUAL);
        return true;
    default:
        return false;
    }
}

static void lex_operator(ape__lexer *l, unsigned char c)
{
    switch (c) {
    case ',':
        take(l, TOKEN_COMMA, 1);
        break;
    case ';':
        take(l, TOKEN_SEMICOLON, 1);
        break;
    case '~':
        take(l, TOKEN_TILDE, 1);
        break;
    case '+':
        take_maybe_equal(l, 1, TOKEN_PLUS, TOKEN_PLUS_EQUAL);
        break;
    case '-':
        lex_minus(l);
        break;
    case '%':
        take_maybe_equal(l, 1, TOKEN_PERCENT, TOKEN_PERCENT_EQUAL);
        break;
    case '@':
        take_maybe_equal(l, 1, TOKEN_AT, TOKEN_AT_EQUAL);
        break;
    case '&':
        take_maybe_equal(l, 1, TOKEN_AMPERSAND, TOKEN_AMPERSAND_EQUAL);
        break;
    case '|':
        take_maybe_equal(l, 1, TOKEN_BAR, TOKEN_BAR_EQUAL);
        break;
    case '^':
        take_maybe_equal(l, 1, TOKEN_CARET, TOKEN_CARET_EQUAL);
        break;
    case '*':
        take_maybe_double(l, TOKEN_STAR, TOKEN_STAR_EQUAL, TOKEN_DOUBLE_STAR,
                          TOKEN_DOUBLE_STAR_EQUAL);
        break;
    case '/':
        take_maybe_double(l, TOKEN_SLASH, TOKEN_SLASH_EQUAL, TOKEN_DOUBLE_SLASH,
                          TOKEN_DOUBLE_SLASH_EQUAL);
        break;
    default:
        bad_character(l);
    }
}

static void lex_name(ape__lexer *l)
{
    uint32_t start = l->at;
    size_t length = ape__identifier_length(l->text + start, l->limit - start);

    if (length == 0) {
        bad_character(l);
        return;
    }
    l->at += (uint32_t)length;
    ape__lexer_emit(l, ape__token_keyword(l->text + start, length), 0, start);
}

static bool is_name_start(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static void lex_line_end(ape__lexer *l)
{
    uint32_t start = l->at;

    ape__lexer_skip_line_end(l);
    if (l->depth > 0)
        return;
    ape__lexer_emit(l, TOKEN_NEWLINE, 0, start);
    begin_line(l);
}

static void lex_token(ape__lexer *l)
{
    unsigned char c = ape__lexer_peek(l, 0);

    if (c == ' ' || c == '\t' || c == '\f') {
        l->at++;
    } else if (is_line_end(c)) {
        lex_line_end(l);
    } else if (c == '#') {
        if (l->fstring_count > 0 && l->minor < 12)
            ape__lexer_error(l, LEX_FSTRING_COMMENT, l->at);
        skip_comment(l);
    } else if (c == '\\') {
        if (l->fstring_count > 0 && l->minor < 12)
            ape__lexer_error(l, LEX_FSTRING_BACKSLASH, l->at);
        continue_line(l);
    } else if (c >= '0' && c <= '9') {
        ape__lex_number(l);
    } else if (c == '.') {
        lex_dot(l);
    } else if (is_name_start(c) || c == '"' || c == '\'') {
        int prefix = ape__string_prefix(l);

        if (prefix >= 0)
            ape__lex_string(l, (uint32_t)prefix);
        else
            lex_name(l);
    } else if (!ape__lex_field_end(l) && !lex_bracket(l, c) && !lex_comparison(l, c)) {
        lex_operator(l, c);
    }
}

static void finish(ape__lexer *l)
{
    ape__tokens *tokens = l->tokens;

    ape__lexer_abandon_fstrings(l);
    if (l->depth > 0)
        ape__lexer_error(l, LEX_UNCLOSED_BRACKET, l->bracket_at[l->depth]);
    if (tokens->count > 0 && tokens->items[tokens->count - 1].kind != TOKEN_NEWLINE &&
        tokens->items[tokens->count - 1].kind != TOKEN_DEDENT)
        ape__lexer_emit(l, TOKEN_NEWLINE, 0, l->at);
    for (; l->indents > 0; l->indents--)
        ape__lexer_emit(l, TOKEN_DEDENT, 0, l->at);
    ape__lexer_emit(l, TOKEN_END, 0, l->at);
}

static ape_status lex(ape_host *host, const char *text, size_t size, int minor, bool to_error,
                      ape__tokens *out)
{
    ape__lexer *l = ape__alloc(host, sizeof(*l));

    *out = (ape__tokens){ .host = host, .capacity = size / 4 + 16 };
    out->items = l ? ape__resize(host, NULL, 0, out->capacity * sizeof(ape__token)) : NULL;
    if (!out->items) {
        out->capacity = 0;
        ape__free(host, l, sizeof(*l));
        return APE_ERR_NO_MEMORY;
    }
    l->tokens = out;
    l->text = text;
    l->size = l->limit = (uint32_t)size;
    l->minor = minor;
    begin_line(l);
    while (!l->no_memory && (l->at < l->size || l->fstring_count > 0) &&
           !(to_error && out->error_count > 0)) {
        if (ape__lexer_in_fstring_text(l))
            ape__lex_fstring_text(l);
        else if (ape__lexer_at_limit(l))
            ape__lexer_abandon_fstrings(l);
        else
            lex_token(l);
    }
    finish(l);
    size = l->no_memory;
    ape__free(host, l, sizeof(*l));
    return size ? APE_ERR_NO_MEMORY : APE_OK;
}

ape_status ape__lex(ape_host *host, const char *text, size_t size, int minor, ape__tokens *out)
{
    return lex(host, text, size, minor, false, out);
}

ape_status ape__lex_to_error(ape_host *host, const char *text, size_t size, int minor,
                             ape__tokens *out)
{
    return lex(host, text, size, minor, true, out);
}
