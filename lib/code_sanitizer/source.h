/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_SOURCE_H
#define APE_CODE_SANITIZER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "code_sanitizer/arena.h"

/** A run of bytes of a source that stands in the raw answer too. */
typedef struct ape__piece {
    uint32_t at;     /* where in the source */
    uint32_t raw_at; /* where in the raw answer */
    uint32_t size;
} ape__piece;

/** A text on its way from the raw answer to code, that knows where its bytes come from. */
typedef struct ape__source {
    const char *text; /* NUL-ended */
    uint32_t size;
    const ape__piece *pieces; /* sorted by at */
    uint32_t piece_count;
} ape__source;

/** Replace a range of bytes. */
typedef struct ape__edit {
    uint32_t start, end;
    const char *text; /* what comes instead; "" deletes */
    uint32_t order;   /* of adding; edits at one place keep it */
} ape__edit;

typedef struct ape__edits {
    ape__arena *arena;
    ape__edit *items;
    uint32_t count, capacity;
} ape__edits;

void ape__edits_add(ape__edits *edits, uint32_t start, uint32_t end, const char *text);

/** Which places of a source are taken by edits already. */
typedef struct ape__cover {
    uint8_t *bytes; /* one for each of the source, and one for its end */
} ape__cover;

/** Nothing is taken; false if memory is out. */
bool ape__cover_init(ape__cover *cover, ape__arena *arena, const ape__source *source);

/** True if an edit of this range would touch one that was added. Insertions next to
 *  each other, or at an edge, do not. */
bool ape__cover_touches(const ape__cover *cover, uint32_t start, uint32_t end);
void ape__cover_add(ape__cover *cover, uint32_t start, uint32_t end);

/** The raw answer itself as a source. */
bool ape__source_from_raw(ape__arena *arena, const char *raw, uint32_t size, ape__source *out);

/** @p out is @p source with all edits made; false if memory is out. Edits must
 *  not overlap; they need no order. */
bool ape__source_apply(ape__arena *arena, const ape__source *source, ape__edits *edits,
                       ape__source *out);

/** Where a place stands in the raw answer; for inserted text, where it was put. */
uint32_t ape__source_raw_offset(const ape__source *source, uint32_t at);

/** The same for the end of a range: behind the byte before it. */
uint32_t ape__source_raw_end(const ape__source *source, uint32_t end);

#endif /* APE_CODE_SANITIZER_SOURCE_H */
