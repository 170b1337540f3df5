/* SPDX-License-Identifier: MIT */
#ifndef SERVER_ASSETS_H
#define SERVER_ASSETS_H

#include <stddef.h>

/** A file of the page, or the OpenAPI document, as it was when the server was built. */
typedef struct asset {
    const char *name;
    const char *content_type;
    const char *etag; /* with its quotes */
    const char *bytes;
    size_t size;
} asset;

/** Ended by an asset without a name. */
extern const asset assets[];

/** NULL if there is none of this name. */
const asset *assets_find(const char *name);

#endif /* SERVER_ASSETS_H */
