/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/code_sanitizer.h>

#include "counting_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ape_sanitized_code *sanitize(const ape_code_sanitizer *sanitizer, const char *text,
                                    size_t size)
{
    ape_sanitized_code *code;
    ape_text *json;

    if (ape_code_sanitizer_sanitize(sanitizer, text, size, NULL, &code, NULL) != APE_OK ||
        ape_sanitized_code_to_json(code, &json, NULL) != APE_OK)
        abort();
    ape_text_free(json);
    if ((ape_sanitized_code_reason(code) == NULL) !=
        (ape_sanitized_code_verdict(code) == APE_CODE_OK))
        abort();
    return code;
}

/* Whatever comes in: a verdict, and code that a second pass leaves as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ape_code_sanitizer *sanitizer;
    ape_sanitized_code *code, *again;
    counting_host counting;

    counting_host_init(&counting);
    if (ape_code_sanitizer_new(counting.host, NULL, &sanitizer, NULL) != APE_OK)
        abort();
    code = sanitize(sanitizer, (const char *)data, size);
    if (ape_sanitized_code_verdict(code) == APE_CODE_OK) {
        again =
            sanitize(sanitizer, ape_sanitized_code_text(code), ape_sanitized_code_text_size(code));
        if (strcmp(ape_sanitized_code_text(again), ape_sanitized_code_text(code)) != 0)
            abort();
        ape_sanitized_code_free(again);
    }
    ape_sanitized_code_free(code);
    ape_code_sanitizer_free(sanitizer);
    if (!counting_host_done(&counting))
        abort();
    return 0;
}
