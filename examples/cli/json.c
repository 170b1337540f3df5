/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdio.h>

const cJSON *json_member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *json_text(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(json_member(object, name));

    return value ? value : "-";
}

double json_number(const cJSON *object, const char *name)
{
    return cJSON_GetNumberValue(json_member(object, name));
}

void print_text(ape_text *text)
{
    puts(ape_text_data(text));
    ape_text_free(text);
}
