/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_ARENA_H
#define APE_CODE_SANITIZER_ARENA_H

#include <stdatomic.h>

#include "core/memory.h"

/**
 * Memory that is given back all at once. A failed allocation is remembered: a
 * long computation may go on with what it has and ask at its end.
 */
typedef struct ape__arena {
    ape_host *host; /* borrowed */
    struct ape__arena_block *block;
    bool failed;
} ape__arena;

void ape__arena_init(ape__arena *arena, ape_host *host);
void ape__arena_clear(ape__arena *arena);

/**
 * One block, of at most 1 MB, that is kept from an arena for the next: asking the
 * operating system for fresh pages costs as much as half of the work on an answer.
 * Zeroed, it is empty. For threads; one at a time has the block.
 */
typedef struct ape__arena_spare {
    _Atomic(struct ape__arena_block *) block;
} ape__arena_spare;

/** An arena that begins with the spare block, if it is there. */
void ape__arena_init_from(ape__arena *arena, ape_host *host, ape__arena_spare *spare);

/** Clear an arena, and keep its largest block where none is kept. */
void ape__arena_clear_to(ape__arena *arena, ape__arena_spare *spare);

/** Free the block that is kept; @p host is that of the arenas. */
void ape__arena_spare_clear(ape__arena_spare *spare, ape_host *host);

/** Zeroed memory, aligned for pointers, or NULL. */
void *ape__arena_alloc(ape__arena *arena, size_t size);

/** NUL-ended copy, or NULL. */
char *ape__arena_copy(ape__arena *arena, const char *text, size_t size);

/** NUL-ended formatted text, or NULL. */
char *ape__arena_format(ape__arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** @p pattern with its one "%s" replaced by @p what, or NULL. For patterns that
 *  come from a table, which no compiler can check as formats. */
char *ape__arena_phrase(ape__arena *arena, const char *pattern, const char *what);

#endif /* APE_CODE_SANITIZER_ARENA_H */
