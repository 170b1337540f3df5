/* SPDX-License-Identifier: MIT */
#include "core/dotenv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"

enum { LARGEST_FILE = 1 << 20 };

/* Memory that held a value is of its final size from the start, so that none is left
 * behind by growing, and is wiped when it goes. */
typedef struct reader {
    const char *at, *end; /* within the line */
    char *value;          /* room for the longest that the text can hold */
    size_t value_size;
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
        r->value[r->value_size++] = c;
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
    r->value_size = (size_t)(end - start);
    memcpy(r->value, start, r->value_size);
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
    r->value_size = 0;
    if (!read_value(r))
        return ape__fail(err, APE_ERR_FORMAT, "%s, line %zu: the quoted value of %.*s does not end",
                         path, line, (int)name_size, name);
    if (memchr(r->value, '\0', r->value_size))
        return ape__fail(err, APE_ERR_FORMAT, "%s, line %zu: NUL byte", path, line);
    return entry(user, name, name_size, r->value, r->value_size, err);
}

static void wipe_and_free(ape_host *host, char *bytes, size_t size)
{
    if (bytes)
        ape__wipe(bytes, size);
    ape__free(host, bytes, size);
}

ape_status ape__dotenv_parse(ape_host *host, const char *path, const char *text, size_t size,
                             ape__dotenv_entry entry, void *user, ape_error *err)
{
    const char *at = text, *end = text + size;
    ape_status st = APE_OK;
    reader r = { .value = ape__alloc(host, size + 1) };

    if (!r.value)
        return ape__fail_no_memory(err);
    for (size_t line = 1; at < end && st == APE_OK; line++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        r.at = at;
        r.end = line_end ? line_end : end;
        at = line_end ? line_end + 1 : end;
        st = read_line(&r, path, line, entry, user, err);
    }
    wipe_and_free(host, r.value, size + 1);
    return st;
}

static ape_status fail_errno(ape_error *err, const char *path)
{
    int code = errno;
    char reason[64];

    return ape__fail_detail(err, APE_ERR_IO, code, "%s: %s", path,
                            strerror_r(code, reason, sizeof(reason)));
}

static ape_status read_file(int fd, const char *path, char *text, size_t room, size_t *size,
                            ape_error *err)
{
    *size = 0;
    while (*size < room) {
        ssize_t got = read(fd, text + *size, room - *size);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, path);
        if (got == 0)
            return APE_OK;
        *size += (size_t)got;
    }
    return ape__fail(err, APE_ERR_LIMIT, "%s: larger than %d bytes", path, LARGEST_FILE);
}

static ape_status read_and_parse(ape_host *host, int fd, const char *path, size_t room,
                                 ape__dotenv_entry entry, void *user, ape_error *err)
{
    char *text = ape__alloc(host, room);
    size_t size;
    ape_status st;

    if (!text)
        return ape__fail_no_memory(err);
    st = read_file(fd, path, text, room, &size, err);
    if (st == APE_OK)
        st = ape__dotenv_parse(host, path, text, size, entry, user, err);
    wipe_and_free(host, text, room);
    return st;
}

ape_status ape__dotenv_read(ape_host *host, const char *path, uint32_t *mode,
                            ape__dotenv_entry entry, void *user, ape_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat file;
    ape_status st;

    if (fd < 0)
        return errno == ENOENT ? APE_OK : fail_errno(err, path);
    if (fstat(fd, &file) != 0) {
        st = fail_errno(err, path);
    } else {
        *mode = file.st_mode & 07777;
        st = read_and_parse(host, fd, path, LARGEST_FILE + 1, entry, user, err);
    }
    close(fd);
    return st;
}
