/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "json_text.h"
#include "limits.h"
#include "problem.h"

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t request_elapsed_us(const request *r)
{
    return now_us() - r->started_us;
}

static void write_hex(char *out, uint64_t number, unsigned digits)
{
    for (unsigned i = digits; i > 0; number >>= 4)
        out[--i] = "0123456789abcdef"[number & 15];
}

static void make_id(char out[REQUEST_ID_SIZE])
{
    static atomic_uint_fast64_t next;
    static uint64_t prefix;

    if (prefix == 0 && getrandom(&prefix, sizeof(prefix), 0) != sizeof(prefix))
        prefix = now_us();
    write_hex(out, prefix, 16);
    write_hex(out + 16, atomic_fetch_add(&next, 1), 8);
    out[24] = '\0';
}

static bool is_id(const char *text)
{
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789-_.");

    return size > 0 && size < REQUEST_ID_SIZE && text[size] == '\0';
}

static bool target_is_clean(const char *target)
{
    if (target[0] != '/' && strcmp(target, "*") != 0)
        return false;
    for (const unsigned char *c = (const unsigned char *)target; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f || *c == '#' || *c == '\\')
            return false;
        if (*c == '%' && (!isxdigit(c[1]) || !isxdigit(c[2]) || (c[1] == '0' && c[2] == '0')))
            return false;
    }
    return true;
}

request *request_new(server *s, struct MHD_Connection *connection, const char *target)
{
    request *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->server = s;
    r->connection = connection;
    r->started_us = now_us();
    r->target_too_long = strlen(target) > LIMIT_TARGET_BYTES;
    r->target_bad = !target_is_clean(target);
    return r;
}

void request_take_id(request *r)
{
    const char *given = request_header(r, "X-Request-Id");

    if (given && is_id(given))
        snprintf(r->id, sizeof(r->id), "%s", given);
    else
        make_id(r->id);
}

static void drop(reply *old)
{
    if (old->owner)
        old->release(old->owner);
    if (old->made)
        MHD_destroy_response(old->made);
    for (size_t i = 0; i < old->header_count; i++)
        free(old->headers[i].value);
}

void request_free(request *r)
{
    if (!r)
        return;
    drop(&r->reply);
    parts_free(r->parts);
    free(r->body);
    free(r);
}

const char *request_header(const request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *request_parameter(const request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool request_append(request *r, const char *bytes, size_t size)
{
    size_t needed = r->body_size + size + 1;
    size_t capacity = r->body_capacity ? r->body_capacity : 1024;
    char *grown;

    if (r->too_large || size > LIMIT_BODY_BYTES - r->body_size) {
        r->too_large = true;
        return false;
    }
    while (capacity < needed)
        capacity *= 2;
    if (capacity > r->body_capacity) {
        grown = realloc(r->body, capacity);
        if (!grown)
            return false;
        r->body = grown;
        r->body_capacity = capacity;
    }
    memcpy(r->body + r->body_size, bytes, size);
    r->body_size += size;
    r->body[r->body_size] = '\0';
    return true;
}

static void reply_owned(request *r, unsigned status, char *text, void (*release)(void *))
{
    if (!text) {
        problem(r, 503, "out of memory; try again");
        return;
    }
    r->reply.status = status;
    r->reply.content_type = "application/json";
    r->reply.body = text;
    r->reply.size = strlen(text);
    r->reply.owner = text;
    r->reply.release = release;
}

void reply_json(request *r, unsigned status, cJSON *value)
{
    char *text = value ? cJSON_PrintUnformatted(value) : NULL;

    cJSON_Delete(value);
    reply_owned(r, status, text, cJSON_free);
}

void reply_json_text(request *r, unsigned status, json_text *text)
{
    reply_owned(r, status, json_text_take(text), free);
}

static void release_text(void *owner)
{
    ape_text_free(owner);
}

void reply_text(request *r, unsigned status, ape_text *text)
{
    r->reply.status = status;
    r->reply.content_type = "application/json";
    r->reply.body = ape_text_data(text);
    r->reply.size = ape_text_size(text);
    r->reply.owner = text;
    r->reply.release = release_text;
}

void reply_static(request *r, unsigned status, const char *content_type, const char *body,
                  size_t size)
{
    r->reply.status = status;
    r->reply.content_type = content_type;
    r->reply.body = body;
    r->reply.size = size;
    r->reply.owner = NULL;
}

void reply_header_add(request *r, const char *name, const char *format, ...)
{
    reply_header *header = &r->reply.headers[r->reply.header_count];
    va_list arguments;

    if (r->reply.header_count == REQUEST_HEADERS)
        return;
    header->name = name;
    va_start(arguments, format);
    if (vasprintf(&header->value, format, arguments) >= 0)
        r->reply.header_count++;
    va_end(arguments);
}
