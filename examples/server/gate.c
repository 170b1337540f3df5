/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "limits.h"
#include "problem.h"
#include "routes.h"

/* What one look over the header fields finds. */
typedef struct fields {
    size_t count;
    size_t bytes;
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
    unsigned authorizations;
    unsigned types;
} fields;

static enum MHD_Result look(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    fields *f = cls;

    (void)kind;
    f->count++;
    f->bytes += strlen(name) + (value ? strlen(value) : 0);
    f->hosts += strcasecmp(name, "Host") == 0;
    f->lengths += strcasecmp(name, "Content-Length") == 0;
    f->encodings += strcasecmp(name, "Transfer-Encoding") == 0;
    f->authorizations += strcasecmp(name, "Authorization") == 0;
    f->types += strcasecmp(name, "Content-Type") == 0;
    return MHD_YES;
}

static bool refuse(request *r, unsigned status, const char *detail)
{
    problem(r, status, "%s", detail);
    return false;
}

/* Two readings of one message are how requests are smuggled past a proxy. */
static bool framing_good(request *r, const fields *f)
{
    const char *encoding = request_header(r, "Transfer-Encoding");
    const char *length = request_header(r, "Content-Length");

    if (f->hosts > 1)
        return refuse(r, 400, "Host is there more than once");
    if (f->lengths > 1)
        return refuse(r, 400, "Content-Length is there more than once");
    if (f->lengths && f->encodings)
        return refuse(r, 400, "Content-Length and Transfer-Encoding exclude each other");
    if (encoding && (f->encodings > 1 || strcasecmp(encoding, "chunked") != 0))
        return refuse(r, 400, "the only Transfer-Encoding is chunked");
    if (length && (!*length || strlen(length) > 19 || length[strspn(length, "0123456789")] != '\0'))
        return refuse(r, 400, "Content-Length is not a number");
    if (f->authorizations > 1 || f->types > 1)
        return refuse(r, 400, "a header field that may be there once is there twice");
    return true;
}

static bool size_good(request *r)
{
    fields f = { 0 };

    MHD_get_connection_values(r->connection, MHD_HEADER_KIND, look, &f);
    if (r->target_too_long)
        return refuse(r, 414, "the request target is longer than 4,096 bytes");
    if (f.count > LIMIT_HEADER_FIELDS || f.bytes > LIMIT_HEADER_BYTES)
        return refuse(r, 431, "more than 100 header fields, or more than 16 KiB of them");
    if (r->target_bad)
        return refuse(r, 400, "the request target is not a path of printable ASCII");
    return framing_good(r, &f);
}

static bool find_route(request *r)
{
    char allow[64];

    r->route = routes_find(r, allow);
    if (r->route)
        return true;
    if (!allow[0])
        return refuse(r, 404, "there is nothing at this path; /openapi.json lists what there is");
    problem(r, 405, "%s is not a method of this path; it has %s", r->method, allow);
    reply_header_add(r, "Allow", "%s", allow);
    return false;
}

static bool host_is_loopback(const char *host)
{
    char name[64];
    size_t size = host[0] == '[' ? strcspn(host, "]") : strcspn(host, ":");

    if (host[0] == '[') {
        host++;
        size--;
    }
    if (size >= sizeof(name))
        return false;
    memcpy(name, host, size);
    name[size] = '\0';
    return config_is_loopback(name);
}

static bool listed(const char *list, const char *item)
{
    size_t size = strlen(item);

    while (list && *list) {
        size_t length;

        list += strspn(list, " ,\t");
        length = strcspn(list, " ,\t");
        if (length == size && strncasecmp(list, item, size) == 0)
            return true;
        list += length;
    }
    return false;
}

bool gate_origin_allowed(const request *r, const char *origin)
{
    const char *host = request_header(r, "Host");
    const char *after = strstr(origin, "://");

    return (host && after && strcasecmp(after + 3, host) == 0) ||
           listed(ape_settings_get(r->parts->settings, "CORS_ORIGINS"), origin);
}

/* A server that asks for no key trusts whoever reaches it: programs of this machine,
   but not the pages that its browser happens to show. */
