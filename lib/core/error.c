/* SPDX-License-Identifier: MIT */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

__attribute__((format(printf, 4, 0))) static ape_status
fill(ape_error *err, ape_status status, int32_t detail, const char *format, va_list args)
{
    int wanted;

    if (!err)
        return status;
    err->status = status;
    err->detail = detail;
    err->offset = 0;
    wanted = vsnprintf(err->message, sizeof(err->message), format, args);
    if (wanted < 0)
        err->message[0] = '\0';
    else if ((size_t)wanted >= sizeof(err->message))
        err->message[ape__utf8_cut(err->message, sizeof(err->message) - 1)] = '\0';
    for (char *c = err->message; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    return status;
}

ape_status ape__fail(ape_error *err, ape_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(err, status, 0, format, args);
    va_end(args);
    return status;
}

ape_status ape__fail_detail(ape_error *err, ape_status status, int32_t detail, const char *format,
                            ...)
{
    va_list args;

    va_start(args, format);
    fill(err, status, detail, format, args);
    va_end(args);
    return status;
}

ape_status ape__fail_no_memory(ape_error *err)
{
    return ape__fail(err, APE_ERR_NO_MEMORY, "out of memory");
}
