/* SPDX-License-Identifier: MIT */
#include "planner/tokens.h"

#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/utf8.h"

enum { LONGEST_INFLECTION = 4, LONGEST_NUMBER = 15 };

typedef struct reader {
    const char *text;
    size_t size;
    size_t at;
    size_t written; /* of the folded bytes */
    bool spaced;    /* white space came since the last token */
    ape__plan_tokens *out;
} reader;

static bool is_ascii_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
    return is_ascii_letter(c) || (c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7) ||
           (c >= 0x370 && c <= 0x52f);
}

static bool is_capital(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
           (c >= 0x400 && c <= 0x42f);
}

static bool is_space(uint32_t c)
{
    return c <= ' ' || c == 0xa0 || (c >= 0x2000 && c <= 0x200f) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x3000 || c == 0xfeff;
}

static uint32_t to_small(uint32_t c)
{
    if (c == 0x401 || c == 0x451) /* yo is often written as e */
        return 0x435;
    if (c >= 0x400 && c <= 0x40f)
        return c + 80;
    return is_capital(c) ? c + 32 : c;
}

/* Typographic dashes and apostrophes are read as the plain ones. */
static uint32_t to_plain(uint32_t c)
{
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
        return '-';
    if (c == 0x2018 || c == 0x2019 || c == 0x2bc)
        return '\'';
    return c;
}

/* The next character without passing it; a stray byte reads as U+FFFD. */
static uint32_t peek(const reader *r, size_t at, size_t *length)
{
    uint32_t c = 0;

    *length = at < r->size ? ape__utf8_decode(r->text + at, r->size - at, &c) : 0;
    if (*length > 0)
        return to_plain(c);
    *length = at < r->size;
    return 0xfffd;
}

/* Folding never makes text longer, so there is room. */
static void put(reader *r, uint32_t c)
{
    char *to = r->out->folded + r->written;

    if (c < 0x80) {
        to[0] = (char)c;
        r->written += 1;
    } else if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        r->written += 2;
    } else {
        to[0] = '?'; /* no phrase of the planner has such a character */
        r->written += 1;
    }
}

static void read_word(reader *r, ape__plan_token *token)
{
    size_t length;
    uint32_t c = peek(r, r->at, &length);

    token->kind = APE__PLAN_WORD;
    token->capital = is_capital(c);
    token->capitals = true;
    for (; length > 0 && is_letter(c); c = peek(r, r->at, &length)) {
        if (!(c >= 'A' && c <= 'Z'))
            token->capitals = false;
        if (!is_capital(c))
            r->out->has_small = true;
        put(r, to_small(c));
        r->at += length;
    }
}

static size_t count_digits(const reader *r, size_t at)
{
    size_t count = 0;

    while (at + count < r->size && is_digit((unsigned char)r->text[at + count]))
        count++;
    return count;
}

/* A point or comma between digits belongs to the number, but "31.12.2021" is a date,
 * and "10,000" is not ten. */
static bool is_decimal_mark(const reader *r, size_t at, uint64_t whole)
{
    size_t fraction;

    if (at >= r->size || (r->text[at] != '.' && r->text[at] != ','))
        return false;
    fraction = count_digits(r, at + 1);
    if (fraction == 0 || (r->text[at] == ',' && fraction > 2 && whole != 0))
        return false;
    at += 1 + fraction;
    return !(at < r->size && r->text[at] == '.' && count_digits(r, at + 1) > 0);
}

static void read_digits(reader *r, ape__plan_token *token)
{
    size_t count = count_digits(r, r->at);

    for (size_t i = 0; i < count; i++) {
        if (r->written - (size_t)(token->text - r->out->folded) >= LONGEST_NUMBER)
            token->too_long = true;
        else
            token->mantissa = token->mantissa * 10 + (uint64_t)(r->text[r->at] - '0');
        put(r, (unsigned char)r->text[r->at++]);
    }
}

static void read_number(reader *r, ape__plan_token *token)
{
    size_t before;

    bool in_date = r->at > 0 && r->text[r->at - 1] == '.'; /* the 12 of "31.12.2021" */

    token->kind = APE__PLAN_NUMBER;
    read_digits(r, token);
    if (in_date || !is_decimal_mark(r, r->at, token->mantissa))
        return;
    put(r, '.');
    r->at++;
    before = r->at;
    read_digits(r, token);
    if (r->at - before > LONGEST_NUMBER)
        token->too_long = true;
    token->scale = (uint8_t)(token->too_long ? 0 : r->at - before);
}

static void read_sign(reader *r, ape__plan_token *token)
{
    size_t length;
    uint32_t c = peek(r, r->at, &length);

    token->kind = APE__PLAN_SIGN;
    put(r, c);
    r->at += length;
}

static void read_token(reader *r)
{
    size_t length;
    uint32_t c = peek(r, r->at, &length);
    ape__plan_token *token = &r->out->items[r->out->count];

    if (is_space(c)) {
        r->at += length;
        r->spaced = true;
        return;
    }
    token->text = r->out->folded + r->written;
    token->glued = !r->spaced;
    if (is_letter(c))
        read_word(r, token);
    else if (is_digit(c))
        read_number(r, token);
    else
        read_sign(r, token);
    token->size = (uint32_t)(r->out->folded + r->written - token->text);
    r->out->count++;
    r->spaced = false;
}

