/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "code_sanitizer/python/lexer.h"
#include "code_sanitizer/python/token.h"

#include "counting_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What may stand between tokens: blanks, line ends, comments, line continuations. */
static void check_gap(const char *text, size_t from, size_t to)
{
    while (from < to) {
        if (text[from] == '#') {
            while (from < to && text[from] != '\n' && text[from] != '\r')
                from++;
        } else if (text[from] && strchr(" \t\f\r\n\\", text[from])) {
            from++;
        } else {
            abort();
        }
    }
}

/* Tokens come in order and within the text; without errors, nothing but gaps is lost. */
static void check(const char *text, size_t size, const ape__tokens *tokens)
{
    size_t at = 0;

    for (size_t i = 0; i < tokens->count; i++) {
        const ape__token *t = &tokens->items[i];

        if (t->end < t->start || t->end > size)
            abort();
        if (tokens->error_count > 0)
            continue;
        if (t->start < at)
            abort();
        check_gap(text, at, t->start);
        at = t->end;
    }
    if (tokens->count == 0 || tokens->items[tokens->count - 1].kind != TOKEN_END)
        abort();
    if (tokens->error_count == 0)
        check_gap(text, at, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int minor = 8; minor <= 13; minor++) {
        counting_host counting;
        ape__tokens tokens;

        counting_host_init(&counting);
        if (ape__lex(counting.host, (const char *)data, size, minor, &tokens) != APE_OK)
            abort();
        check((const char *)data, size, &tokens);
        ape__tokens_clear(&tokens);
        if (!counting_host_done(&counting))
            abort();
    }
    return 0;
}
