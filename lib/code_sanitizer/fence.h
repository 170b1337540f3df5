/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_FENCE_H
#define APE_CODE_SANITIZER_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A fenced block of Markdown: CommonMark's rules. */
typedef struct ape__fence {
    uint32_t start, end;    /* of what is inside */
    uint32_t opening;       /* where the opening line begins */
    uint32_t tag, tag_size; /* first word of the info string */
    uint32_t indent;        /* of the opening fence: taken from each line inside */
    bool closed;
} ape__fence;

/**
 * Find the next fenced block at or after @p from; false if there is none.
 *
 * A fence that opens and closes within one line, as ```python x = 1```, is found too.
 */
bool ape__fence_next(const char *text, uint32_t size, uint32_t from, ape__fence *out,
                     uint32_t *next);

/** End of the line at @p at, its line end not included. */
uint32_t ape__line_end(const char *text, uint32_t size, uint32_t at);

/** Start of the line behind the one that ends at @p end. */
uint32_t ape__line_after(const char *text, uint32_t size, uint32_t end);

#endif /* APE_CODE_SANITIZER_FENCE_H */
