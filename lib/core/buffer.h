/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_BUFFER_H
#define APE_CORE_BUFFER_H

#include <ape/text.h>

#include "core/error.h"
#include "core/memory.h"

/**
 * Bytes that grow. A failed allocation or a passed limit is remembered, and
 * every later append does nothing, so that a writer checks once, at its end.
 */
typedef struct ape__buffer {
    ape_host *host; /* borrowed */
    char *data;     /* NUL-ended once something was appended */
    size_t size;
    size_t capacity;
    size_t limit; /* largest size; 0: none */
    bool failed;
} ape__buffer;

void ape__buffer_init(ape__buffer *buffer, ape_host *host);
void ape__buffer_clear(ape__buffer *buffer);

/** Forget the content, keep the memory, and the failure if there was one. */
void ape__buffer_rewind(ape__buffer *buffer);

void ape__buffer_append(ape__buffer *buffer, const void *bytes, size_t size);
void ape__buffer_puts(ape__buffer *buffer, const char *text);
void ape__buffer_printf(ape__buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The content as a text, the buffer empty again. Clears the buffer on failure. */
ape_status ape__buffer_take(ape__buffer *buffer, ape_text **out, ape_error *err);

/** The content as a string to be freed by ape__strfree(), or NULL on failure; it
 *  ends at the first NUL. The buffer is empty again. */
char *ape__buffer_take_string(ape__buffer *buffer);

/** A text from bytes. */
ape_status ape__text_new(ape_host *host, const void *bytes, size_t size, ape_text **out,
                         ape_error *err);

#endif /* APE_CORE_BUFFER_H */
