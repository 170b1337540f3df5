/* SPDX-License-Identifier: MIT */
#include "market/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ape_status ape__csv_fail(const ape__csv *csv, ape_error *err, const char *what)
{
    return ape__fail(err, APE_ERR_FORMAT, "%s: line %zu: %s", csv->name, csv->line, what);
}

/* Cut one line, without its end, into fields. */
static ape_status split(ape__csv *csv, const char *line, size_t size, ape_error *err)
{
    const char *end = line + size;

    csv->field_count = 0;
    for (;;) {
        const char *comma = memchr(line, ',', (size_t)(end - line));
        const char *stop = comma ? comma : end;

        if (csv->field_count == APE__CSV_FIELDS)
            return ape__csv_fail(csv, err, "more than 32 fields");
        csv->fields[csv->field_count++] = (ape__csv_field){ line, (size_t)(stop - line) };
        if (!comma)
            return APE_OK;
        line = comma + 1;
    }
}

static bool only_line_ends(const char *text, const char *end)
{
    while (text < end && (*text == '\n' || *text == '\r'))
        text++;
    return text == end;
}

static ape_status read_line(ape__csv *csv, ape_error *err)
{
    const char *line = csv->next;
    const char *feed = memchr(line, '\n', (size_t)(csv->end - line));
    size_t size = (size_t)((feed ? feed : csv->end) - line);

    csv->line++;
    csv->next = feed ? feed + 1 : csv->end;
    if (size > 0 && line[size - 1] == '\r')
        size--;
    if (memchr(line, '\0', size))
        return ape__csv_fail(csv, err, "a NUL byte");
    if (size == 0)
        return ape__csv_fail(csv, err, "empty line");
    return split(csv, line, size, err);
}

ape_status ape__csv_begin(ape__csv *csv, const char *name, const char *text, size_t size,
                          ape_error *err)
{
    ape_status st;

    *csv = (ape__csv){ .name = name, .next = text, .end = text + size };
    if (size == 0)
        return ape__fail(err, APE_ERR_FORMAT, "%s: empty file; expected a header line", name);
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        csv->next += 3;
    st = read_line(csv, err);
    csv->header_count = csv->field_count;
    return st;
}

int ape__csv_find(const ape__csv *csv, const char *title)
{
    for (size_t i = 0; i < csv->header_count; i++)
        if (csv->fields[i].size == strlen(title) &&
            memcmp(csv->fields[i].text, title, csv->fields[i].size) == 0)
            return (int)i;
    return -1;
}

ape_status ape__csv_next(ape__csv *csv, bool *more, ape_error *err)
{
    ape_status st;

    *more = !only_line_ends(csv->next, csv->end);
    if (!*more)
        return APE_OK;
    st = read_line(csv, err);
    if (st != APE_OK)
        return st;
    if (csv->field_count != csv->header_count)
        return ape__fail(err, APE_ERR_FORMAT, "%s: line %zu: %zu fields where the header has %zu",
                         csv->name, csv->line, csv->field_count, csv->header_count);
    return APE_OK;
}

size_t ape__csv_lines_left(const ape__csv *csv)
{
    size_t lines = 1;

    for (const char *at = csv->next; at < csv->end; lines++) {
        at = memchr(at, '\n', (size_t)(csv->end - at));
        if (!at)
            break;
        at++;
    }
    return lines;
}

ape_status ape__csv_date(const ape__csv *csv, int field, ape__date previous, ape__date *out,
                         ape_error *err)
{
    const ape__csv_field *f = &csv->fields[field];

    if (!ape__date_parse(f->text, f->size, out))
        return ape__csv_fail(csv, err, "expected a date as 2021-01-04");
    if (*out <= previous)
        return ape__csv_fail(csv, err, "the date is not later than the one before");
    return APE_OK;
}

static bool is_missing(const ape__csv_field *f)
{
    return f->size == 0 || (f->size == 4 && memcmp(f->text, "null", 4) == 0);
}

/* Plain decimal notation, whatever the locale of the program. */
static bool parse_double(const ape__csv_field *f, double *out)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char copy[64], *end;

    if (f->size == 0 || f->size >= sizeof(copy) || !plain)
        return false;
    memcpy(copy, f->text, f->size);
    copy[f->size] = '\0';
    if (strspn(copy, "0123456789+-.eE") != f->size)
        return false;
    *out = strtod_l(copy, &end, plain);
    freelocale(plain);
    return *end == '\0' && isfinite(*out);
}

ape_status ape__csv_number(const ape__csv *csv, int field, const char *title, double min,
                           bool may_miss, double *out, ape_error *err)
{
    const ape__csv_field *f = &csv->fields[field];

    if (may_miss && is_missing(f)) {
        *out = NAN;
        return APE_OK;
    }
    if (!parse_double(f, out))
        return ape__fail(err, APE_ERR_FORMAT, "%s: line %zu: %s is not a number", csv->name,
                         csv->line, title);
    if (*out < min)
        return ape__fail(err, APE_ERR_FORMAT, "%s: line %zu: %s must be %s", csv->name, csv->line,
                         title, min > 0 ? "positive" : "zero or more");
    return APE_OK;
}
