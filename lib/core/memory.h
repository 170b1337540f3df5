/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_MEMORY_H
#define APE_CORE_MEMORY_H

#include <ape/host.h>

/*
 * Memory comes from the host. A NULL host is the system's. Sizes are given back
 * on freeing, so that a host needs no headers of its own.
 */

/** Zeroed memory, or NULL. */
void *ape__alloc(ape_host *host, size_t size);

/** Zeroed memory for @p count things, or NULL, also where the product overflows. */
void *ape__alloc_array(ape_host *host, size_t count, size_t size);

/** Resized memory, its new part not zeroed, or NULL with the old block untouched. */
void *ape__resize(ape_host *host, void *ptr, size_t old_size, size_t new_size);

void ape__free(ape_host *host, void *ptr, size_t size);

/** Copy of a string, or NULL for NULL and where memory is out. */
char *ape__strdup(ape_host *host, const char *text);
char *ape__strndup(ape_host *host, const char *text, size_t size);
void ape__strfree(ape_host *host, char *text);

/** Overwrite a secret; the compiler may not drop it. */
void ape__wipe(void *ptr, size_t size);

#endif /* APE_CORE_MEMORY_H */
