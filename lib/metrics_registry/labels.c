/* SPDX-License-Identifier: MIT */
#include "metrics_registry/internal.h"

#include <string.h>

#include "core/utf8.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_value(uint64_t hash, const char *value)
{
    size_t size = strlen(value), at = 0;
    uint64_t chunk;

    for (; size - at >= sizeof(chunk); at += sizeof(chunk)) {
        memcpy(&chunk, value + at, sizeof(chunk));
        hash = mix(hash ^ chunk, UINT64_C(0x9e3779b97f4a7c15));
    }
    chunk = 0;
    memcpy(&chunk, value + at, size - at);
    return mix(hash ^ chunk, UINT64_C(0xd6e8feb86659fd93) ^ size);
}

uint64_t ape__labels_hash(const ape_metric_family *family, const char *const *values)
{
    uint64_t hash = family->registry->seed;

    for (size_t i = 0; i < family->label_count; i++)
        hash = hash_value(hash, values[i]);
    return hash;
}

/* The character after the backslash where one is needed, else 0. */
static char escape_of(char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '"':
        return '"';
    case '\n':
        return 'n';
    default:
        return 0;
    }
}

/* Where the text goes on after this value, or NULL if it is another one. */
static const char *match_value(const char *text, const char *value)
{
    for (; *value; value++) {
        char escaped = escape_of(*value);

        if (escaped && *text++ != '\\')
            return NULL;
        if (*text++ != (escaped ? escaped : *value))
            return NULL;
    }
    return *text == '"' ? text : NULL;
}

bool ape__labels_match(ape__metric_series *series, const char *const *values)
{
    const ape_metric_family *family = series->family;
    const char *text = ape__metric_series_labels(series);

    for (size_t i = 0; i < family->label_count; i++) {
        text = match_value(text + family->label_name_sizes[i] + 2, values[i]);
        if (!text)
            return false;
        text += 2;
    }
    return true;
}

static size_t escaped_size(const char *value)
{
    size_t size = 0;

    for (; *value; value++)
        size += escape_of(*value) ? 2 : 1;
    return size;
}

ape_status ape__labels_measure(const ape_metric_family *family, const char *const *values,
                               size_t *size, ape_error *err)
{
    size_t total = 0;

    for (size_t i = 0; i < family->label_count; i++) {
        size_t value_size = strlen(values[i]);

        if (value_size > APE__LABEL_BYTES_MAX)
            return ape__fail(err, APE_ERR_INVALID,
                             "%s: value of label \"%s\" has %zu bytes, %d at most", family->name,
                             family->label_names[i], value_size, APE__LABEL_BYTES_MAX);
        if (!ape__utf8_valid(values[i], value_size))
            return ape__fail(err, APE_ERR_INVALID, "%s: value of label \"%s\" is not UTF-8",
                             family->name, family->label_names[i]);
        /* name="value" and a comma before all but the first */
        total += family->label_name_sizes[i] + 3 + escaped_size(values[i]) + (i > 0);
    }
    *size = total;
    return APE_OK;
}

static char *put_value(char *out, const char *value)
{
    *out++ = '=';
    *out++ = '"';
    for (; *value; value++) {
        char escaped = escape_of(*value);

        if (escaped)
            *out++ = '\\';
        *out++ = escaped ? escaped : *value;
    }
    *out++ = '"';
    return out;
}

void ape__labels_render(const ape_metric_family *family, const char *const *values, char *out)
{
    for (size_t i = 0; i < family->label_count; i++) {
        if (i > 0)
            *out++ = ',';
        memcpy(out, family->label_names[i], family->label_name_sizes[i]);
        out = put_value(out + family->label_name_sizes[i], values[i]);
    }
}
