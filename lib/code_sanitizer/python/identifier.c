/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/identifier.h"

#include "core/utf8.h"

struct range {
    uint32_t first, last;
};

#include "code_sanitizer/python/identifier_table.inc"

static bool within(const struct range *ranges, size_t count, uint32_t code_point)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ranges[middle].last < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].first <= code_point;
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool ascii_continues(uint32_t c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

bool ape__identifier_starts(uint32_t code_point)
{
    if (code_point < 0x80)
        return is_letter(code_point);
    return within(starts, sizeof(starts) / sizeof(starts[0]), code_point);
}

bool ape__identifier_continues(uint32_t code_point)
{
    if (code_point < 0x80)
        return ascii_continues(code_point);
    return within(continuations, sizeof(continuations) / sizeof(continuations[0]), code_point);
}

size_t ape__identifier_length(const char *text, size_t size)
{
    size_t at = 0;

    if (size > 0 && is_letter((unsigned char)text[0]))
        while (at < size && ascii_continues((unsigned char)text[at]))
            at++;
    while (at < size) {
        uint32_t code_point = (unsigned char)text[at];
        size_t length = code_point < 0x80 ? 1 : ape__utf8_decode(text + at, size - at, &code_point);
        bool fits =
            at == 0 ? ape__identifier_starts(code_point) : ape__identifier_continues(code_point);

        if (length == 0 || !fits)
            break;
        at += length;
    }
    return at;
}
