/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/parser_internal.h"

#include <string.h>

typedef struct reader {
    const char *text;
    size_t size, at;
    uint8_t flags;
    char *out;
    size_t out_size;
    const char *message;
} reader;

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* A code point above U+10FFFF never gets here. Half of a pair is written as it
 * is: such strings only ever are compared and shown. */
static void put(reader *r, uint32_t c)
{
    char *o = r->out + r->out_size;

    if (c < 0x80 || (r->flags & TOKEN_STRING_BYTES)) {
        o[0] = (char)c;
        r->out_size += 1;
    } else if (c < 0x800) {
        o[0] = (char)(0xc0 | c >> 6), o[1] = (char)(0x80 | (c & 0x3f));
        r->out_size += 2;
    } else if (c < 0x10000) {
        o[0] = (char)(0xe0 | c >> 12), o[1] = (char)(0x80 | (c >> 6 & 0x3f));
        o[2] = (char)(0x80 | (c & 0x3f));
        r->out_size += 3;
    } else {
        o[0] = (char)(0xf0 | c >> 18), o[1] = (char)(0x80 | (c >> 12 & 0x3f));
        o[2] = (char)(0x80 | (c >> 6 & 0x3f)), o[3] = (char)(0x80 | (c & 0x3f));
        r->out_size += 4;
    }
}

static void put_hex(reader *r, size_t digits)
{
    uint32_t value = 0;

    for (size_t i = 0; i < digits; i++) {
        int digit = r->at + i < r->size ? hex_digit(r->text[r->at + i]) : -1;

        if (digit < 0) {
            r->message = r->flags & TOKEN_STRING_BYTES
                             ? "(value error) invalid \\x escape"
                             : "(unicode error) truncated \\xXX, \\uXXXX or \\UXXXXXXXX escape";
            return;
        }
        value = value << 4 | (uint32_t)digit;
    }
    if (value > 0x10ffff) {
        r->message = "(unicode error) illegal Unicode character";
        return;
    }
    r->at += digits;
    put(r, value);
}

static void put_octal(reader *r, char first)
{
    uint32_t value = (uint32_t)(first - '0');

    for (int i = 0; i < 2 && r->at < r->size && r->text[r->at] >= '0' && r->text[r->at] <= '7'; i++)
        value = value * 8 + (uint32_t)(r->text[r->at++] - '0');
    put(r, r->flags & TOKEN_STRING_BYTES ? value & 0xff : value);
}

/* \N{NAME}: the table of names is not carried along; U+FFFD stands for all. */
static void put_named(reader *r)
{
    const char *close = NULL;

    if (r->at < r->size && r->text[r->at] == '{')
        close = memchr(r->text + r->at, '}', r->size - r->at);
    if (!close || close == r->text + r->at + 1) {
        r->message = "(unicode error) malformed \\N character escape";
        return;
    }
    r->at = (size_t)(close - r->text) + 1;
    put(r, 0xfffd);
}

static bool put_simple(reader *r, char c)
{
    static const char letters[] = "abfnrtv\\'\"";
    static const char meanings[] = "\a\b\f\n\r\t\v\\'\"";
    const char *found = memchr(letters, c, sizeof(letters) - 1);

    if (found)
        put(r, (unsigned char)meanings[found - letters]);
    return found != NULL;
}

/* Behind a backslash. */
static void put_escape(reader *r)
{
    bool bytes = (r->flags & TOKEN_STRING_BYTES) != 0;
    char c = r->text[r->at];

    if ((r->flags & TOKEN_STRING_FORMAT) && (c == '{' || c == '}')) {
        put(r, '\\');
        return;
    }
    r->at++;
    if (c == '\r' || c == '\n') {
        if (c == '\r' && r->at < r->size && r->text[r->at] == '\n')
            r->at++;
    } else if (c >= '0' && c <= '7') {
        put_octal(r, c);
    } else if (c == 'x') {
        put_hex(r, 2);
    } else if (c == 'u' && !bytes) {
        put_hex(r, 4);
    } else if (c == 'U' && !bytes) {
        put_hex(r, 8);
    } else if (c == 'N' && !bytes) {
        put_named(r);
    } else if (!put_simple(r, c)) {
        put(r, '\\');
        r->at--;
    }
}

static bool needs_work(const char *text, size_t size, uint8_t flags)
{
    if (memchr(text, '\r', size))
        return true;
    if (!(flags & TOKEN_STRING_RAW) && memchr(text, '\\', size))
        return true;
    return (flags & TOKEN_STRING_FORMAT) && (memchr(text, '{', size) || memchr(text, '}', size));
}

static bool has_non_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] >= 0x80)
            return true;
    return false;
}

/* The next character as it stands. */
static void put_plain(reader *r)
{
    char c = r->text[r->at++];

    if (c == '\r') {
        if (r->at < r->size && r->text[r->at] == '\n')
            r->at++;
        c = '\n';
    }
    if ((r->flags & TOKEN_STRING_FORMAT) && (c == '{' || c == '}') && r->at < r->size &&
        r->text[r->at] == c)
        r->at++;
    r->out[r->out_size++] = c;
}

bool ape__string_value(ape__arena *arena, const char *text, size_t size, uint8_t flags,
                       ape__name *out, const char **message)
{
    reader r = { .text = text, .size = size, .flags = flags };

    *out = (ape__name){ text, (uint32_t)size };
    if ((flags & TOKEN_STRING_BYTES) && has_non_ascii(text, size)) {
        *message = "bytes can only contain ASCII literal characters";
        return false;
    }
    if (!needs_work(text, size, flags))
        return true;
    /* the longest growth: \u0800 is six bytes, its value three; \ alone stays */
    r.out = ape__arena_alloc(arena, size + 4);
    if (!r.out)
        return true; /* the arena remembers */
    while (r.at < size && !r.message) {
        if (text[r.at] == '\\' && !(flags & TOKEN_STRING_RAW) && r.at + 1 < size)
            r.at++, put_escape(&r);
        else
            put_plain(&r);
    }
    *message = r.message;
    *out = (ape__name){ r.out, (uint32_t)r.out_size };
    return !r.message;
}