static bool host_and_origin_good(request *r)
{
    const char *host = request_header(r, "Host");
    const char *origin = request_header(r, "Origin");

    if (!auth_required(r->parts->keys) && host && !host_is_loopback(host))
        return refuse(r, 403, "without API_KEYS only requests to a loopback name are answered");
    if (origin && !gate_origin_allowed(r, origin) && strcmp(r->method, "GET") != 0 &&
        strcmp(r->method, "HEAD") != 0)
        return refuse(r, 403, "the Origin is not in CORS_ORIGINS");
    return true;
}

static void take_address(request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;

    r->client[0] = '\0';
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
                  r->client, sizeof(r->client));
    if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
                  r->client, sizeof(r->client));
}

/* A browser's WebSocket cannot set header fields, but it can name subprotocols. */
static const char *credential_in_protocols(const request *r, size_t *size)
{
    static const char prefix[] = "ape.bearer.";
    const char *list = request_header(r, "Sec-WebSocket-Protocol");
    const char *found = list ? strstr(list, prefix) : NULL;

    if (!found)
        return NULL;
    found += sizeof(prefix) - 1;
    *size = strcspn(found, ", ");
    return found;
}

static const char *credential_of(const request *r, size_t *size)
{
    const char *authorization = request_header(r, "Authorization");
    const char *key = request_header(r, "X-API-Key");

    if (authorization && strncasecmp(authorization, "Bearer ", 7) == 0) {
        authorization += 7 + strspn(authorization + 7, " ");
        *size = strlen(authorization);
        return authorization;
    }
    if (key) {
        *size = strlen(key);
        return key;
    }
    return credential_in_protocols(r, size);
}

static bool rate_good(request *r)
{
    if (!r->server->limit || (r->route->flags & ROUTE_PUBLIC))
        return true;
    r->rate = rate_limit_take(r->server->limit, r->client, clock_ms());
    r->limited = true;
    if (r->rate.allowed)
        return true;
    problem(r, 429, "more than %u requests in %u s; wait %u s", r->rate.quota, r->rate.window_s,
            r->rate.reset_s);
    reply_header_add(r, "Retry-After", "%u", r->rate.reset_s);
    return false;
}

static bool credentials_good(request *r)
{
    size_t size = 0;
    const char *credential;

    if ((r->route->flags & ROUTE_PUBLIC) || !auth_required(r->parts->keys))
        return true;
    credential = credential_of(r, &size);
    if (credential && auth_check(r->parts->keys, r->parts->settings, credential, size,
                                 (int64_t)time(NULL), r->client))
        return true;
    /* Guessing is limited, too: by address, since there is no name. */
    if (!rate_good(r))
        return false;
    problem(r, 401, "%s",
            credential ? "the key or token is not valid"
                       : "send an API key: Authorization: Bearer KEY");
    reply_header_add(r, "WWW-Authenticate", "Bearer realm=\"ape\"%s",
                     credential ? ", error=\"invalid_token\"" : "");
    return false;
}

static bool is_json(const char *type)
{
    size_t size = strcspn(type, "; \t");

    return size == strlen("application/json") && strncasecmp(type, "application/json", size) == 0;
}

bool gate_has_body(const request *r)
{
    const char *length = request_header(r, "Content-Length");

    return request_header(r, "Transfer-Encoding") || (length && strcmp(length, "0") != 0);
}

static bool body_good(request *r)
{
    const char *type = request_header(r, "Content-Type");
    const char *length = request_header(r, "Content-Length");
    const char *encoding = request_header(r, "Content-Encoding");
    bool optional = r->route->flags & ROUTE_BODY_OPTIONAL;
    bool empty = !gate_has_body(r);

    if (!(r->route->flags & ROUTE_JSON))
        return empty || refuse(r, 400, "this route reads no body");
    if (length && strtoull(length, NULL, 10) > LIMIT_BODY_BYTES)
        return refuse(r, 413, "the body is larger than 1 MiB");
    if (encoding && strcasecmp(encoding, "identity") != 0)
        return refuse(r, 415, "send the body without Content-Encoding");
    if (empty)
        return optional || refuse(r, 400, "the body is missing: send a JSON object");
    if (!type || !is_json(type))
        return refuse(r, 415, "the body must be application/json");
    return true;
}

bool gate_pass(request *r)
{
    take_address(r);
    return size_good(r) && find_route(r) && host_and_origin_good(r) && credentials_good(r) &&
           rate_good(r) && body_good(r);
}

bool gate_pass_body(request *r)
{
    if (r->too_large)
        return refuse(r, 413, "the body is larger than 1 MiB");
    return true;
}
