/* SPDX-License-Identifier: MIT */
#include "base64url.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(const unsigned char *bytes, size_t size, char *out)
{
    uint32_t bits = 0;
    unsigned count = 0;

    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6)
            *out++ = alphabet[bits >> (count - 6) & 63];
    }
    if (count > 0)
        *out++ = alphabet[bits << (6 - count) & 63];
    *out = '\0';
}

bool base64url_decode(const char *text, size_t size, unsigned char *out, size_t capacity,
                      size_t *out_size)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t written = 0;

    for (size_t i = 0; i < size; i++) {
        const char *found = text[i] ? strchr(alphabet, text[i]) : NULL;

        if (!found)
            return false;
        bits = bits << 6 | (uint32_t)(found - alphabet);
        count += 6;
        if (count < 8)
            continue;
        if (written == capacity)
            return false;
        count -= 8;
        out[written++] = (unsigned char)(bits >> count);
    }
    if (count >= 6 || (bits & ((1u << count) - 1)) != 0)
        return false;
    *out_size = written;
    return true;
}
