/* SPDX-License-Identifier: MIT */
#include "core/utf8.h"

#include <string.h>

#include <criterion/criterion.h>

Test(utf8, every_code_point)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        unsigned char b[4];
        uint32_t back = 0;
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        for (size_t i = n - 1; i > 0; i--)
            b[i] = (unsigned char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
        b[0] = (unsigned char)((n == 1 ? 0 : 0xf00 >> n & 0xff) | c >> 6 * (n - 1));
        if (c >= 0xd800 && c <= 0xdfff) {
            cr_assert_eq(ape__utf8_decode((char *)b, n, &back), 0);
        } else {
            cr_assert_eq(ape__utf8_decode((char *)b, n, &back), n, "%x", c);
            cr_assert_eq(back, c);
            cr_assert_eq(ape__utf8_decode((char *)b, n - 1, &back), 0);
        }
    }
}

Test(utf8, malformed)
{
    static const char *const bad[] = {
        "\x80", "\xc0\x80", "\xc1\xbf",    "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xff", "\xc3(",    "\xed\xa0\x80"
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert(!ape__utf8_valid(bad[i], strlen(bad[i])), "%zu", i);
    cr_assert(ape__utf8_valid("", 0));
    cr_assert(ape__utf8_valid("a\xf0\x9f\x98\x80z", 6));
}

Test(utf8, cut_never_splits)
{
    const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
    static const size_t cut[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10 };

    for (size_t size = 0; size <= 10; size++)
        cr_assert_eq(ape__utf8_cut(text, size), cut[size], "%zu", size);
}
