/* SPDX-License-Identifier: MIT */
#include "metrics_registry/internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

/* What a name must end in, and what is put behind its stem, OpenMetrics' family
 * name among them. */
static const struct {
    const char *ending;
    const char *suffixes[5];
} kinds[] = {
    [APE__COUNTER] = { "_total", { "", "_total", "_created" } },
    [APE__GAUGE] = { "", { "" } },
    [APE__HISTOGRAM] = { "", { "", "_bucket", "_count", "_sum", "_created" } },
    [APE__INFO] = { "_info", { "", "_info" } },
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(const char *name, bool colons)
{
    if (!is_letter(*name) && !(colons && *name == ':'))
        return false;
    for (const char *c = name + 1; *c; c++)
        if (!is_letter(*c) && !is_digit(*c) && !(colons && *c == ':'))
            return false;
    return true;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), ending_size = strlen(ending);

    return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

ape_status ape__check_metric_name(ape__metric_type type, const char *name, ape_error *err)
{
    if (!name || !is_name(name, true) || strlen(name) > APE__NAME_BYTES_MAX)
        return ape__fail(err, APE_ERR_INVALID,
                         "metric name \"%.100s\": must be [a-zA-Z_:][a-zA-Z0-9_:]*, %d at most",
                         name ? name : "", APE__NAME_BYTES_MAX);
    if (*kinds[type].ending && !ends_in(name, kinds[type].ending))
        return ape__fail(err, APE_ERR_INVALID, "metric name \"%.100s\": must end in \"%s\"", name,
                         kinds[type].ending);
    if (type != APE__COUNTER && ends_in(name, "_total"))
        return ape__fail(err, APE_ERR_INVALID,
                         "metric name \"%.100s\": only a counter's name ends in \"_total\"", name);
    return APE_OK;
}

static ape_status check_label_name(const char *const *names, size_t index, ape_error *err)
{
    const char *name = names[index];

    if (!is_name(name, false) || strlen(name) > APE__NAME_BYTES_MAX)
        return ape__fail(err, APE_ERR_INVALID,
                         "label name \"%.100s\": must be [a-zA-Z_][a-zA-Z0-9_]*, %d at most", name,
                         APE__NAME_BYTES_MAX);
    if (strncmp(name, "__", 2) == 0 || strcmp(name, "le") == 0 || strcmp(name, "quantile") == 0)
        return ape__fail(err, APE_ERR_INVALID, "label name \"%.100s\" is reserved", name);
    for (size_t i = 0; i < index; i++)
        if (strcmp(names[i], name) == 0)
            return ape__fail(err, APE_ERR_INVALID, "label name \"%.100s\" is given twice", name);
    return APE_OK;
}

ape_status ape__check_label_names(const char *const *names, size_t *count, ape_error *err)
{
    size_t n = 0;

    for (; names && names[n]; n++) {
        ape_status st = check_label_name(names, n, err);

        if (st != APE_OK)
            return st;
        if (n == APE__LABELS_MAX)
            return ape__fail(err, APE_ERR_INVALID, "more than %d labels", APE__LABELS_MAX);
    }
    *count = n;
    return APE_OK;
}

ape_status ape__check_help(const char *help, ape_error *err)
{
    if (!help || !*help)
        return ape__fail(err, APE_ERR_INVALID, "help is empty: say what is measured");
    if (!ape__utf8_valid(help, strlen(help)))
        return ape__fail(err, APE_ERR_INVALID, "help is not UTF-8");
    return APE_OK;
}

ape_status ape__check_bounds(const double *bounds, size_t count, ape_error *err)
{
    if (count < 1 || count > APE__BOUNDS_MAX)
        return ape__fail(err, APE_ERR_INVALID, "%zu bounds: must be 1 to %d", count,
                         APE__BOUNDS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(bounds[i]))
            return ape__fail(err, APE_ERR_INVALID, "bound %zu is not finite", i);
        if (i > 0 && bounds[i] <= bounds[i - 1])
            return ape__fail(err, APE_ERR_INVALID, "bound %zu (%g) is not above the one before", i,
                             bounds[i]);
    }
    return APE_OK;
}

size_t ape__stem_size(ape__metric_type type, const char *name)
{
    return strlen(name) - strlen(kinds[type].ending);
}

static bool has_sample_name(const ape_metric_family *family, const char *name)
{
    if (strncmp(name, family->name, family->stem_size) != 0)
        return false;
    for (size_t i = 0; i < 5 && kinds[family->type].suffixes[i]; i++)
        if (strcmp(name + family->stem_size, kinds[family->type].suffixes[i]) == 0)
            return true;
    return false;
}

const char *ape__name_clash(const ape_metric_family *a, const ape_metric_family *b, char *buffer,
                            size_t size)
{
    for (size_t i = 0; i < 5 && kinds[a->type].suffixes[i]; i++) {
        snprintf(buffer, size, "%.*s%s", (int)a->stem_size, a->name, kinds[a->type].suffixes[i]);
        if (has_sample_name(b, buffer))
            return buffer;
    }
    return NULL;
}
