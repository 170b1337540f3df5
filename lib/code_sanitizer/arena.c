/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct ape__arena_block {
    struct ape__arena_block *older;
    size_t size; /* of the whole block */
    size_t used; /* from its start */
} arena_block;

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20, ALIGNMENT = 8 };

void ape__arena_init(ape__arena *arena, ape_host *host)
{
    *arena = (ape__arena){ .host = host };
}

void ape__arena_clear(ape__arena *arena)
{
    while (arena->block) {
        arena_block *block = arena->block;

        arena->block = block->older;
        ape__free(arena->host, block, block->size);
    }
    ape__arena_init(arena, arena->host);
}

void ape__arena_init_from(ape__arena *arena, ape_host *host, ape__arena_spare *spare)
{
    ape__arena_init(arena, host);
    arena->block = atomic_exchange(&spare->block, NULL);
}

void ape__arena_clear_to(ape__arena *arena, ape__arena_spare *spare)
{
    arena_block *newest = arena->block, *none = NULL;

    if (!newest || newest->size > LARGEST_BLOCK) {
        ape__arena_clear(arena);
        return;
    }
    arena->block = newest->older;
    ape__arena_clear(arena);
    newest->older = NULL;
    newest->used = sizeof(*newest);
    if (!atomic_compare_exchange_strong(&spare->block, &none, newest))
        ape__free(arena->host, newest, newest->size);
}

void ape__arena_spare_clear(ape__arena_spare *spare, ape_host *host)
{
    arena_block *block = atomic_exchange(&spare->block, NULL);

    if (block)
        ape__free(host, block, block->size);
}

/* A new block, larger than the one before it, with room for size bytes. */
static arena_block *grow(ape__arena *arena, size_t size)
{
    size_t block_size = arena->block ? arena->block->size * 2 : FIRST_BLOCK;
    arena_block *block;

    if (block_size > LARGEST_BLOCK)
        block_size = LARGEST_BLOCK;
    if (block_size < size + sizeof(arena_block))
        block_size = size + sizeof(arena_block);
    block = ape__resize(arena->host, NULL, 0, block_size);
    if (!block)
        return NULL;
    *block = (arena_block){ .older = arena->block, .size = block_size, .used = sizeof(*block) };
    arena->block = block;
    return block;
}

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void *ape__arena_alloc(ape__arena *arena, size_t size)
{
    size_t rounded = round_up(size);
    arena_block *block = arena->block;
    void *memory;

    if (arena->failed)
        return NULL;
    if (!block || block->size - block->used < rounded)
        block = grow(arena, rounded);
    if (!block) {
        arena->failed = true;
        return NULL;
    }
    memory = (char *)block + block->used;
    block->used += rounded;
    return memset(memory, 0, rounded);
}

char *ape__arena_copy(ape__arena *arena, const char *text, size_t size)
{
    char *copy = ape__arena_alloc(arena, size + 1);

    if (copy && size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *ape__arena_format(ape__arena *arena, const char *format, ...)
{
    size_t room = arena->block && !arena->failed ? arena->block->size - arena->block->used : 0;
    char *text = room > 0 ? (char *)arena->block + arena->block->used : NULL;
    va_list args;
    int size;

    /* into what is left of the block; most texts fit */
    va_start(args, format);
    size = vsnprintf(text, room, format, args);
    va_end(args);
    if (size >= 0 && round_up((size_t)size + 1) <= room) {
        arena->block->used += round_up((size_t)size + 1);
        return text;
    }
    text = size < 0 ? NULL : ape__arena_alloc(arena, (size_t)size + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}

char *ape__arena_phrase(ape__arena *arena, const char *pattern, const char *what)
{
    const char *mark = strstr(pattern, "%s");

    if (!mark)
        return ape__arena_copy(arena, pattern, strlen(pattern));
    return ape__arena_format(arena, "%.*s%s%s", (int)(mark - pattern), pattern, what, mark + 2);
}
