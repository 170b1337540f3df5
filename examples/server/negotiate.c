/* SPDX-License-Identifier: MIT */
#include "negotiate.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { WHOLE = 1000 };

/* 0, 0.5, 1.000: what is no weight counts as 1. */
static int read_quality(const char *text)
{
    int quality = text[0] == '0' ? 0 : WHOLE;
    int place = WHOLE / 10;

    if (quality != 0 || text[1] != '.')
        return quality;
    for (text += 2; isdigit((unsigned char)*text) && place > 0; text++, place /= 10)
        quality += (*text - '0') * place;
    return quality;
}

/* The weight among a range's parameters, which end before the comma. */
static int quality_of(const char *range, size_t size)
{
    for (size_t i = 0; i + 3 < size; i++)
        if (range[i] == ';') {
            size_t at = i + 1 + strspn(range + i + 1, " \t");

            if (at + 2 < size && tolower((unsigned char)range[at]) == 'q' && range[at + 1] == '=')
                return read_quality(range + at + 2);
        }
    return WHOLE;
}

/* 3: the type itself, 2: all of its kind, 1: everything, 0: another. */
static int fit(const char *range, size_t size, const char *type)
{
    size_t kind = strcspn(type, "/") + 1;

    if (size == strlen(type) && strncasecmp(range, type, size) == 0)
        return 3;
    if (size == kind + 1 && strncasecmp(range, type, kind) == 0 && range[kind] == '*')
        return 2;
    return size == 3 && memcmp(range, "*/*", 3) == 0;
}

/* The best fit, and its weight. */
static int find_best(const char *accept, const char *type, int *quality)
{
    int best = 0;

    *quality = 0;
    while (*accept) {
        size_t size, name;
        int fits;

        accept += strspn(accept, " \t,");
        size = strcspn(accept, ",");
        name = strcspn(accept, " \t,;");
        fits = fit(accept, name, type);
        if (fits > best) {
            best = fits;
            *quality = quality_of(accept, size);
        }
        accept += size;
    }
    return best;
}

int negotiate_quality(const char *accept, const char *type)
{
    int quality;

    if (!accept || !accept[strspn(accept, " \t,")])
        return WHOLE;
    (void)find_best(accept, type, &quality);
    return quality;
}

bool negotiate_names(const char *accept, const char *type)
{
    int quality;

    return accept && find_best(accept, type, &quality) == 3 && quality > 0;
}

bool negotiate_has_token(const char *list, const char *token)
{
    size_t size = strlen(token);

    while (list && *list) {
        size_t length;

        list += strspn(list, " ,\t");
        length = strcspn(list, " ,;=\t");
        if (length == size && strncasecmp(list, token, size) == 0)
            return true;
        list += strcspn(list, ",");
    }
    return false;
}
