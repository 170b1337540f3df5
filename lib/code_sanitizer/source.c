/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/source.h"

#include <stdlib.h>
#include <string.h>

void ape__edits_add(ape__edits *edits, uint32_t start, uint32_t end, const char *text)
{
    if (edits->count == edits->capacity) {
        uint32_t capacity = edits->capacity ? edits->capacity * 2 : 8;
        ape__edit *items = ape__arena_alloc(edits->arena, capacity * sizeof(*items));

        if (!items)
            return;
        if (edits->count > 0)
            memcpy(items, edits->items, edits->count * sizeof(*items));
        edits->items = items;
        edits->capacity = capacity;
    }
    edits->items[edits->count] = (ape__edit){ start, end, text, edits->count };
    edits->count++;
}

enum { COVER_REPLACED = 1, COVER_FIRST = 2, COVER_INSERTED = 4 };

bool ape__cover_init(ape__cover *cover, ape__arena *arena, const ape__source *source)
{
    cover->bytes = ape__arena_alloc(arena, (size_t)source->size + 1);
    return cover->bytes != NULL;
}

bool ape__cover_touches(const ape__cover *cover, uint32_t start, uint32_t end)
{
    if (start == end)
        return (cover->bytes[start] & (COVER_REPLACED | COVER_FIRST)) == COVER_REPLACED;
    for (uint32_t i = start; i < end; i++)
        if ((cover->bytes[i] & COVER_REPLACED) || (i > start && (cover->bytes[i] & COVER_INSERTED)))
            return true;
    return false;
}

void ape__cover_add(ape__cover *cover, uint32_t start, uint32_t end)
{
    if (start == end)
        cover->bytes[start] |= COVER_INSERTED;
    for (uint32_t i = start; i < end; i++)
        cover->bytes[i] |= i == start ? COVER_REPLACED | COVER_FIRST : COVER_REPLACED;
}

bool ape__source_from_raw(ape__arena *arena, const char *raw, uint32_t size, ape__source *out)
{
    ape__piece *piece = ape__arena_alloc(arena, sizeof(*piece));
    char *text = ape__arena_copy(arena, raw, size);

    if (!piece || !text)
        return false;
    *piece = (ape__piece){ 0, 0, size };
    *out = (ape__source){ text, size, piece, 1 };
    return true;
}

static int by_start(const void *a, const void *b)
{
    const ape__edit *one = a, *two = b;

    if (one->start != two->start)
        return one->start < two->start ? -1 : 1;
    if (one->end != two->end)
        return one->end < two->end ? -1 : 1;
    return one->order < two->order ? -1 : one->order > two->order;
}

/* What is being written by ape__source_apply(). */
typedef struct writer {
    char *text;
    uint32_t size;
    ape__piece *pieces;
    uint32_t piece_count;
} writer;

/* Copy a range of the old source, with the pieces that lie in it. *first is the
 * first piece that may, and moves on. */
static void keep(writer *w, const ape__source *source, uint32_t start, uint32_t end,
                 uint32_t *first)
{
    while (*first < source->piece_count &&
           source->pieces[*first].at + source->pieces[*first].size <= start)
        ++*first;
    for (uint32_t i = *first; i < source->piece_count && source->pieces[i].at < end; i++) {
        const ape__piece *p = &source->pieces[i];
        uint32_t from = p->at > start ? p->at : start;
        uint32_t to = p->at + p->size < end ? p->at + p->size : end;

        w->pieces[w->piece_count++] =
            (ape__piece){ w->size + (from - start), p->raw_at + (from - p->at), to - from };
    }
    memcpy(w->text + w->size, source->text + start, end - start);
    w->size += end - start;
}

static void insert(writer *w, const char *text)
{
    uint32_t size = (uint32_t)strlen(text);

    memcpy(w->text + w->size, text, size);
    w->size += size;
}

bool ape__source_apply(ape__arena *arena, const ape__source *source, ape__edits *edits,
                       ape__source *out)
{
    size_t size = source->size + 1;
    uint32_t at = 0, first = 0;
    writer w = { 0 };

    if (edits->count > 0)
        qsort(edits->items, edits->count, sizeof(*edits->items), by_start);
    for (uint32_t i = 0; i < edits->count; i++)
        size += strlen(edits->items[i].text);
    w.text = ape__arena_alloc(arena, size);
    w.pieces =
        ape__arena_alloc(arena, (source->piece_count + edits->count + 1) * sizeof(ape__piece));
    if (!w.text || !w.pieces)
        return false;
    for (uint32_t i = 0; i < edits->count; i++) {
        const ape__edit *e = &edits->items[i];

        keep(&w, source, at, e->start, &first);
        insert(&w, e->text);
        at = e->end;
    }
    keep(&w, source, at, source->size, &first);
    *out = (ape__source){ w.text, w.size, w.pieces, w.piece_count };
    return true;
}

/* The last piece that begins at or before a place; NULL: there is none. */
static const ape__piece *piece_before(const ape__source *source, uint32_t at)
{
    uint32_t low = 0, high = source->piece_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (source->pieces[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &source->pieces[low - 1] : NULL;
}

uint32_t ape__source_raw_offset(const ape__source *source, uint32_t at)
{
    const ape__piece *p = piece_before(source, at);

    if (!p)
        return source->piece_count ? source->pieces[0].raw_at : 0;
    return p->raw_at + (at - p->at < p->size ? at - p->at : p->size);
}

uint32_t ape__source_raw_end(const ape__source *source, uint32_t end)
{
    const ape__piece *p = end > 0 ? piece_before(source, end - 1) : NULL;

    if (!p)
        return ape__source_raw_offset(source, end);
    return p->raw_at + (end - p->at < p->size ? end - p->at : p->size);
}