ape_status ape__plan_tokens_read(ape_host *host, const char *text, size_t size,
                                 ape__plan_tokens *out, ape_error *err)
{
    reader r = { .text = text, .size = size, .spaced = true, .out = out };

    *out = (ape__plan_tokens){ .host = host, .capacity = size + 1 };
    out->folded = ape__alloc(host, out->capacity);
    out->items = ape__alloc_array(host, out->capacity, sizeof(*out->items));
    if (!out->folded || !out->items) {
        ape__plan_tokens_clear(out);
        return ape__fail_no_memory(err);
    }
    while (r.at < size)
        read_token(&r);
    return APE_OK;
}

void ape__plan_tokens_clear(ape__plan_tokens *tokens)
{
    if (tokens->folded)
        ape__free(tokens->host, tokens->folded, tokens->capacity);
    if (tokens->items)
        ape__free(tokens->host, tokens->items, tokens->capacity * sizeof(*tokens->items));
    *tokens = (ape__plan_tokens){ .host = tokens->host };
}

const ape__plan_token *ape__plan_at(const ape__plan_tokens *tokens, size_t at)
{
    static const ape__plan_token none = { .text = "", .kind = APE__PLAN_SIGN };

    return at < tokens->count ? &tokens->items[at] : &none;
}

bool ape__plan_is(const ape__plan_tokens *tokens, size_t at, const char *text)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);

    return token->size == strlen(text) && memcmp(token->text, text, token->size) == 0;
}

/* Bytes before the next "|" or the end of a list. */
static size_t size_of_first(const char *list)
{
    size_t size = 0;

    while (list[size] != '\0' && list[size] != '|')
        size++;
    return size;
}

bool ape__plan_is_one_of(const ape__plan_tokens *tokens, size_t at, const char *words)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);

    while (token->size > 0) {
        size_t length = size_of_first(words);

        if (length == token->size && memcmp(token->text, words, length) == 0)
            return true;
        if (words[length] == '\0')
            return false;
        words += length + 1;
    }
    return false;
}

/* Letters in what follows the common part of two words. */
static size_t count_letters(const char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static bool word_matches(const ape__plan_token *token, const char *word, size_t size)
{
    bool stem = size > 1 && word[size - 1] == '*';
    bool named = word[0] >= 'A' && word[0] <= 'Z';

    size -= stem;
    if (token->role != APE__PLAN_FREE || token->size < size || (named && !token->capital))
        return false;
    if (token->text[0] != (named ? word[0] - 'A' + 'a' : word[0]) ||
        memcmp(token->text + 1, word + 1, size - 1) != 0)
        return false;
    if (!stem)
        return token->size == size;
    return count_letters(token->text + size, token->size - size) <= LONGEST_INFLECTION;
}

static size_t match_phrase(const ape__plan_tokens *tokens, size_t at, const char *phrase,
                           size_t size)
{
    size_t now = at;

    while (size > 0) {
        const char *blank = memchr(phrase, ' ', size);
        size_t length = blank ? (size_t)(blank - phrase) : size;

        while (now > at && phrase[0] != '-' && ape__plan_is_one_of(tokens, now, "-|.|'"))
            now++;
        if (now >= tokens->count || !word_matches(&tokens->items[now], phrase, length))
            return 0;
        now++;
        phrase += length + (blank != NULL);
        size -= length + (blank != NULL);
    }
    return now - at;
}

size_t ape__plan_match(const ape__plan_tokens *tokens, size_t at, const char *phrase)
{
    return match_phrase(tokens, at, phrase, strlen(phrase));
}

/* Most phrases differ in their first letter: look no further then. */
static bool begins_like(const ape__plan_token *token, const char *phrase)
{
    char first = phrase[0] >= 'A' && phrase[0] <= 'Z' ? (char)(phrase[0] - 'A' + 'a') : phrase[0];

    if (token->size == 0 || token->text[0] != first)
        return false;
    return (unsigned char)first < 0x80 || (token->size > 1 && token->text[1] == phrase[1]);
}

size_t ape__plan_match_any(const ape__plan_tokens *tokens, size_t at, const char *phrases)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);
    size_t longest = 0;

    for (;;) {
        size_t size = size_of_first(phrases);
        size_t count = begins_like(token, phrases) ? match_phrase(tokens, at, phrases, size) : 0;

        if (count > longest)
            longest = count;
        if (phrases[size] == '\0')
            return longest;
        phrases += size + 1;
    }
}

void ape__plan_take(ape__plan_tokens *tokens, size_t at, size_t count, ape__plan_role role)
{
    for (size_t i = at; i < at + count && i < tokens->count; i++)
        tokens->items[i].role = (uint8_t)role;
}

bool ape__plan_is_integer(const ape__plan_tokens *tokens, size_t at)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);

    return token->kind == APE__PLAN_NUMBER && token->scale == 0 && !token->too_long &&
           token->role == APE__PLAN_FREE;
}
