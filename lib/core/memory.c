/* SPDX-License-Identifier: MIT */
#include "core/memory.h"

#include <string.h>

#include "core/host.h"

void *ape__alloc(ape_host *host, size_t size)
{
    void *ptr = ape__host_alloc(host, NULL, 0, size);

    if (ptr)
        memset(ptr, 0, size);
    return ptr;
}

void *ape__alloc_array(ape_host *host, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return ape__alloc(host, bytes);
}

void *ape__resize(ape_host *host, void *ptr, size_t old_size, size_t new_size)
{
    return ape__host_alloc(host, ptr, old_size, new_size);
}

void ape__free(ape_host *host, void *ptr, size_t size)
{
    if (ptr)
        ape__host_alloc(host, ptr, size, 0);
}

char *ape__strndup(ape_host *host, const char *text, size_t size)
{
    char *copy = ape__alloc(host, size + 1);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

char *ape__strdup(ape_host *host, const char *text)
{
    return text ? ape__strndup(host, text, strlen(text)) : NULL;
}

void ape__strfree(ape_host *host, char *text)
{
    if (text)
        ape__free(host, text, strlen(text) + 1);
}

void ape__wipe(void *ptr, size_t size)
{
    explicit_bzero(ptr, size);
}
