/* SPDX-License-Identifier: MIT */
#include <time.h>

#include "body.h"
#include "problem.h"
#include "routes.h"

enum { DEFAULT_TTL_S = 300, MAX_TTL_S = 3600 };

static void reply_token(request *r, const char *token, int64_t ttl_s)
{
    cJSON *answer = cJSON_CreateObject();

    cJSON_AddStringToObject(answer, "token", token);
    cJSON_AddStringToObject(answer, "token_type", "Bearer");
    cJSON_AddNumberToObject(answer, "expires_in", (double)ttl_s);
    reply_json(r, 200, answer);
}

void route_token(request *r)
{
    static const char *const members[] = { "ttl_s", NULL };
    cJSON *body = body_object(r, members);
    int64_t ttl_s = DEFAULT_TTL_S;
    char token[TOKEN_SIZE];

    if (!body)
        return;
    if (!body_integer(r, body, "ttl_s", 1, MAX_TTL_S, &ttl_s)) {
        cJSON_Delete(body);
        return;
    }
    cJSON_Delete(body);
    if (token_issue(r->parts->settings, TOKEN_TYPE_ACCESS, r->client, (int64_t)time(NULL),
                    (uint32_t)ttl_s, token))
        reply_token(r, token, ttl_s);
    else
        problem(r, 501, "this server has no SECRET_KEY to sign with");
}
