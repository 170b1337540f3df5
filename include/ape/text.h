/* SPDX-License-Identifier: MIT */
#ifndef APE_TEXT_H
#define APE_TEXT_H

#include <ape/base.h>

APE_BEGIN_DECLS

/**
 * Text that the library hands over: UTF-8, with its size, and ended by a NUL
 * that the size does not count.
 *
 * Ownership: the caller frees it.
 * Threads:   immutable; any number of threads may read it.
 */
typedef struct ape_text ape_text;

/** The bytes; valid until the text is freed. NULL for a NULL text. */
APE_API const char *ape_text_data(const ape_text *text);

/** Number of bytes before the final NUL; 0 for a NULL text. */
APE_API size_t ape_text_size(const ape_text *text);

/** Free a text. NULL is ignored. */
APE_API void ape_text_free(ape_text *text);

APE_END_DECLS

#endif /* APE_TEXT_H */
