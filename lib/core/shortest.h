/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_SHORTEST_H
#define APE_CORE_SHORTEST_H

#include <stddef.h>
#include <stdint.h>

enum {
    APE__SHORTEST_SIZE = 32, /**< room for the longest double, and a NUL */
    APE__DIGITS_SIZE = 20,   /**< room for the longest uint64_t, without a NUL */
};

/**
 * The fewest digits that read back as the same double, and of those the nearest;
 * whatever the locale. The form is that of OpenMetrics' canonical numbers: an
 * exponent, of two digits or more, below 1e-4 and from 1e6 on; else plain digits.
 * "NaN", "+Inf", "-Inf", "-0" are what they say.
 *
 * @return the length; @p out is NUL-ended
 */
size_t ape__shortest(char out[APE__SHORTEST_SIZE], double value);

/** Decimal digits of a whole number, not NUL-ended. @return how many */
size_t ape__digits(char out[APE__DIGITS_SIZE], uint64_t value);

#endif /* APE_CORE_SHORTEST_H */
