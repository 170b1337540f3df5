/* SPDX-License-Identifier: MIT */
#include "core/dotenv.h"

#include <string.h>

#include "core/error.h"
#include "core/file.h"

enum { LARGEST_FILE = 1 << 20 };

typedef struct reader {
    const char *at, *end; /* within the line */
    ape__buffer value;
} reader;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(reader *r)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
}

static bool is_name_char(char c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

static size_t scan_name(reader *r)
{
    const char *start = r->at;

    while (r->at < r->end && is_name_char(*r->at, r->at == start))
        r->at++;
    return (size_t)(r->at - start);
}

static char unescape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    default:
        return c;
    }
}

/* After the opening quote; true if the closing one was found with nothing but a
 * comment behind it. */
static bool read_quoted(reader *r, char quote)
{
    for (; r->at < r->end; r->at++) {
        char c = *r->at;

        if (c == quote) {
            r->at++;
            skip_blanks(r);
            return r->at == r->end || *r->at == '#';
        }
        if (c == '\\' && quote == '"' && r->at + 1 < r->end)
            c = unescape(*++r->at);
        ape__buffer_append(&r->value, &c, 1);
    }
    return false;
}

static bool read_plain(reader *r)
{
    const char *start = r->at, *end;

    for (end = start; end < r->end; end++)
        if (*end == '#' && (end == start || is_blank(end[-1])))
            break;
    while (end > start && is_blank(end[-1]))
        end--;
    ape__buffer_append(&r->value, start, (size_t)(end - start));
    return true;
}

static bool read_value(reader *r)
{
    skip_blanks(r);
    if (r->at < r->end && (*r->at == '"' || *r->at == '\'')) {
        char quote = *r->at++;

        return read_quoted(r, quote);
    }
    return read_plain(r);
}

/* The name of a line, with "export " and "=" stepped over; false for a bad line. */
static bool read_name(reader *r, const char **name, size_t *name_size)
{
    static const char export[] = "export";

    *name = r->at;
    *name_size = scan_name(r);
    if (*name_size == sizeof(export) - 1 && memcmp(*name, export, *name_size) == 0 &&
        r->at < r->end && is_blank(*r->at)) {
        skip_blanks(r);
        *name = r->at;
        *name_size = scan_name(r);
    }
    skip_blanks(r);
    if (*name_size == 0 || r->at == r->end || *r->at != '=')
        return false;
    r->at++;
    return true;
}

static ape_status read_line(reader *r, const char *path, size_t line, ape__dotenv_entry entry,
                            void *user, ape_error *err)
{
    const char *name;
    size_t name_size;

    skip_blanks(r);
    if (r->at == r->end || *r->at == '#')
        return APE_OK;
    if (!read_name(r, &name, &name_size))
        return ape__fail(err, APE_ERR_FORMAT, "%s, line %zu: expected NAME=value", path, line);
    ape__buffer_rewind(&r->value);
    if (!read_value(r))
        return ape__fail(err, APE_ERR_FORMAT, "%s, line %zu: the quoted value of %.*s does not end",
                         path, line, (int)name_size, name);
    if (r->value.size && memchr(r->value.data, '\0', r->value.size))
        return ape__fail(err, APE_ERR_FORMAT, "%s, line %zu: NUL byte", path, line);
    if (r->value.failed)
        return ape__fail_no_memory(err);
    return entry(user, name, name_size, r->value.size ? r->value.data : "", r->value.size, err);
}

ape_status ape__dotenv_parse(ape_host *host, const char *path, const char *text, size_t size,
                             ape__dotenv_entry entry, void *user, ape_error *err)
{
    const char *at = text, *end = text + size;
    ape_status st = APE_OK;
    reader r;

    ape__buffer_init(&r.value, host);
    for (size_t line = 1; at < end && st == APE_OK; line++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        r.at = at;
        r.end = line_end ? line_end : end;
        at = line_end ? line_end + 1 : end;
        st = read_line(&r, path, line, entry, user, err);
    }
    if (r.value.data)
        ape__wipe(r.value.data, r.value.capacity);
    ape__buffer_clear(&r.value);
    return st;
}

ape_status ape__dotenv_read(ape_host *host, const char *path, ape__dotenv_entry entry, void *user,
                            ape_error *err)
{
    ape__buffer file;
    ape_error ignored;
    ape_status st;

    ape__buffer_init(&file, host);
    st = ape__file_read(&file, path, LARGEST_FILE, err ? err : &ignored);
    if (st == APE_OK && file.size > 0)
        st = ape__dotenv_parse(host, path, file.data, file.size, entry, user, err);
    else if (st == APE_ERR_NOT_FOUND)
        st = APE_OK;
    if (file.data)
        ape__wipe(file.data, file.capacity);
    ape__buffer_clear(&file);
    return st;
}
