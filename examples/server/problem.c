/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct kind {
    unsigned status;
    const char *title;
    const char *type;
    const char *openai_type; /* what OpenAI's clients know it by */
} kind;

static const kind kinds[] = {
    { 400, "Bad Request", "malformed", "invalid_request_error" },
    { 401, "Unauthorized", "unauthorized", "authentication_error" },
    { 403, "Forbidden", "forbidden", "permission_error" },
    { 404, "Not Found", "not-found", "invalid_request_error" },
    { 405, "Method Not Allowed", "method-not-allowed", "invalid_request_error" },
    { 406, "Not Acceptable", "not-acceptable", "invalid_request_error" },
    { 408, "Request Timeout", "request-timeout", "invalid_request_error" },
    { 409, "Conflict", "conflict", "invalid_request_error" },
    { 413, "Content Too Large", "too-large", "invalid_request_error" },
    { 414, "URI Too Long", "target-too-long", "invalid_request_error" },
    { 415, "Unsupported Media Type", "unsupported-media-type", "invalid_request_error" },
    { 422, "Unprocessable Content", "invalid-field", "invalid_request_error" },
    { 426, "Upgrade Required", "upgrade-required", "invalid_request_error" },
    { 429, "Too Many Requests", "quota-exceeded", "rate_limit_error" },
    { 431, "Request Header Fields Too Large", "headers-too-large", "invalid_request_error" },
    { 500, "Internal Server Error", "internal", "server_error" },
    { 501, "Not Implemented", "not-supported", "server_error" },
    { 502, "Bad Gateway", "failed", "server_error" },
    { 503, "Service Unavailable", "unavailable", "server_error" },
    { 504, "Gateway Timeout", "timeout", "server_error" },
};

static const kind *kind_of(unsigned status)
{
    static const kind other = { 500, "Internal Server Error", "internal", "server_error" };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].status == status)
            return &kinds[i];
    return &other;
}

const char *problem_title(unsigned status)
{
    return kind_of(status)->title;
}

static void add_openai_error(cJSON *document, const kind *k, const char *detail)
{
    cJSON *error = cJSON_AddObjectToObject(document, "error");

    cJSON_AddStringToObject(error, "message", detail);
    cJSON_AddStringToObject(error, "type", k->openai_type);
    cJSON_AddNullToObject(error, "param");
    cJSON_AddStringToObject(error, "code", k->type);
}

cJSON *problem_document(const request *r, unsigned status, const char *detail)
{
    const kind *k = kind_of(status);
    cJSON *document = cJSON_CreateObject();
    char type[64];

    snprintf(type, sizeof(type), "urn:ape:problem:%s", k->type);
    cJSON_AddStringToObject(document, "type", type);
    cJSON_AddStringToObject(document, "title", k->title);
    cJSON_AddNumberToObject(document, "status", status);
    cJSON_AddStringToObject(document, "detail", detail);
    if (r->path && !r->target_bad)
        cJSON_AddStringToObject(document, "instance", r->path);
    cJSON_AddStringToObject(document, "request_id", r->id);
    if (r->path && strncmp(r->path, "/v1/", 4) == 0)
        add_openai_error(document, k, detail);
    return document;
}

void problem_send(request *r, unsigned status, cJSON *document)
{
    static const char no_memory[] =
        "{\"type\":\"urn:ape:problem:unavailable\",\"title\":\"Service Unavailable\","
        "\"status\":503,\"detail\":\"out of memory; try again\"}";
    char *text = document ? cJSON_PrintUnformatted(document) : NULL;

    cJSON_Delete(document);
    if (r->reply.owner)
        r->reply.release(r->reply.owner);
    r->reply.status = text ? status : 503;
    r->reply.body = text ? text : no_memory;
    r->reply.size = strlen(r->reply.body);
    r->reply.owner = text;
    r->reply.release = cJSON_free;
    r->reply.content_type = "application/problem+json";
    if (r->reply.status == 503)
        reply_header_add(r, "Retry-After", "1");
}

static void send_detail(request *r, unsigned status, const char *field, const char *detail)
{
    cJSON *document = problem_document(r, status, detail);

    if (field) {
        cJSON *error = cJSON_CreateObject();

        cJSON_AddStringToObject(error, "field", field);
        cJSON_AddStringToObject(error, "detail", detail);
        cJSON_AddItemToArray(cJSON_AddArrayToObject(document, "errors"), error);
    }
    problem_send(r, status, document);
}

void problem(request *r, unsigned status, const char *detail, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    send_detail(r, status, NULL, text);
}

void problem_field(request *r, const char *field, const char *detail, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, detail);
    vsnprintf(text, sizeof(text), detail, arguments);
    va_end(arguments);
    send_detail(r, 422, field, text);
}

unsigned problem_http_status(ape_status status)
{
    switch (status) {
    case APE_ERR_INVALID:
        return 422;
    case APE_ERR_NOT_FOUND:
        return 404;
    case APE_ERR_STATE:
        return 409;
    case APE_ERR_LIMIT:
        return 413;
    case APE_ERR_UNSUPPORTED:
        return 501;
    case APE_ERR_REFUSED:
        return 502;
    case APE_ERR_TIMEOUT:
    case APE_ERR_CANCELLED:
    case APE_ERR_UNAVAILABLE:
    case APE_ERR_NO_MEMORY:
    case APE_ERR_ISOLATION:
        return 503;
    default:
        return 500;
    }
}

void problem_status(request *r, ape_status status, const ape_error *err)
{
    unsigned http = problem_http_status(status);

    /* What went wrong inside is for the log; a client gets the request id to ask about. */
    problem(r, http, "%s",
            http == 500 || !err->message[0] ? "something broke inside; the log has this request id"
                                            : err->message);
}
