/* SPDX-License-Identifier: MIT */
#include "core/json.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

ape_status ape__json_parse(const char *text, size_t size, cJSON **out, ape_error *err)
{
    const char *end = text;
    cJSON *value = size ? cJSON_ParseWithLengthOpts(text, size, &end, 0) : NULL;
    size_t offset = size ? (size_t)(end - text) : 0;

    while (value && offset < size && is_space(text[offset]))
        offset++;
    if (value && offset == size) {
        *out = value;
        return APE_OK;
    }
    cJSON_Delete(value);
    ape__fail(err, APE_ERR_FORMAT, "not a JSON value, at byte %zu", offset);
    if (err)
        err->offset = offset;
    return APE_ERR_FORMAT;
}

const cJSON *ape__json_get(const cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

const char *ape__json_get_string(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(ape__json_get(object, name));
}

const cJSON *ape__json_get_object(const cJSON *object, const char *name)
{
    const cJSON *item = ape__json_get(object, name);

    return cJSON_IsObject(item) ? item : NULL;
}

const cJSON *ape__json_get_array(const cJSON *object, const char *name)
{
    const cJSON *item = ape__json_get(object, name);

    return cJSON_IsArray(item) ? item : NULL;
}

bool ape__json_get_number(const cJSON *object, const char *name, double *out)
{
    const cJSON *item = ape__json_get(object, name);

    if (!cJSON_IsNumber(item))
        return false;
    *out = item->valuedouble;
    return true;
}
