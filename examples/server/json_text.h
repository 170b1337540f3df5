/* SPDX-License-Identifier: MIT */
#ifndef SERVER_JSON_TEXT_H
#define SERVER_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Text that grows, for JSON that is written a thousand times a second: whoever
 * writes it puts the commas. All zero: empty. Without memory it is marked as failed, and takes
 * nothing more.
 */
typedef struct json_text {
    char *data; /* ends with a NUL; NULL while empty */
    size_t size;
    size_t capacity;
    bool failed;
} json_text;

void json_text_add(json_text *text, const char *bytes);

/** As a JSON string with its quotes. UTF-8 is written as it is. */
void json_text_add_string(json_text *text, const char *bytes, size_t size);
void json_text_add_number(json_text *text, long long number);

/** The text, to be freed by the caller; NULL if it failed. The json_text is empty again. */
char *json_text_take(json_text *text);

#endif /* SERVER_JSON_TEXT_H */
