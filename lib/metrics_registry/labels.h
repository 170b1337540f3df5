/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_LABELS_H
#define APE_METRICS_REGISTRY_LABELS_H

#include <string.h>

#include "metrics_registry/internal.h"

/*
 * Label values: found by their hash, and compared with the text of a series. What a lookup of
 * a series that is there needs is inline: it is on the way of every labelled count.
 */

/** Label values, and their sizes: asked for once. */
typedef struct ape__labels {
    const char *const *values;
    size_t sizes[APE__LABELS_MAX];
} ape__labels;

/** Check values, and give the size of their text; equal to that of the plain text if
 *  nothing is escaped. */
ape_status ape__labels_measure(const ape_metric_family *family, const ape__labels *labels,
                               size_t *size, ape_error *err);
void ape__labels_render(const ape_metric_family *family, const ape__labels *labels, char *out);
/** Do they match a text that has escapes? */
bool ape__labels_match_escaped(ape__metric_series *series, const ape__labels *labels);

/** Take values up; false if one is missing. */
static inline bool ape__labels_take(const ape_metric_family *family, const char *const *values,
                                    ape__labels *labels)
{
    if (family->label_count > 0 && !values)
        return false;
    for (size_t i = 0; i < family->label_count; i++) {
        if (!values[i])
            return false;
        labels->sizes[i] = strlen(values[i]);
    }
    labels->values = values;
    return true;
}

__extension__ typedef unsigned __int128 ape__wide;

static inline uint64_t ape__mix(uint64_t a, uint64_t b)
{
    ape__wide product = (ape__wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/** Up to eight bytes as a number; different for different bytes of the same size. */
static inline uint64_t ape__load(const char *bytes, size_t size)
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
static inline uint64_t ape__hash_value(uint64_t hash, const char *value, size_t size)
{
    size_t at = 0;

    for (; size - at > 8; at += 8)
        hash = ape__mix(hash ^ ape__load(value + at, 8), UINT64_C(0x9e3779b97f4a7c15));
    return ape__mix(hash ^ (size < 8 ? ape__load(value, size) : ape__load(value + size - 8, 8)),
                    UINT64_C(0xd6e8feb86659fd93) ^ size);
}

static inline uint64_t ape__labels_hash(const ape_metric_family *family, const ape__labels *labels)
{
    uint64_t hash = family->registry->seed;

    for (size_t i = 0; i < family->label_count; i++)
        hash = ape__hash_value(hash, labels->values[i], labels->sizes[i]);
    return hash;
}

static inline bool ape__same_bytes(const char *a, const char *b, size_t size)
{
    if (size > 8)
        return memcmp(a, b, size) == 0;
    return ape__load(a, size) == ape__load(b, size);
}

/** Size of the text of these values where nothing is escaped. */
static inline size_t ape__labels_plain_size(const ape_metric_family *family,
                                            const ape__labels *labels)
{
    size_t total = family->label_frame;

    for (size_t i = 0; i < family->label_count; i++)
        total += labels->sizes[i];
    return total;
}

/* The text has no escapes: two quotes for each label, and no other. If the values,
 * written without escapes, give the same text, they hold no quotes either. */
static inline bool ape__labels_match_plain(const ape_metric_family *family,
                                           ape__metric_series *series, const ape__labels *labels)
{
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
        if (!ape__same_bytes(text + name_size + 2, labels->values[i], size))
            return false;
        text += name_size + size + 4;
    }
    return true;
}

static inline bool ape__labels_match(const ape_metric_family *family, ape__metric_series *series,
                                     const ape__labels *labels)
{
    return series->is_plain ? ape__labels_match_plain(family, series, labels)
                            : ape__labels_match_escaped(series, labels);
}

#endif /* APE_METRICS_REGISTRY_LABELS_H */
