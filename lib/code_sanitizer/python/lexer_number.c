/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/lexer_internal.h"

#include <string.h>

#include "code_sanitizer/python/identifier.h"

static bool is_digit_of(unsigned char c, int base)
{
    if (base == 16)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return c >= '0' && c < '0' + base;
}

/* Digits with single '_' between them; false if there are none or a '_' is loose. */
static bool skip_digits(ape__lexer *l, int base)
{
    for (;;) {
        if (!is_digit_of(ape__lexer_peek(l, 0), base))
            return false;
        while (is_digit_of(ape__lexer_peek(l, 0), base))
            l->at++;
        if (ape__lexer_peek(l, 0) != '_')
            return true;
        l->at++;
    }
}

/* A number may touch one of these words: 1if x else y. */
static bool before_keyword(const ape__lexer *l)
{
    static const char *const words[] = { "and", "else", "for", "if", "in", "is", "not", "or" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t size = strlen(words[i]);

        if (l->limit - l->at >= size && memcmp(l->text + l->at, words[i], size) == 0)
            return true;
    }
    return false;
}

static void fail(ape__lexer *l, ape__lex_error error, uint32_t start)
{
    l->at += (uint32_t)ape__identifier_length(l->text + l->at, l->limit - l->at);
    ape__lexer_error(l, error, start);
}

static void end_number(ape__lexer *l, char type, uint32_t start)
{
    unsigned char c = ape__lexer_peek(l, 0);

    if (is_digit_of(c, 10) || c >= 0x80 ||
        (ape__identifier_length(l->text + l->at, l->limit - l->at) > 0 && !before_keyword(l)))
        fail(l, LEX_BAD_NUMBER, start);
    else
        ape__lexer_emit(l, TOKEN_NUMBER, (uint8_t)type, start);
}

static void lex_radix(ape__lexer *l, int base)
{
    uint32_t start = l->at;

    l->at += 2;
    if (ape__lexer_peek(l, 0) == '_')
        l->at++;
    if (!skip_digits(l, base))
        fail(l, LEX_BAD_NUMBER, start);
    else
        end_number(l, 'i', start);
}

/* "e5", "E-07"; nothing where no digit follows: 1else. False on a loose '_'. */
static bool skip_exponent(ape__lexer *l, bool *found)
{
    unsigned char c = ape__lexer_peek(l, 0), sign = ape__lexer_peek(l, 1);
    uint32_t size = sign == '+' || sign == '-' ? 2 : 1;

    *found = (c == 'e' || c == 'E') && is_digit_of(ape__lexer_peek(l, size), 10);
    if (!*found)
        return true;
    l->at += size;
    return skip_digits(l, 10);
}

static bool skip_fraction(ape__lexer *l, bool *found)
{
    *found = ape__lexer_peek(l, 0) == '.';
    if (!*found)
        return true;
    l->at++;
    return !is_digit_of(ape__lexer_peek(l, 0), 10) || skip_digits(l, 10);
}

static bool has_leading_zero(const ape__lexer *l, uint32_t start)
{
    if (l->text[start] != '0')
        return false;
    for (uint32_t i = start; i < l->at; i++)
        if (l->text[i] != '0' && l->text[i] != '_')
            return true;
    return false;
}

void ape__lex_number(ape__lexer *l)
{
    unsigned char second = ape__lexer_peek(l, 1) | 0x20;
    uint32_t start = l->at;
    bool fraction = false, exponent = false, good = true;

    if (ape__lexer_peek(l, 0) == '0' && (second == 'x' || second == 'o' || second == 'b')) {
        lex_radix(l, second == 'x' ? 16 : second == 'o' ? 8 : 2);
        return;
    }
    if (ape__lexer_peek(l, 0) != '.')
        good = skip_digits(l, 10);
    good = good && skip_fraction(l, &fraction) && skip_exponent(l, &exponent);
    if (!good) {
        fail(l, LEX_BAD_NUMBER, start);
    } else if ((ape__lexer_peek(l, 0) | 0x20) == 'j') {
        l->at++;
        end_number(l, 'j', start);
    } else if (fraction || exponent) {
        end_number(l, 'f', start);
    } else if (has_leading_zero(l, start)) {
        fail(l, LEX_LEADING_ZERO, start);
    } else {
        end_number(l, 'i', start);
    }
}
