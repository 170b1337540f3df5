/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "assets.h"
#include "problem.h"
#include "routes.h"

/* The page runs its own script alone, and speaks to its own server alone. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const asset *assets_find(const char *name)
{
    for (const asset *a = assets; a->name; a++)
        if (strcmp(a->name, name) == 0)
            return a;
    return NULL;
}

static void reply_asset(request *r, const char *name)
{
    const asset *found = assets_find(name);
    const char *known = request_header(r, "If-None-Match");

    if (!found) {
        problem(r, 404, "there is no such file");
        return;
    }
    if (known && strstr(known, found->etag))
        reply_static(r, 304, NULL, "", 0);
    else
        reply_static(r, 200, found->content_type, found->bytes, found->size);
    reply_header_add(r, "ETag", "%s", found->etag);
    reply_header_add(r, "Cache-Control", "no-cache");
    reply_header_add(r, "Content-Security-Policy", "%s", PAGE_POLICY);
}

void route_page(request *r)
{
    reply_asset(r, "index.html");
}

void route_asset(request *r)
{
    reply_asset(r, r->argument);
}
