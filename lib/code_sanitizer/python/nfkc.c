/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/nfkc.h"

#include <stdlib.h>

#include "core/utf8.h"

/* Neighbours that decompose to neighbours. */
struct run {
    uint32_t first, last, becomes;
};
struct expansion {
    uint32_t code_point;
    uint16_t at, count; /* of expanded[] */
};
struct combining {
    uint32_t first, last;
    uint8_t order; /* the canonical combining class */
};
struct composition {
    uint32_t first, second, composed;
};

#include "code_sanitizer/python/nfkc_table.inc"

/* Hangul syllables (The Unicode Standard, section 3.12). */
enum {
    HANGUL = 0xac00,
    HANGUL_COUNT = 11172,
    LEADING = 0x1100,
    LEADING_COUNT = 19,
    VOWEL = 0x1161,
    VOWEL_COUNT = 21,
    TRAILING = 0x11a7,
    TRAILING_COUNT = 28,
};

typedef struct character {
    uint32_t code_point;
    uint32_t place; /* keeps those of one class in order */
    uint8_t order;
} character;

typedef struct characters {
    character *items; /* NULL: count only */
    uint32_t count;
} characters;

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int by_range(const void *key, const void *entry)
{
    uint32_t code_point = *(const uint32_t *)key;
    const uint32_t *range = entry; /* all ranges begin with their first and last */

    return code_point < range[0] ? -1 : code_point > range[1];
}

static int by_code_point(const void *key, const void *entry)
{
    uint32_t code_point = *(const uint32_t *)key, other = *(const uint32_t *)entry;

    return code_point < other ? -1 : code_point > other;
}

static int by_pair(const void *key, const void *entry)
{
    const uint32_t *one = key, *two = entry;

    if (one[0] != two[0])
        return one[0] < two[0] ? -1 : 1;
    return one[1] < two[1] ? -1 : one[1] > two[1];
}

static uint8_t order_of(uint32_t code_point)
{
    const struct combining *found =
        bsearch(&code_point, combinings, COUNT(combinings), sizeof(combinings[0]), by_range);

    return found ? found->order : 0;
}

static void put(characters *out, uint32_t code_point)
{
    if (out->items)
        out->items[out->count] = (character){ code_point, out->count, order_of(code_point) };
    out->count++;
}

static void put_hangul(characters *out, uint32_t syllable)
{
    uint32_t trailing = syllable % TRAILING_COUNT;

    put(out, LEADING + syllable / (VOWEL_COUNT * TRAILING_COUNT));
    put(out, VOWEL + syllable % (VOWEL_COUNT * TRAILING_COUNT) / TRAILING_COUNT);
    if (trailing > 0)
        put(out, TRAILING + trailing);
}

static void decompose(characters *out, uint32_t code_point)
{
    const struct expansion *several;
    const struct run *run;

    if (code_point >= HANGUL && code_point < HANGUL + HANGUL_COUNT) {
        put_hangul(out, code_point - HANGUL);
        return;
    }
    several =
        bsearch(&code_point, expansions, COUNT(expansions), sizeof(expansions[0]), by_code_point);
    for (uint16_t i = 0; several && i < several->count; i++)
        put(out, expanded[several->at + i]);
    if (several)
        return;
    run = bsearch(&code_point, runs, COUNT(runs), sizeof(runs[0]), by_range);
    put(out, run ? run->becomes + (code_point - run->first) : code_point);
}

static void decompose_all(characters *out, const char *text, uint32_t size)
{
    for (uint32_t at = 0; at < size;) {
        uint32_t code_point;
        size_t length = ape__utf8_decode(text + at, size - at, &code_point);

        if (length == 0)
            return;
        decompose(out, code_point);
        at += (uint32_t)length;
    }
}

static int by_order(const void *a, const void *b)
{
    const character *one = a, *two = b;

    if (one->order != two->order)
        return one->order < two->order ? -1 : 1;
    return one->place < two->place ? -1 : one->place > two->place;
}

/* Marks behind a letter stand in the order of their classes. */
static void sort_marks(characters *all)
{
    for (uint32_t start = 0; start < all->count;) {
        uint32_t end = start;

        while (end < all->count && all->items[end].order > 0)
            end++;
        if (end - start > 1)
            qsort(all->items + start, end - start, sizeof(character), by_order);
        start = end + 1;
    }
}

/* What two characters make together; 0: nothing. */
static uint32_t composed(uint32_t first, uint32_t second)
{
    const uint32_t pair[] = { first, second };
    const struct composition *found;

    if (first - LEADING < LEADING_COUNT && second - VOWEL < VOWEL_COUNT)
        return HANGUL + ((first - LEADING) * VOWEL_COUNT + (second - VOWEL)) * TRAILING_COUNT;
    if (first - HANGUL < HANGUL_COUNT && (first - HANGUL) % TRAILING_COUNT == 0 &&
        second - TRAILING - 1 < TRAILING_COUNT - 1)
        return first + (second - TRAILING);
    found = bsearch(pair, compositions, COUNT(compositions), sizeof(compositions[0]), by_pair);
    return found ? found->composed : 0;
}

/* Each mark joins the letter before it, unless one of its class or above stands between. */
static void compose(characters *all)
{
    uint32_t kept = 0, letter = UINT32_MAX;

    for (uint32_t i = 0; i < all->count; i++) {
        character c = all->items[i];
        bool next = letter != UINT32_MAX && letter + 1 == kept;
        bool blocked = !next && kept > 0 && all->items[kept - 1].order >= c.order;
        uint32_t joined = letter == UINT32_MAX || blocked
                              ? 0
                              : composed(all->items[letter].code_point, c.code_point);

        if (joined) {
            all->items[letter].code_point = joined;
            continue;
        }
        all->items[kept] = c;
        if (c.order == 0)
            letter = kept;
        kept++;
    }
    all->count = kept;
}

static uint32_t encode(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static bool is_ascii(const char *text, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

ape__name ape__nfkc(ape__arena *arena, const char *text, uint32_t size)
{
    characters all = { 0 };
    ape__name out = { "", 0 };
    char *normal;

    if (is_ascii(text, size))
        return (ape__name){ text, size };
    decompose_all(&all, text, size);
    all.items = ape__arena_alloc(arena, all.count * sizeof(*all.items));
    normal = ape__arena_alloc(arena, (size_t)all.count * 4);
    if (!all.items || !normal)
        return out;
    all.count = 0;
    decompose_all(&all, text, size);
    sort_marks(&all);
    compose(&all);
    for (uint32_t i = 0; i < all.count; i++)
        out.size += encode(normal + out.size, all.items[i].code_point);
    out.text = normal;
    if (out.size == size && memcmp(normal, text, size) == 0)
        out.text = text;
    return out;
}
