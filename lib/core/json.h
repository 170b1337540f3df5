/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_JSON_H
#define APE_CORE_JSON_H

#include <cjson/cJSON.h>

#include "core/buffer.h"

/*
 * Reading is cJSON's work; these are its strict doors. Writing goes straight
 * into a buffer: cJSON would go around the host's allocator, and its numbers do
 * not always read back as the same double.
 */

/**
 * Parse exactly one JSON value, with nothing but white space around it.
 *
 * @param out  to be freed with cJSON_Delete()
 * @return APE_OK; APE_ERR_FORMAT with err->offset at the place it went wrong.
 */
ape_status ape__json_parse(const char *text, size_t size, cJSON **out, ape_error *err);

/* Members by name, case-sensitive; NULL where absent or of another type. */
const cJSON *ape__json_get(const cJSON *object, const char *name);
const char *ape__json_get_string(const cJSON *object, const char *name);
const cJSON *ape__json_get_object(const cJSON *object, const char *name);
const cJSON *ape__json_get_array(const cJSON *object, const char *name);
/** True and @p out set if the member is a number. */
bool ape__json_get_number(const cJSON *object, const char *name, double *out);

/**
 * Writer of one JSON text. Commas come by themselves; @p name is NULL within
 * arrays and at the top. Nesting is limited to 64 levels.
 */
typedef struct ape__json_writer {
    ape__buffer *buffer; /* borrowed; its failure is the writer's */
    uint64_t has_member; /* one bit a level: a comma is due */
    uint32_t depth;
} ape__json_writer;

void ape__json_writer_init(ape__json_writer *writer, ape__buffer *buffer);
void ape__json_begin_object(ape__json_writer *writer, const char *name);
void ape__json_end_object(ape__json_writer *writer);
void ape__json_begin_array(ape__json_writer *writer, const char *name);
void ape__json_end_array(ape__json_writer *writer);

/** A string; NULL writes null. What is not UTF-8 becomes U+FFFD. */
void ape__json_string(ape__json_writer *writer, const char *name, const char *text);
void ape__json_string_sized(ape__json_writer *writer, const char *name, const char *text,
                            size_t size);
void ape__json_integer(ape__json_writer *writer, const char *name, int64_t value);

/** The shortest digits that read back as the same double; null for NaN and infinities. */
void ape__json_number(ape__json_writer *writer, const char *name, double value);
void ape__json_bool(ape__json_writer *writer, const char *name, bool value);
void ape__json_null(ape__json_writer *writer, const char *name);

/** A value that is JSON already, taken as it is. */
void ape__json_raw(ape__json_writer *writer, const char *name, const char *json, size_t size);

/** A parsed value, written anew; nothing of it is trusted to be UTF-8. */
void ape__json_value(ape__json_writer *writer, const char *name, const cJSON *value);

/** Shortest digits that read back as the same finite double, in any locale; the
 *  result is NUL-ended. */
void ape__format_double(char out[32], double value);

#endif /* APE_CORE_JSON_H */
