/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/lexer_internal.h"

#include <string.h>

/* What a prefix letter means; 0 for none. */
static uint8_t prefix_flag(unsigned char c)
{
    switch (c | 0x20) {
    case 'r':
        return TOKEN_STRING_RAW;
    case 'b':
        return TOKEN_STRING_BYTES;
    case 'f':
        return TOKEN_STRING_FORMAT;
    case 'u':
        return TOKEN_STRING_UNICODE;
    default:
        return 0;
    }
}

static bool may_combine(uint8_t one, uint8_t two)
{
    return (one == TOKEN_STRING_RAW && (two & (TOKEN_STRING_BYTES | TOKEN_STRING_FORMAT))) ||
           (two == TOKEN_STRING_RAW && (one & (TOKEN_STRING_BYTES | TOKEN_STRING_FORMAT)));
}

static bool is_quote(unsigned char c)
{
    return c == '"' || c == '\'';
}

int ape__string_prefix(const ape__lexer *l)
{
    unsigned char a = ape__lexer_peek(l, 0), b = ape__lexer_peek(l, 1);

    if (is_quote(a))
        return 0;
    if (prefix_flag(a) == 0)
        return -1;
    if (is_quote(b))
        return 1;
    return may_combine(prefix_flag(a), prefix_flag(b)) && is_quote(ape__lexer_peek(l, 2)) ? 2 : -1;
}

static bool at_quotes(const ape__lexer *l, char quote, uint8_t quote_size)
{
    for (uint8_t i = 0; i < quote_size; i++)
        if (ape__lexer_peek(l, i) != (unsigned char)quote)
            return false;
    return true;
}

/* Step over a backslash and what it escapes. */
static void skip_escape(ape__lexer *l)
{
    l->at++;
    if (ape__lexer_peek(l, 0) == '\r' || ape__lexer_peek(l, 0) == '\n')
        ape__lexer_skip_line_end(l);
    else if (!ape__lexer_at_limit(l))
        l->at++;
}

/* Find the closing quotes; false, at the line's or the text's end, if there are none. */
static bool skip_to_quotes(ape__lexer *l, char quote, uint8_t quote_size)
{
    while (!ape__lexer_at_limit(l)) {
        unsigned char c = ape__lexer_peek(l, 0);

        if (c == '\\')
            skip_escape(l);
        else if (quote_size == 1 && (c == '\n' || c == '\r'))
            return false;
        else if (c == (unsigned char)quote && at_quotes(l, quote, quote_size))
            return true;
        else
            l->at++;
    }
    return false;
}

static void unterminated(ape__lexer *l, uint8_t quote_size, uint32_t start)
{
    ape__lexer_error(l, quote_size == 3 ? LEX_UNTERMINATED_TRIPLE : LEX_UNTERMINATED_STRING, start);
}

/* Before Python 3.12 an f-string ended at the first quotes of its kind. */
static bool find_end(ape__lexer *l, const ape__fstring *f, uint32_t *end)
{
    uint32_t start = l->at;
    bool found = skip_to_quotes(l, f->quote, f->quote_size);

    *end = l->at;
    if (found)
        l->at = start;
    return found;
}

static void begin_fstring(ape__lexer *l, ape__fstring f, uint8_t flags, uint32_t start)
{
    f.outer_limit = l->limit;
    f.raw = (flags & TOKEN_STRING_RAW) != 0;
    if (l->fstring_count == APE__FSTRINGS_MAX) {
        ape__lexer_error(l, LEX_FSTRING_NESTING, start);
        return;
    }
    if (l->minor < 12) {
        uint32_t end;

        if (!find_end(l, &f, &end)) {
            unterminated(l, f.quote_size, start);
            return;
        }
        ape__lexer_emit(l, TOKEN_FSTRING_START, flags, start);
        l->limit = end;
    } else {
        ape__lexer_emit(l, TOKEN_FSTRING_START, flags, start);
    }
    l->fstrings[l->fstring_count++] = f;
}

