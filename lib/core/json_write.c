/* SPDX-License-Identifier: MIT */
#include "core/json.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

void ape__json_writer_init(ape__json_writer *writer, ape__buffer *buffer)
{
    *writer = (ape__json_writer){ .buffer = buffer };
}

static void put_escaped(ape__buffer *b, unsigned char c)
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"
    };

    if (c < sizeof(named) / sizeof(named[0]) && named[c])
        ape__buffer_puts(b, named[c]);
    else
        ape__buffer_printf(b, "\\u%04x", c);
}

static void put_string(ape__buffer *b, const char *text, size_t size)
{
    size_t done = 0, i = 0;
    uint32_t code_point;

    ape__buffer_append(b, "\"", 1);
    while (i < size) {
        unsigned char c = (unsigned char)text[i];
        size_t length = ape__utf8_decode(text + i, size - i, &code_point);

        if (length > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            i += length;
            continue;
        }
        ape__buffer_append(b, text + done, i - done);
        if (length == 0)
            ape__buffer_puts(b, "\xef\xbf\xbd");
        else
            put_escaped(b, c);
        done = ++i;
    }
    ape__buffer_append(b, text + done, size - done);
    ape__buffer_append(b, "\"", 1);
}

/* What stands before a value: a comma if one is due, and the name. */
static void enter_value(ape__json_writer *w, const char *name)
{
    uint64_t level = (uint64_t)1 << w->depth;

    if (w->has_member & level)
        ape__buffer_append(w->buffer, ",", 1);
    w->has_member |= level;
    if (!name)
        return;
    put_string(w->buffer, name, strlen(name));
    ape__buffer_append(w->buffer, ":", 1);
}

static void begin(ape__json_writer *w, const char *name, const char *bracket)
{
    enter_value(w, name);
    ape__buffer_append(w->buffer, bracket, 1);
    if (w->depth == 63) {
        w->buffer->failed = true;
        return;
    }
    w->depth++;
    w->has_member &= ~((uint64_t)1 << w->depth);
}

static void end(ape__json_writer *w, const char *bracket)
{
    if (w->depth > 0)
        w->depth--;
    ape__buffer_append(w->buffer, bracket, 1);
}

void ape__json_begin_object(ape__json_writer *writer, const char *name)
{
    begin(writer, name, "{");
}

void ape__json_end_object(ape__json_writer *writer)
{
    end(writer, "}");
}

void ape__json_begin_array(ape__json_writer *writer, const char *name)
{
    begin(writer, name, "[");
}

void ape__json_end_array(ape__json_writer *writer)
{
    end(writer, "]");
}

void ape__json_string_sized(ape__json_writer *writer, const char *name, const char *text,
                            size_t size)
{
    enter_value(writer, name);
    put_string(writer->buffer, text, size);
}

void ape__json_string(ape__json_writer *writer, const char *name, const char *text)
{
    if (text)
        ape__json_string_sized(writer, name, text, strlen(text));
    else
        ape__json_null(writer, name);
}

void ape__json_integer(ape__json_writer *writer, const char *name, int64_t value)
{
    enter_value(writer, name);
    ape__buffer_printf(writer->buffer, "%" PRId64, value);
}

void ape__format_double(char out[32], double value)
{
    const char *point = localeconv()->decimal_point;
    char *found;

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    found = strcmp(point, ".") == 0 ? NULL : strstr(out, point);
    if (found) {
        *found = '.';
        memmove(found + 1, found + strlen(point), strlen(found + strlen(point)) + 1);
    }
}

void ape__json_number(ape__json_writer *writer, const char *name, double value)
{
    char digits[32];

    if (!isfinite(value)) {
        ape__json_null(writer, name);
        return;
    }
    ape__format_double(digits, value);
    ape__json_raw(writer, name, digits, strlen(digits));
}

void ape__json_bool(ape__json_writer *writer, const char *name, bool value)
{
    enter_value(writer, name);
    ape__buffer_puts(writer->buffer, value ? "true" : "false");
}

void ape__json_null(ape__json_writer *writer, const char *name)
{
    enter_value(writer, name);
    ape__buffer_puts(writer->buffer, "null");
}

void ape__json_raw(ape__json_writer *writer, const char *name, const char *json, size_t size)
{
    enter_value(writer, name);
    ape__buffer_append(writer->buffer, json, size);
}

static void put_children(ape__json_writer *w, const cJSON *parent, bool named)
{
    const cJSON *child;

    cJSON_ArrayForEach(child, parent) ape__json_value(w, named ? child->string : NULL, child);
}

void ape__json_value(ape__json_writer *writer, const char *name, const cJSON *value)
{
    if (cJSON_IsObject(value)) {
        ape__json_begin_object(writer, name);
        if (!writer->buffer->failed)
            put_children(writer, value, true);
        ape__json_end_object(writer);
    } else if (cJSON_IsArray(value)) {
        ape__json_begin_array(writer, name);
        if (!writer->buffer->failed)
            put_children(writer, value, false);
        ape__json_end_array(writer);
    } else if (cJSON_IsString(value)) {
        ape__json_string(writer, name, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        ape__json_number(writer, name, value->valuedouble);
    } else if (cJSON_IsBool(value)) {
        ape__json_bool(writer, name, cJSON_IsTrue(value));
    } else {
        ape__json_null(writer, name);
    }
}
