/* SPDX-License-Identifier: MIT */
#include "store/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "market/folder.h"

ape_status ape__check_ticker(const char *ticker, ape_error *err)
{
    if (ticker && ape__ticker_valid(ticker, strlen(ticker)))
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID,
                     "ticker must be 1 to 31 letters, digits and . ^ = _ - as in AAPL");
}

ape_status ape__check_date(const char *field, const char *date, ape_error *err)
{
    ape__date ignored;

    if (date && ape__date_parse(date, strlen(date), &ignored))
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID, "%s must be a date such as 2022-12-28", field);
}

ape_status ape__check_id(const char *field, const char *id, ape_error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t size = id ? strspn(id, allowed) : 0;

    if (size >= 1 && size <= 64 && id[size] == '\0')
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID, "%s must be 1 to 64 of A-Z a-z 0-9 - _", field);
}

ape_status ape__check_limit(uint32_t *limit, ape_error *err)
{
    if (*limit == 0)
        *limit = 50;
    if (*limit > 1000)
        return ape__fail(err, APE_ERR_INVALID, "limit must be from 1 to 1000");
    return APE_OK;
}

ape_status ape__cursor_read(const char *text, ape__cursor *out, ape_error *err)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 15 || text[digits] != '.' ||
        ape__check_id("cursor", text + digits + 1, NULL) != APE_OK)
        return ape__fail(err, APE_ERR_INVALID, "cursor must be the \"next\" of an earlier page");
    out->created_ms = strtoll(text, NULL, 10);
    snprintf(out->id, sizeof(out->id), "%s", text + digits + 1);
    return APE_OK;
}

void ape__cursor_write(const ape__cursor *cursor, char out[APE__CURSOR_SIZE])
{
    snprintf(out, APE__CURSOR_SIZE, "%lld.%s", (long long)cursor->created_ms, cursor->id);
}

void ape__json_time(ape__json_writer *writer, const char *name, int64_t ms)
{
    char day[11], text[40];
    int64_t rest = ms % 86400000;

    ape__date_format(ape__date_from_wall_ms(ms), day);
    snprintf(text, sizeof(text), "%sT%02d:%02d:%02d.%03dZ", day, (int)(rest / 3600000),
             (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
    ape__json_string(writer, name, text);
}

void ape__json_column(ape__json_writer *writer, const char *name, const ape__sql_value *column)
{
    switch (column->type) {
    case APE__SQL_INTEGER:
        ape__json_integer(writer, name, column->integer);
        return;
    case APE__SQL_REAL:
        ape__json_number(writer, name, column->real);
        return;
    case APE__SQL_TEXT:
        ape__json_string(writer, name, column->text);
        return;
    case APE__SQL_NULL:
        ape__json_null(writer, name);
    }
}
