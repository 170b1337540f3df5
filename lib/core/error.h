/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_ERROR_H
#define APE_CORE_ERROR_H

#include <ape/base.h>

/** Fill @p err, if there is one, and return @p status. The message is cut at a
 *  character boundary; line ends become blanks. */
ape_status ape__fail(ape_error *err, ape_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same with a detail: errno, HTTP status or CURLcode. */
ape_status ape__fail_detail(ape_error *err, ape_status status, int32_t detail, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

/** APE_ERR_NO_MEMORY in the words of the whole library. */
ape_status ape__fail_no_memory(ape_error *err);

#endif /* APE_CORE_ERROR_H */
