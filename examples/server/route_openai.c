/* SPDX-License-Identifier: MIT */
#include "body.h"
#include "chain.h"
#include "chat.h"
#include "routes.h"

void route_chat(request *r)
{
    cJSON *body = body_object(r, NULL);
    chat_form form = { .stream = false };
    ape_llm_request *asked = body ? chat_request(r, body, &form) : NULL;

    if (asked)
        chat_start(r, asked, &form);
    cJSON_Delete(body);
}

static void add_model(void *data, const char *id)
{
    cJSON *model = cJSON_CreateObject();

    cJSON_AddStringToObject(model, "id", id);
    cJSON_AddStringToObject(model, "object", "model");
    cJSON_AddNumberToObject(model, "created", 0);
    cJSON_AddStringToObject(model, "owned_by", "libape");
    cJSON_AddItemToArray(data, model);
}

void route_models(request *r)
{
    cJSON *answer_list = cJSON_CreateObject();
    cJSON *data;

    cJSON_AddStringToObject(answer_list, "object", "list");
    data = cJSON_AddArrayToObject(answer_list, "data");
    add_model(data, "ape");
    chain_for_each(r->parts->settings, add_model, data);
    reply_json(r, 200, answer_list);
}
