/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 512, LONGEST_ESCAPE = 6 };

static bool reserve(json_text *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
    char *grown;

    while (capacity < text->size + more + 1)
        capacity *= 2;
    if (text->failed || capacity == text->capacity)
        return !text->failed;
    grown = realloc(text->data, capacity);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->data = grown;
    text->capacity = capacity;
    return true;
}

static void add(json_text *text, const char *bytes, size_t size)
{
    if (!reserve(text, size))
        return;
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void json_text_add(json_text *text, const char *bytes)
{
    add(text, bytes, strlen(bytes));
}

static size_t plain_length(const char *bytes, size_t size)
{
    size_t length = 0;

    while (length < size && (unsigned char)bytes[length] >= ' ' && bytes[length] != '"' &&
           bytes[length] != '\\')
        length++;
    return length;
}

static void add_escaped(json_text *text, char c)
{
    char escape[LONGEST_ESCAPE + 1] = { '\\', c, '\0' };

    if (c == '\n')
        escape[1] = 'n';
    else if ((unsigned char)c < ' ')
        snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unsigned char)c);
    json_text_add(text, escape);
}

void json_text_add_string(json_text *text, const char *bytes, size_t size)
{
    add(text, "\"", 1);
    while (size > 0) {
        size_t length = plain_length(bytes, size);

        add(text, bytes, length);
        if (length < size)
            add_escaped(text, bytes[length++]);
        bytes += length;
        size -= length;
    }
    add(text, "\"", 1);
}

void json_text_add_number(json_text *text, long long number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%lld", number);
    json_text_add(text, digits);
}

char *json_text_take(json_text *text)
{
    char *taken = text->failed ? NULL : text->data;

    if (text->failed)
        free(text->data);
    *text = (json_text){ .data = NULL };
    return taken;
}
