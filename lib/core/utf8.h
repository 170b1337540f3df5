/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_UTF8_H
#define APE_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Length in bytes of the well-formed character at the start of @p bytes, and its
 * code point; 0 if there is none (Unicode 15, table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
size_t ape__utf8_decode(const char *bytes, size_t size, uint32_t *code_point);

/** True if all bytes are well-formed UTF-8. */
bool ape__utf8_valid(const char *bytes, size_t size);

/** Largest size <= @p size that does not cut a character of valid text in two. */
size_t ape__utf8_cut(const char *bytes, size_t size);

#endif /* APE_CORE_UTF8_H */
