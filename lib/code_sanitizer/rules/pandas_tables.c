/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/rules/pandas_tables.h"

#include <string.h>

/* Old and new spelling of the same frequency; pandas 2.2 brought the new one. */
static const char *const spellings[][2] = {
    { "M", "ME" },   { "Q", "QE" },   { "Y", "YE" },    { "A", "YE" },  { "BM", "BME" },
    { "BQ", "BQE" }, { "BA", "BYE" }, { "H", "h" },     { "T", "min" }, { "S", "s" },
    { "SM", "SME" }, { "AS", "YS" },  { "BAS", "BYS" },
};

static const char *other_spelling(const char *base, size_t size, bool new_wanted)
{
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        const char *from = spellings[i][new_wanted ? 0 : 1], *to = spellings[i][new_wanted ? 1 : 0];

        if (strlen(from) == size && memcmp(from, base, size) == 0)
            return to;
    }
    return NULL;
}

const char *ape__frequency_for(ape__name frequency, ape__target pandas, ape__arena *arena)
{
    bool new_wanted = pandas >= APE__TARGET(2, 2, 0);
    const char *text = frequency.text, *end = text + frequency.size, *base, *anchor, *other;

    for (base = text; base < end && *base >= '0' && *base <= '9'; base++)
        ;
    anchor = memchr(base, '-', (size_t)(end - base));
    if (!anchor)
        anchor = end;
    /* "min" and "h" and "YS" were always taken too */
    if (!new_wanted && (*base == 'h' || *base == 's' || strncmp(base, "min", 3) == 0 ||
                        strncmp(base, "YS", 2) == 0))
        return NULL;
    other = other_spelling(base, (size_t)(anchor - base), new_wanted);
    if (!other)
        return NULL;
    return ape__arena_format(arena, "%.*s%s%.*s", (int)(base - text), text, other,
                             (int)(end - anchor), anchor);
}
