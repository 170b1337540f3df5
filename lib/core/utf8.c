/* SPDX-License-Identifier: MIT */
#include "core/utf8.h"

/* Bytes of a character by its first byte; 0 for a byte that starts none. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

size_t ape__utf8_decode(const char *bytes, size_t size, uint32_t *code_point)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    static const unsigned char payload[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    const unsigned char *b = (const unsigned char *)bytes;
    size_t length = size ? length_of(b[0]) : 0;
    uint32_t value;

    if (length == 0 || length > size)
        return 0;
    value = b[0] & payload[length];
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (b[i] & 0x3f);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code_point = value;
    return length;
}

bool ape__utf8_valid(const char *bytes, size_t size)
{
    uint32_t ignored;

    while (size > 0) {
        size_t length = ape__utf8_decode(bytes, size, &ignored);

        if (length == 0)
            return false;
        bytes += length;
        size -= length;
    }
    return true;
}

size_t ape__utf8_cut(const char *bytes, size_t size)
{
    size_t start = size;

    while (start > 0 && size - start < 3 && ((unsigned char)bytes[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && length_of((unsigned char)bytes[start - 1]) > size - start + 1)
        return start - 1;
    return size;
}
