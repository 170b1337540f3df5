/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_INFER_H
#define APE_CODE_SANITIZER_INFER_H

#include "code_sanitizer/infer/value.h"

/** What was seen of a node while the program was followed. */
enum {
    /* of a call of yfinance that returned a frame */
    APE__MARK_ONE_TICKER = 1,     /* download of surely one ticker */
    APE__MARK_FAILS = 2,          /* its frame was used where a number must stand */
    APE__MARK_USED_AS_MULTI = 4,  /* the second level of its columns was used */
    APE__MARK_USED_AS_PRICES = 8, /* the whole frame was used as a series of prices */
    APE__MARK_USED_BY_COLUMN = 16,
    APE__MARK_TZ_CLASH = 32, /* its index met a time without a zone */
    APE__MARK_TZ_HANDLED = 64,
    APE__MARK_ADJ_CLOSE = 128, /* 'Adj Close' was read of it */
    APE__MARK_CLOSE = 256,     /* 'Close' was read of it */
    APE__MARK_ESCAPED = 512,   /* went where it was not followed */
    /* of a division */
    APE__MARK_DIVIDES_BY_ZERO = 1024, /* by a number that may be zero */
    APE__MARK_GUARDED = 2048,         /* a test of the divisor came before */
    APE__MARK_DISPERSION = 4096,      /* the divisor is a standard deviation or its like */
    /* of an assignment */
    APE__MARK_FABRICATED = 8192, /* random data in place of what could not be fetched */
};

/**
 * Follow a program from its beginning, both ways of each branch, into the functions
 * it calls, and note at each expression what it is. Nothing is executed. Where the
 * work grows beyond bounds, everything is unknown.
 */
typedef struct ape__infer ape__infer;

/** False if it was given up, and no node carries a value. */
bool ape__infer_run(ape__arena *arena, ape__node *module);

/** The value of an expression; never NULL. */
static inline const ape__value *ape__value_of(const ape__node *node)
{
    return node && node->value ? node->value : &ape__value_unknown;
}

#endif /* APE_CODE_SANITIZER_INFER_H */