/* Within a field, before Python 3.12, a backslash is wrong even in a string. */
static void check_backslash(ape__lexer *l, uint32_t start)
{
    const char *found;

    if (l->fstring_count == 0 || l->minor >= 12)
        return;
    found = memchr(l->text + start, '\\', l->at - start);
    if (found)
        ape__lexer_error(l, LEX_FSTRING_BACKSLASH, (uint32_t)(found - l->text));
}

void ape__lex_string(ape__lexer *l, uint32_t prefix_size)
{
    uint8_t flags = (uint8_t)(prefix_size << TOKEN_STRING_PREFIX_SHIFT);
    uint32_t start = l->at;
    ape__fstring f = { 0 };

    for (uint32_t i = 0; i < prefix_size; i++)
        flags |= prefix_flag(ape__lexer_peek(l, i));
    l->at += prefix_size;
    f.quote = l->text[l->at];
    f.quote_size = at_quotes(l, f.quote, 3) ? 3 : 1;
    if (f.quote_size == 3)
        flags |= TOKEN_STRING_TRIPLE;
    l->at += f.quote_size;
    if (flags & TOKEN_STRING_FORMAT) {
        begin_fstring(l, f, flags, start);
        return;
    }
    if (!skip_to_quotes(l, f.quote, f.quote_size)) {
        unterminated(l, f.quote_size, start);
        return;
    }
    l->at += f.quote_size;
    ape__lexer_emit(l, TOKEN_STRING, flags, start);
    check_backslash(l, start);
}

static ape__fstring *current(ape__lexer *l)
{
    return l->fstring_count ? &l->fstrings[l->fstring_count - 1] : NULL;
}

bool ape__lexer_in_fstring_text(const ape__lexer *l)
{
    const ape__fstring *f = l->fstring_count ? &l->fstrings[l->fstring_count - 1] : NULL;

    return f && (f->level == 0 || f->in_spec[f->level]);
}

static void emit_middle(ape__lexer *l, const ape__fstring *f, uint32_t start)
{
    uint8_t flags = f->raw ? TOKEN_STRING_RAW : 0;

    if (f->level > 0)
        flags |= TOKEN_STRING_IN_SPEC;
    if (l->at > start)
        ape__lexer_emit(l, TOKEN_FSTRING_MIDDLE, flags, start);
}

/* Over a backslash in the text of an f-string. It does not protect a brace,
 * except those of \N{...}. */
static void skip_text_escape(ape__lexer *l, const ape__fstring *f)
{
    unsigned char next = ape__lexer_peek(l, 1);

    if (next == '{' || next == '}') {
        l->at++;
        return;
    }
    skip_escape(l);
    if (f->raw || next != 'N' || ape__lexer_peek(l, 0) != '{')
        return;
    while (!ape__lexer_at_limit(l) && ape__lexer_peek(l, 0) != '}' &&
           ape__lexer_peek(l, 0) != '\n' && ape__lexer_peek(l, 0) != (unsigned char)f->quote)
        l->at++;
    if (ape__lexer_peek(l, 0) == '}')
        l->at++;
}

static void end_fstring(ape__lexer *l, ape__fstring *f)
{
    uint32_t start = l->at;

    l->limit = f->outer_limit;
    if (f->level > 0) {
        l->depth = f->depth[1] ? (uint16_t)(f->depth[1] - 1) : 0;
        ape__lexer_error(l, LEX_FSTRING_UNFINISHED, start);
    }
    l->at += f->quote_size;
    l->fstring_count--;
    ape__lexer_emit(l, TOKEN_FSTRING_END, 0, start);
}

