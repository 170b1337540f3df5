/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/shortest.h"

static void expect(double value, const char *wanted)
{
    char text[APE__SHORTEST_SIZE];
    size_t size = ape__shortest(text, value);

    cr_expect_str_eq(text, wanted);
    cr_expect_eq(size, strlen(wanted));
}

Test(shortest, writes_the_form_of_openmetrics)
{
    expect(0, "0");
    expect(-0.0, "-0");
    expect(1, "1");
    expect(-2.5, "-2.5");
    expect(100, "100");
    expect(0.005, "0.005");
    expect(0.0001, "0.0001");
    expect(0.00001, "1e-05");
    expect(999999, "999999");
    expect(1e6, "1e+06");
    expect(123456.5, "123456.5");
    expect(1234567.5, "1.2345675e+06");
    expect(1e22, "1e+22");
    expect(NAN, "NaN");
    expect(INFINITY, "+Inf");
    expect(-INFINITY, "-Inf");
}

Test(shortest, finds_the_fewest_digits_of_hard_numbers)
{
    expect(0.1 + 0.2, "0.30000000000000004");
    expect(5e-324, "5e-324");
    expect(DBL_MIN, "2.2250738585072014e-308");
    expect(DBL_MAX, "1.7976931348623157e+308");
    expect(9007199254740993.0, "9.007199254740992e+15");
    expect(2e-44, "2e-44");
    expect(9.5367431640625e-07, "9.5367431640625e-07");
    expect(5.764607523034235e39, "5.764607523034235e+39");
    expect(1.9430376160308388e16, "1.9430376160308388e+16");
}

/* xorshift: any bits do. */
static uint64_t next_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* No decimal with one digit less reads back as the same double. */
static bool is_shortest(double value, const char *text)
{
    char shorter[64];
    int digits = 0;

    for (const char *c = text; *c && *c != 'e'; c++)
        digits += *c >= '0' && *c <= '9' && (digits > 0 || *c != '0');
    if (digits < 2)
        return true;
    snprintf(shorter, sizeof(shorter), "%.*e", digits - 2, value);
    return strtod(shorter, NULL) != value;
}

Test(shortest, reads_back_and_is_shortest_for_any_bits)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_bits(&state);
        char text[APE__SHORTEST_SIZE];
        double value;

        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        ape__shortest(text, value);
        cr_assert_eq(strtod(text, NULL), value, "%s is not %.17g", text, value);
        cr_assert(is_shortest(value, text), "%s is not shortest for %.17g", text, value);
    }
}

Test(shortest, reads_back_for_every_power_of_two_and_its_neighbours)
{
    for (int e = -1074; e < 1024; e++) {
        double power = ldexp(1, e);
        const double values[] = { nextafter(power, 0), power, nextafter(power, INFINITY) };

        for (int i = 0; i < 3; i++) {
            char text[APE__SHORTEST_SIZE];

            ape__shortest(text, values[i]);
            cr_assert_eq(strtod(text, NULL), values[i], "%s is not %.17g", text, values[i]);
        }
    }
}

Test(shortest, writes_whole_numbers)
{
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = { { 0, "0" },     { 9, "9" },         { 10, "10" },
                  { 100, "100" }, { 12345, "12345" }, { UINT64_MAX, "18446744073709551615" } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char digits[APE__DIGITS_SIZE];
        size_t size = ape__digits(digits, cases[i].value);

        cr_expect_eq(size, strlen(cases[i].text));
        cr_expect_eq(memcmp(digits, cases[i].text, size), 0);
    }
}
