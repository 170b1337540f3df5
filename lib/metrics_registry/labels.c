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

static uint64_t load(const char *bytes, size_t size)
{
    uint64_t eight = 0;
    uint32_t first, last;

    if (size >= 8) {
        memcpy(&eight, bytes, 8);
    } else if (size >= 4) {
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + size - 4, 4);
        eight = (uint64_t)first << 32 | last;
    } else if (size > 0) {
        eight = (uint64_t)(unsigned char)bytes[0] << 16 |
                (uint64_t)(unsigned char)bytes[size / 2] << 8 | (unsigned char)bytes[size - 1];
    }
    return eight;
}

/* Multiply and fold, eight bytes at a time; the last eight may overlap. */
static uint64_t hash_value(uint64_t hash, const char *value, size_t size)
{
    size_t at = 0;

    for (; size - at > 8; at += 8)
        hash = mix(hash ^ load(value + at, 8), UINT64_C(0x9e3779b97f4a7c15));
    return mix(hash ^ (size < 8 ? load(value, size) : load(value + size - 8, 8)),
               UINT64_C(0xd6e8feb86659fd93) ^ size);
}

ape_status ape__labels_take(const ape_metric_family *family, const char *const *values,
                            ape__labels *labels, ape_error *err)
{
    if (family->label_count > 0 && !values)
        return ape__fail(err, APE_ERR_INVALID, "%s: label values are NULL", family->name);
    for (size_t i = 0; i < family->label_count; i++) {
        if (!values[i])
            return ape__fail(err, APE_ERR_INVALID, "%s: value of label \"%s\" is NULL",
                             family->name, family->label_names[i]);
        labels->sizes[i] = strlen(values[i]);
    }
    labels->values = values;
    return APE_OK;
}

uint64_t ape__labels_hash(const ape_metric_family *family, const ape__labels *labels)
{
    uint64_t hash = family->registry->seed;

    for (size_t i = 0; i < family->label_count; i++)
        hash = hash_value(hash, labels->values[i], labels->sizes[i]);
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

static bool match_escaped(ape__metric_series *series, const ape__labels *labels)
{
    const ape_metric_family *family = series->family;
    const char *text = ape__metric_series_labels(series);

    for (size_t i = 0; i < family->label_count; i++) {
        text = match_value(text + family->label_name_sizes[i] + 2, labels->values[i]);
        if (!text)
            return false;
        text += 2;
    }
    return true;
}

/* The text has no escapes: two quotes for each label, and no other. If the values,
 * written without escapes, give the same text, they hold no quotes either. */
static bool match_plain(ape__metric_series *series, const ape__labels *labels)
{
    const ape_metric_family *family = series->family;
    const char *text = ape__metric_series_labels(series);

    if (ape__labels_plain_size(family, labels) != series->label_size)
        return false;
    for (size_t i = 0; i < family->label_count; i++) {
        size_t name_size = family->label_name_sizes[i], size = labels->sizes[i];

        /* with one label its size says enough */
        if (family->label_count > 1 &&
            (memcmp(text, family->label_names[i], name_size) != 0 || text[name_size + 1] != '"' ||
             text[name_size + 2 + size] != '"'))
            return false;
        if (memcmp(text + name_size + 2, labels->values[i], size) != 0)
            return false;
        text += name_size + size + 4;
    }
    return true;
}

bool ape__labels_match(ape__metric_series *series, const ape__labels *labels)
{
    return series->is_plain ? match_plain(series, labels) : match_escaped(series, labels);
}

static size_t escaped_size(const char *value)
{
    size_t size = 0;

    for (; *value; value++)
        size += escape_of(*value) ? 2 : 1;
    return size;
}

size_t ape__labels_plain_size(const ape_metric_family *family, const ape__labels *labels)
{
    size_t total = 0;

    /* name="value" and a comma before all but the first */
    for (size_t i = 0; i < family->label_count; i++)
        total += family->label_name_sizes[i] + 3 + labels->sizes[i] + (i > 0);
    return total;
}

ape_status ape__labels_measure(const ape_metric_family *family, const ape__labels *labels,
                               size_t *size, ape_error *err)
{
    size_t escapes = 0;

    for (size_t i = 0; i < family->label_count; i++) {
        size_t value_size = labels->sizes[i];

        if (value_size > APE__LABEL_BYTES_MAX)
            return ape__fail(err, APE_ERR_INVALID,
                             "%s: value of label \"%s\" has %zu bytes, %d at most", family->name,
                             family->label_names[i], value_size, APE__LABEL_BYTES_MAX);
        if (!ape__utf8_valid(labels->values[i], value_size))
            return ape__fail(err, APE_ERR_INVALID, "%s: value of label \"%s\" is not UTF-8",
                             family->name, family->label_names[i]);
        escapes += escaped_size(labels->values[i]) - value_size;
    }
    *size = ape__labels_plain_size(family, labels) + escapes;
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

void ape__labels_render(const ape_metric_family *family, const ape__labels *labels, char *out)
{
    for (size_t i = 0; i < family->label_count; i++) {
        if (i > 0)
            *out++ = ',';
        memcpy(out, family->label_names[i], family->label_name_sizes[i]);
        out = put_value(out + family->label_name_sizes[i], labels->values[i]);
    }
}