static void open_field(ape__lexer *l, ape__fstring *f)
{
    uint32_t start = l->at++;

    /* Python counts the nesting of specs: f"{a:{b:{c}}}" is one too many before 3.12 */
    if (f->level + 1 >= (l->minor < 12 ? 3 : APE__FIELDS_MAX) || l->depth == APE__BRACKETS_MAX) {
        ape__lexer_error(l, LEX_FSTRING_NESTING, start);
        return;
    }
    ape__lexer_emit(l, TOKEN_LEFT_BRACE, 0, start);
    l->depth++;
    l->bracket[l->depth] = '{';
    l->bracket_at[l->depth] = start;
    f->level++;
    f->depth[f->level] = l->depth;
    f->in_spec[f->level] = false;
}

static void close_field(ape__lexer *l, ape__fstring *f)
{
    uint32_t start = l->at++;

    f->level--;
    l->depth--;
    ape__lexer_emit(l, TOKEN_RIGHT_BRACE, 0, start);
}

static bool ends_text(const ape__lexer *l, const ape__fstring *f, unsigned char c)
{
    if (ape__lexer_at_limit(l))
        return true;
    if (l->minor >= 12 && c == (unsigned char)f->quote && at_quotes(l, f->quote, f->quote_size))
        return true;
    return l->minor >= 12 && f->quote_size == 1 && (c == '\n' || c == '\r');
}

static void after_text(ape__lexer *l, ape__fstring *f)
{
    bool closed = l->minor < 12 || at_quotes(l, f->quote, f->quote_size);

    if (ape__lexer_at_limit(l) && l->limit < l->size && l->minor < 12) {
        end_fstring(l, f);
    } else if (!ape__lexer_at_limit(l) && closed) {
        end_fstring(l, f);
    } else {
        unterminated(l, f->quote_size, l->at);
        ape__lexer_abandon_fstrings(l);
    }
}

void ape__lex_fstring_text(ape__lexer *l)
{
    ape__fstring *f = current(l);
    uint32_t start = l->at;

    for (;;) {
        unsigned char c = ape__lexer_peek(l, 0);
        bool doubled = f->level == 0 && ape__lexer_peek(l, 1) == c;

        if (ends_text(l, f, c)) {
            emit_middle(l, f, start);
            after_text(l, f);
            return;
        }
        if (c == '\\') {
            skip_text_escape(l, f);
        } else if ((c == '{' || c == '}') && doubled) {
            l->at += 2;
        } else if (c == '{') {
            emit_middle(l, f, start);
            open_field(l, f);
            return;
        } else if (c == '}') {
            emit_middle(l, f, start);
            if (f->level > 0)
                close_field(l, f);
            else
                l->at++, ape__lexer_error(l, LEX_FSTRING_BRACE, l->at - 1);
            return;
        } else {
            l->at++;
        }
    }
}

bool ape__lex_field_end(ape__lexer *l)
{
    ape__fstring *f = current(l);
    unsigned char c = ape__lexer_peek(l, 0);
    uint32_t start = l->at;

    if (!f || f->level == 0 || l->depth != f->depth[f->level])
        return false;
    if (c == '}') {
        close_field(l, f);
        return true;
    }
    if (c == ':') {
        l->at++;
        ape__lexer_emit(l, TOKEN_COLON, 0, start);
        f->in_spec[f->level] = true;
        return true;
    }
    if (c == '!' && ape__lexer_peek(l, 1) != '=') {
        l->at++;
        ape__lexer_emit(l, TOKEN_BANG, 0, start);
        return true;
    }
    return false;
}

void ape__lexer_abandon_fstrings(ape__lexer *l)
{
    if (l->fstring_count == 0)
        return;
    if (l->fstrings[0].depth[1] && l->depth >= l->fstrings[0].depth[1])
        l->depth = (uint16_t)(l->fstrings[0].depth[1] - 1);
    l->limit = l->fstrings[0].outer_limit;
    ape__lexer_error(l, LEX_FSTRING_UNFINISHED, l->at);
    l->fstring_count = 0;
}
