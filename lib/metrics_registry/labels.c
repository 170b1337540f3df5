/* SPDX-License-Identifier: MIT */
#include "metrics_registry/labels.h"

#include <string.h>

#include "core/utf8.h"

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

bool ape__labels_match_escaped(ape__metric_series *series, const ape__labels *labels)
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

static size_t escaped_size(const char *value)
{
    size_t size = 0;

    for (; *value; value++)
        size += escape_of(*value) ? 2 : 1;
    return size;
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
