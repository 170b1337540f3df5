/* SPDX-License-Identifier: MIT */
#include "core/shortest.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/*
 * Schubfach, by Raffaele Giulietti ("The Schubfach way to render doubles", 2020):
 * among all decimals that round to the double, at most two of the right length can
 * lie near it; three 64 by 128 bit products decide.
 */

__extension__ typedef unsigned __int128 wide;

enum {
    FIRST_POWER = -292,
    FRACTION_BITS = 52,
    EXPONENT_BIAS = 1075, /* of the significand read as a whole number */
};

static const struct power {
    uint64_t high, low;
} powers_of_ten[] = {
#include "core/powers_of_ten.inc"
};

/* A number digits * 10^exponent. */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* floor(log10(2^e)), or of three quarters of it; floor(log2(10^e)). Shifts of
 * negative numbers go towards minus infinity, as in every compiler we meet. */
static int floor_log10_of_power_of_2(int e, bool three_quarters)
{
    return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

static int floor_log2_of_power_of_10(int e)
{
    return (e * 1741647) >> 19;
}

/* The high part of power * factor, its last bit set if anything below it is. */
static uint64_t round_to_odd(struct power power, uint64_t factor)
{
    wide low = (wide)power.low * factor;
    wide high = (wide)power.high * factor + (uint64_t)(low >> 64);

    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The nearest decimal of the interval from lower to upper, both in quarters of
 * 10^exponent, as value is. */
static decimal choose(uint64_t value, uint64_t lower, uint64_t upper, int exponent)
{
    uint64_t whole = value / 4, tenth = whole / 10;
    bool below, above;

    if (whole >= 10) {
        below = lower <= 40 * tenth;
        above = 40 * tenth + 40 <= upper;
        if (below != above)
            return (decimal){ tenth + above, exponent + 1 };
    }
    below = lower <= 4 * whole;
    above = 4 * whole + 4 <= upper;
    if (below != above)
        return (decimal){ whole + above, exponent };
    above = value > 4 * whole + 2 || (value == 4 * whole + 2 && (whole & 1));
    return (decimal){ whole + above, exponent };
}

/* The double significand * 2^exponent; narrow: the next lower double is only half
 * as far away as the next higher. */
static decimal shortest_decimal(uint64_t significand, int exponent, bool narrow)
{
    bool odd = significand & 1;
    int k = floor_log10_of_power_of_2(exponent, narrow);
    int shift = exponent + floor_log2_of_power_of_10(-k) + 1;
    struct power power = powers_of_ten[-k - FIRST_POWER];
    uint64_t lower = round_to_odd(power, (4 * significand - 2 + narrow) << shift);
    uint64_t value = round_to_odd(power, (4 * significand) << shift);
    uint64_t upper = round_to_odd(power, (4 * significand + 2) << shift);

    return choose(value, lower + odd, upper - odd, k);
}

static decimal to_decimal(uint64_t fraction, int biased_exponent)
{
    uint64_t significand = fraction;
    int exponent = 1 - EXPONENT_BIAS;

    if (biased_exponent == 0 && fraction == 0)
        return (decimal){ 0, 0 };
    if (biased_exponent != 0) {
        significand |= UINT64_C(1) << FRACTION_BITS;
        exponent = biased_exponent - EXPONENT_BIAS;
    }
    if (exponent <= 0 && exponent >= -FRACTION_BITS &&
        (significand & ((UINT64_C(1) << -exponent) - 1)) == 0)
        return (decimal){ significand >> -exponent, 0 };
    return shortest_decimal(significand, exponent, fraction == 0 && biased_exponent > 1);
}

size_t ape__digits(char out[APE__DIGITS_SIZE], uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[APE__DIGITS_SIZE];
    size_t at = sizeof(digits);

    while (value >= 100) {
        at -= 2;
        memcpy(digits + at, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + value * 2, 2);
    } else {
        digits[--at] = (char)('0' + value);
    }
    memcpy(out, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

/* d.ddde+XX */
static size_t put_scientific(char *out, const char *digits, size_t count, int exponent)
{
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    char *at = out;

    *at++ = digits[0];
    if (count > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, count - 1);
        at += count - 1;
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    if (size < 10)
        *at++ = '0';
    at += ape__digits(at, size);
    return (size_t)(at - out);
}

/* 0.000ddd, dd.ddd or ddd000; the exponent is that of the first digit. */
static size_t put_plain(char *out, const char *digits, size_t count, int exponent)
{
    size_t whole = exponent < 0 ? 0 : (size_t)exponent + 1;
    size_t zeros = exponent < 0 ? (size_t)-exponent - 1 : 0;
    char *at = out;

    if (whole >= count) {
        memcpy(at, digits, count);
        memset(at + count, '0', whole - count);
        return whole;
    }
    if (whole == 0)
        *at++ = '0';
    memcpy(at, digits, whole);
    at += whole;
    *at++ = '.';
    memset(at, '0', zeros);
    at += zeros;
    memcpy(at, digits + whole, count - whole);
    return (size_t)(at - out) + count - whole;
}

static size_t put_decimal(char *out, decimal d)
{
    char digits[APE__DIGITS_SIZE];
    size_t count = ape__digits(digits, d.digits);
    int exponent = d.exponent + (int)count - 1;

    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (exponent < -4 || exponent >= 6)
        return put_scientific(out, digits, count, exponent);
    return put_plain(out, digits, count, exponent);
}

size_t ape__shortest(char out[APE__SHORTEST_SIZE], double value)
{
    size_t size = 0;
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    if (isnan(value)) {
        memcpy(out, "NaN", 4);
        return 3;
    }
    if (isinf(value)) {
        memcpy(out, value < 0 ? "-Inf" : "+Inf", 5);
        return 4;
    }
    if (bits >> 63)
        out[size++] = '-';
    size += put_decimal(out + size, to_decimal(bits & ((UINT64_C(1) << FRACTION_BITS) - 1),
                                               (int)(bits >> FRACTION_BITS & 0x7ff)));
    out[size] = '\0';
    return size;
}
