/* SPDX-License-Identifier: MIT */
#include "planner/planner.h"

#include <string.h>

#include "core/host.h"
#include "planner/program.h"

/** A part of the message. */
typedef struct slice {
    const char *text;
    size_t size;
} slice;

/* What follows @p label on the first line that begins with it. */
static bool find_line(const char *text, size_t size, const char *label, slice *out)
{
    size_t label_size = strlen(label);

    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;

        if (length >= label_size && memcmp(text, label, label_size) == 0) {
            *out = (slice){ text + label_size, length - label_size };
            return true;
        }
        length += end != NULL;
        text += length;
        size -= length;
    }
    return false;
}

static slice trim(slice s)
{
    while (s.size > 0 && (unsigned char)s.text[0] <= ' ') {
        s.text++;
        s.size--;
    }
    while (s.size > 0 && (unsigned char)s.text[s.size - 1] <= ' ')
        s.size--;
    return s;
}

static ape__date find_as_of(ape_host *host, const char *message, size_t size)
{
    slice line;
    ape__date date;

    if (find_line(message, size, "As-of date:", &line)) {
        line = trim(line);
        if (ape__date_parse(line.text, line.size, &date))
            return date;
    }
    return ape__date_from_wall_ms(ape__wall_ms(host));
}

ape_status ape__planner_answer(ape_host *host, const char *user_message, size_t size,
                               ape_text **out, ape_error *err)
{
    slice text = { user_message, size };
    ape__plan_question question;
    ape__buffer buffer;
    ape_status st;

    (void)find_line(user_message, size, "Question:", &text);
    st = ape__plan_read_question(host, text.text, text.size, find_as_of(host, user_message, size),
                                 &question, err);
    if (st != APE_OK)
        return st;
    ape__buffer_init(&buffer, host);
    ape__buffer_puts(&buffer, "```python\n");
    ape__plan_write_program(&buffer, &question);
    ape__buffer_puts(&buffer, "```\n");
    return ape__buffer_take(&buffer, out, err);
}
