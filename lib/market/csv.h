/* SPDX-License-Identifier: MIT */
#ifndef APE_MARKET_CSV_H
#define APE_MARKET_CSV_H

#include <locale.h>

#include "core/date.h"
#include "core/error.h"

enum { APE__CSV_FIELDS = 32 };

typedef struct ape__csv_field {
    const char *text;
    size_t size;
} ape__csv_field;

/**
 * Reader of plain comma-separated lines, strict: no quotes, every line with as
 * many fields as the header, no empty line but at the end.
 */
typedef struct ape__csv {
    const char *name; /* of the file, for messages */
    const char *next;
    const char *end;
    size_t line; /* of the fields, from 1 */
    size_t field_count;
    size_t header_count;
    ape__csv_field fields[APE__CSV_FIELDS];
} ape__csv;

/** Begin, and read the header into the fields. */
ape_status ape__csv_begin(ape__csv *csv, const char *name, const char *text, size_t size,
                          ape_error *err);

/** Index of a header field, or -1. To be asked before the first line is read. */
int ape__csv_find(const ape__csv *csv, const char *title);

/** Read the next line; @p more is false at the end. */
ape_status ape__csv_next(ape__csv *csv, bool *more, ape_error *err);

/** Number of lines still to come, or a few more. */
size_t ape__csv_lines_left(const ape__csv *csv);

/** A date that follows @p previous. */
ape_status ape__csv_date(const ape__csv *csv, int field, ape__date previous, ape__date *out,
                         ape_error *err);

/** A finite number in [min, ...]; an empty field or "null" is NaN where @p may_miss. */
ape_status ape__csv_number(const ape__csv *csv, int field, const char *title, double min,
                           bool may_miss, double *out, ape_error *err);

/** APE_ERR_FORMAT with file and line in front. */
ape_status ape__csv_fail(const ape__csv *csv, ape_error *err, const char *what);

#endif /* APE_MARKET_CSV_H */
