/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gate.h"
#include "negotiate.h"
#include "problem.h"
#include "routes.h"

/*
 * A request head of any bytes, through everything that is checked before a body is read. The
 * input is text: method and target, then header fields, a line each. The HTTP library's functions
 * that the gate calls are here in its place. Nobody passes to a route with a key without one, and
 * whoever is refused gets a problem.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FIELDS = 128 };

static struct {
    size_t count;
    struct {
        const char *name;
        const char *value;
    } fields[MAX_FIELDS];
} head;

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *key)
{
    (void)connection;
    for (size_t i = 0; kind == MHD_HEADER_KIND && i < head.count; i++)
        if (strcasecmp(head.fields[i].name, key) == 0)
            return head.fields[i].value;
    return NULL;
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                              MHD_KeyValueIterator iterator, void *cls)
{
    (void)connection;
    for (size_t i = 0; i < head.count; i++)
        iterator(cls, kind, head.fields[i].name, head.fields[i].value);
    return (int)head.count;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
                                                        enum MHD_ConnectionInfoType type, ...)
{
    (void)connection;
    (void)type;
    return NULL;
}

static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = line ? strchr(line, '\n') : NULL;

    if (end)
        *end = '\0';
    *rest = end ? end + 1 : NULL;
    return line;
}

static void read_fields(char *rest)
{
    char *line;

    for (head.count = 0; (line = next_line(&rest)) && head.count < MAX_FIELDS;) {
        char *colon = strchr(line, ':');

        if (!colon || colon == line)
            continue;
        *colon = '\0';
        head.fields[head.count].name = line;
        head.fields[head.count].value = colon + 1 + strspn(colon + 1, " ");
        head.count++;
    }
}

static auth *read_keys(ape_settings **settings)
{
    ape_settings_options options;
    ape_host *host;

    ape_settings_options_init(&options, sizeof(options));
    options.ignore_environment = 1;
    if (ape_host_new(NULL, &host, NULL) != APE_OK ||
        ape_settings_new(host, &options, settings, NULL) != APE_OK ||
        ape_settings_set(*settings, "SECRET_KEY", "make-believe-secret-0123456789abcdef-0123",
                         NULL) != APE_OK ||
        ape_settings_set(*settings, "CORS_ORIGINS", "https://good.example", NULL) != APE_OK ||
        ape_settings_set(*settings, "API_KEYS", "a:make-believe-key-0123456789", NULL) != APE_OK)
        abort();
    return auth_new(*settings);
}

static void check_negotiation(const request *r)
{
    int quality = negotiate_quality(request_header(r, "Accept"), "application/json");

    if (quality < 0 || quality > 1000)
        abort();
    (void)negotiate_has_token(request_header(r, "Prefer"), "respond-async");
}

static void run(server *s, char *method, char *target)
{
    request *r = request_new(s, NULL, target);

    r->parts = parts_ref(s->parts);
    r->method = method;
    r->path = target;
    target[strcspn(target, "?")] = '\0';
    request_take_id(r);
    if (!r->id[0] || strlen(r->id) >= REQUEST_ID_SIZE)
        abort();
    check_negotiation(r);
    if (!gate_pass(r)) {
        if (r->reply.status < 400 || !r->reply.body)
            abort();
    } else if (!r->route || (!(r->route->flags & ROUTE_PUBLIC) && strcmp(r->client, "a") != 0)) {
        abort();
    }
    request_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static parts p;
    static server s;
    char *text = malloc(size + 1);
    char *rest = text, *line, *blank;

    memcpy(text, data, size);
    text[size] = '\0';
    line = next_line(&rest);
    blank = strchr(line, ' ');
    if (!p.keys) {
        p.keys = read_keys(&p.settings);
        p.shares = 1;
        s.parts = &p;
    }
    if (blank) {
        *blank = '\0';
        read_fields(rest);
        run(&s, line, blank + 1);
    }
    free(text);
    return 0;
}
