/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>

#include "code_sanitizer/python/parser.h"

#include "counting_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Tokens come in order and within the text; a text without errors has a tree whose
 * statements do. */
static void check(const ape__parse *parse, size_t size)
{
    uint32_t at = 0;

    for (size_t i = 0; i < parse->tokens.count; i++) {
        const ape__token *t = &parse->tokens.items[i];

        if (t->end < t->start || t->end > size ||
            (t->start < at && t->kind != TOKEN_ERROR && parse->tokens.error_count == 0))
            abort();
        at = t->start;
    }
    if (!parse->module || (parse->error_count > 0 && !parse->message))
        abort();
    at = 0;
    for (uint32_t i = 0; i < parse->module->list.count; i++) {
        const ape__node *s = parse->module->list.items[i];

        if (s->end < s->start || s->end > size || (parse->error_count == 0 && s->start < at))
            abort();
        at = s->start;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int minor = 8; minor <= 13; minor++) {
        counting_host counting;
        ape__arena arena;
        ape__parse parse;

        counting_host_init(&counting);
        ape__arena_init(&arena, counting.host);
        if (ape__parse_python(&arena, (const char *)data, size, minor, &parse) != APE_OK)
            abort();
        check(&parse, size);
        ape__parse_clear(&parse);
        ape__arena_clear(&arena);
        if (!counting_host_done(&counting))
            abort();
    }
    return 0;
}
