/* SPDX-License-Identifier: MIT */
#include "core/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void ape__buffer_init(ape__buffer *buffer, ape_host *host)
{
    *buffer = (ape__buffer){ .host = host };
}

void ape__buffer_clear(ape__buffer *buffer)
{
    ape__free(buffer->host, buffer->data, buffer->capacity);
    ape__buffer_init(buffer, buffer->host);
}

void ape__buffer_rewind(ape__buffer *buffer)
{
    buffer->size = 0;
}

/* Make room for size more bytes and a NUL. */
static bool reserve(ape__buffer *buffer, size_t size)
{
    size_t wanted, capacity = buffer->capacity ? buffer->capacity : 64;
    char *data;

    if (buffer->failed)
        return false;
    if (size > SIZE_MAX / 4 - buffer->size ||
        (buffer->limit && buffer->size + size > buffer->limit)) {
        buffer->failed = true;
        return false;
    }
    wanted = buffer->size + size + 1;
    if (wanted <= buffer->capacity)
        return true;
    while (capacity < wanted)
        capacity *= 2;
    data = ape__resize(buffer->host, buffer->data, buffer->capacity, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void ape__buffer_append(ape__buffer *buffer, const void *bytes, size_t size)
{
    if (!reserve(buffer, size))
        return;
    if (size > 0)
        memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void ape__buffer_puts(ape__buffer *buffer, const char *text)
{
    ape__buffer_append(buffer, text, strlen(text));
}

void ape__buffer_printf(ape__buffer *buffer, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        buffer->failed = true;
        return;
    }
    if (!reserve(buffer, (size_t)size))
        return;
    va_start(args, format);
    vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, args);
    va_end(args);
    buffer->size += (size_t)size;
}

ape_status ape__buffer_take(ape__buffer *buffer, ape_text **out, ape_error *err)
{
    ape_status st;

    if (buffer->failed)
        st = ape__fail_no_memory(err);
    else
        st = ape__text_new(buffer->host, buffer->data, buffer->size, out, err);
    ape__buffer_clear(buffer);
    return st;
}

char *ape__buffer_take_string(ape__buffer *buffer)
{
    char *text =
        buffer->failed ? NULL : ape__strdup(buffer->host, buffer->data ? buffer->data : "");

    ape__buffer_clear(buffer);
    return text;
}
