/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "chat_request.h"
#include "json_text.h"

/*
 * Any bytes as the body of a request: what is taken is an object of JSON without a member twice;
 * what is not is answered with a problem that names its status. The strings come out as they went
 * in.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* There is no HTTP here: no request has a header field. */
const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *key)
{
    (void)connection;
    (void)kind;
    (void)key;
    return NULL;
}

static void check_answered(const request *r)
{
    if (r->reply.status != 400 && r->reply.status != 422 && r->reply.status != 503)
        abort();
    if (!r->reply.body || !strstr(r->reply.body, "\"detail\""))
        abort();
}

static void check_round_trip(const cJSON *object)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, object)
    {
        json_text out = { .data = NULL };
        const char *text = cJSON_GetStringValue(member);
        cJSON *again;
        char *written;

        if (!text)
            continue;
        json_text_add_string(&out, text, strlen(text));
        written = json_text_take(&out);
        again = written ? cJSON_Parse(written) : NULL;
        if (!again || strcmp(cJSON_GetStringValue(again), text) != 0)
            abort();
        cJSON_Delete(again);
        free(written);
    }
}

static void read_fields(request *r, const cJSON *object)
{
    const char *text = NULL;
    int64_t number = 0;
    bool flag = false;

    if (!body_string(r, object, "query", true, 100, &text) ||
        !body_date(r, object, "as_of", &text) ||
        !body_integer(r, object, "timeout_ms", 1, 1000, &number) ||
        !body_bool(r, object, "stream", &flag))
        check_answered(r);
    else if (number < 0 || number > 1000)
        abort();
}

static void read_chat(server *s, const cJSON *object)
{
    request *r = request_new(s, NULL, "/v1/chat/completions");
    chat_form form = { .stream = false };
    ape_llm_request *asked;

    r->path = "/v1/chat/completions";
    asked = chat_request(r, object, &form);
    if (!asked)
        check_answered(r);
    ape_llm_request_free(asked);
    request_free(r);
}

static void run(server *s, const uint8_t *data, size_t size)
{
    request *r = request_new(s, NULL, "/api/query");
    cJSON *object;

    r->path = "/api/query";
    request_append(r, (const char *)data, size);
    object = body_object(r, NULL);
    if (!object) {
        check_answered(r);
    } else {
        if (!utf8_valid(r->body, r->body_size))
            abort();
        check_round_trip(object);
        read_fields(r, object);
        read_chat(s, object);
    }
    cJSON_Delete(object);
    request_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static server s;
    static parts none = { .shares = 1 };

    if (!s.host && ape_host_new(NULL, &s.host, NULL) != APE_OK)
        abort();
    s.parts = &none;
    run(&s, data, size);
    return 0;
}
