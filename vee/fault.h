/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_FAULT_H
#define APE_VEE_FAULT_H

#include <ape/base.h>

/* Filling an ape_error: the helper does not link the library. */

/** Fill @p err and return @p status. */
ape_status fault(ape_error *err, ape_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same, followed by ": " and what errno says. */
ape_status fault_errno(ape_error *err, ape_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* APE_VEE_FAULT_H */
