/* SPDX-License-Identifier: MIT */
#include <ape/text.h>

#include <string.h>

#include "core/buffer.h"
#include "core/host.h"

struct ape_text {
    ape_host *host;
    size_t size;
    char data[];
};

ape_status ape__text_new(ape_host *host, const void *bytes, size_t size, ape_text **out,
                         ape_error *err)
{
    ape_text *text = ape__alloc(host, sizeof(*text) + size + 1);

    if (!text)
        return ape__fail_no_memory(err);
    text->host = ape__host_ref(host);
    text->size = size;
    if (size > 0)
        memcpy(text->data, bytes, size);
    *out = text;
    return APE_OK;
}

const char *ape_text_data(const ape_text *text)
{
    return text ? text->data : NULL;
}

size_t ape_text_size(const ape_text *text)
{
    return text ? text->size : 0;
}

void ape_text_free(ape_text *text)
{
    ape_host *host;

    if (!text)
        return;
    host = text->host;
    ape__free(host, text, sizeof(*text) + text->size + 1);
    ape_host_free(host);
}
