/* SPDX-License-Identifier: MIT */
#include "llm_client/sse.h"

#include <string.h>

enum { MARK_SIZE = 3 };
static const char mark[] = "\xef\xbb\xbf";

void ape__sse_init(ape__sse *sse, ape_host *host, const ape__sse_listener *listener, size_t limit)
{
    memset(sse, 0, sizeof(*sse));
    sse->listener = *listener;
    sse->limit = limit;
    ape__buffer_init(&sse->line, host);
    ape__buffer_init(&sse->data, host);
}

void ape__sse_clear(ape__sse *sse)
{
    ape__buffer_clear(&sse->line);
    ape__buffer_clear(&sse->data);
}

static bool is_field(const char *name, size_t size, const char *wanted)
{
    return strlen(wanted) == size && memcmp(name, wanted, size) == 0;
}

static void set_type(ape__sse *sse, const char *value, size_t size)
{
    if (size >= sizeof(sse->type))
        size = sizeof(sse->type) - 1; /* too long to be one that we know */
    memcpy(sse->type, value, size);
    sse->type[size] = '\0';
}

static ape_status add_data(ape__sse *sse, const char *value, size_t size)
{
    if (sse->data.size + size + 1 > sse->limit)
        return APE_ERR_LIMIT;
    if (sse->has_data)
        ape__buffer_append(&sse->data, "\n", 1);
    ape__buffer_append(&sse->data, value, size);
    sse->has_data = true;
    return sse->data.failed ? APE_ERR_NO_MEMORY : APE_OK;
}

static void dispatch(ape__sse *sse)
{
    if (sse->has_data && sse->data.size > 0)
        sse->listener.on_event(sse->listener.user, sse->type, sse->data.data, sse->data.size);
    ape__buffer_rewind(&sse->data);
    sse->has_data = false;
    sse->type[0] = '\0';
}

static ape_status take_line(ape__sse *sse, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    size_t name_size = colon ? (size_t)(colon - line) : size;
    const char *value = colon ? colon + 1 : line + size;
    size_t value_size = (size_t)(line + size - value);

    if (size == 0) {
        dispatch(sse);
        return APE_OK;
    }
    if (line[0] == '{' || line[0] == '[') {
        sse->listener.on_stray(sse->listener.user, line, size);
        return APE_OK;
    }
    if (value_size > 0 && value[0] == ' ') {
        value++;
        value_size--;
    }
    if (is_field(line, name_size, "data"))
        return add_data(sse, value, value_size);
    if (is_field(line, name_size, "event"))
        set_type(sse, value, value_size);
    else if (is_field(line, name_size, "error") && value_size > 0)
        sse->listener.on_stray(sse->listener.user, value, value_size);
    return APE_OK; /* comments, ids, retry times and whatever comes up later */
}

/* The line's end was seen, or the stream's. */
static ape_status end_line(ape__sse *sse, const char *rest, size_t size)
{
    ape_status st;

    if (sse->line.size == 0) {
        /* Whole within what was fed; on_stray and on_event want it NUL-ended, so
         * only lines that go there by themselves are copied. */
        if (size == 0 || (rest[0] != '{' && rest[0] != '[' && rest[0] != 'e'))
            return take_line(sse, rest, size);
    }
    ape__buffer_append(&sse->line, rest, size);
    if (sse->line.failed)
        return APE_ERR_NO_MEMORY;
    st = take_line(sse, sse->line.data, sse->line.size);
    ape__buffer_rewind(&sse->line);
    return st;
}

/* Skips a byte order mark; what only looked like one belongs to the first line. */
static size_t skip_mark(ape__sse *sse, const char *bytes, size_t size)
{
    size_t i = 0;

    while (sse->mark < MARK_SIZE && i < size && bytes[i] == mark[sse->mark]) {
        sse->mark++;
        i++;
    }
    if (i < size && sse->mark < MARK_SIZE) {
        ape__buffer_append(&sse->line, mark, sse->mark);
        sse->mark = MARK_SIZE;
    }
    return i;
}

static size_t line_size(const char *bytes, size_t size)
{
    const char *lf = memchr(bytes, '\n', size);
    const char *cr = memchr(bytes, '\r', lf ? (size_t)(lf - bytes) : size);

    if (cr)
        return (size_t)(cr - bytes);
    return lf ? (size_t)(lf - bytes) : size;
}

ape_status ape__sse_feed(ape__sse *sse, const char *bytes, size_t size)
{
    size_t at = skip_mark(sse, bytes, size);
    ape_status st = APE_OK;

    while (at < size && st == APE_OK) {
        size_t length;

        if (sse->after_cr && bytes[at] == '\n') {
            sse->after_cr = false;
            at++;
            continue;
        }
        sse->after_cr = false;
        length = line_size(bytes + at, size - at);
        if (sse->line.size + length > sse->limit)
            return APE_ERR_LIMIT;
        if (at + length == size) {
            ape__buffer_append(&sse->line, bytes + at, length);
            return sse->line.failed ? APE_ERR_NO_MEMORY : APE_OK;
        }
        st = end_line(sse, bytes + at, length);
        sse->after_cr = bytes[at + length] == '\r';
        at += length + 1;
    }
    return st;
}

ape_status ape__sse_end(ape__sse *sse)
{
    ape_status st = APE_OK;

    if (sse->line.size > 0)
        st = end_line(sse, "", 0);
    if (st == APE_OK)
        dispatch(sse);
    return st;
}
