/* SPDX-License-Identifier: MIT */
#include "price_feed/source.h"

#include <string.h>

const ape__source *const ape__sources[APE__SOURCE_COUNT] = {
    &ape__source_yahoo,
    &ape__source_stooq,
    &ape__source_alpha_vantage,
};

int ape__source_find(const char *name, size_t size)
{
    for (int i = 0; i < APE__SOURCE_COUNT; i++)
        if (strlen(ape__sources[i]->name) == size && memcmp(ape__sources[i]->name, name, size) == 0)
            return i;
    return -1;
}

void ape__url_append_encoded(ape__buffer *url, const char *text)
{
    for (; *text; text++) {
        char c = *text;
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c);

        if (plain)
            ape__buffer_append(url, text, 1);
        else
            ape__buffer_printf(url, "%%%02X", (unsigned char)c);
    }
}
