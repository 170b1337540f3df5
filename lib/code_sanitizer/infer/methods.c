/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/infer/methods.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by name. */
static const ape__method methods[] = {
    { "abs", METHOD_SAME, 0 },
    { "add", METHOD_SAME, 0 },
    { "agg", METHOD_UNKNOWN, 0 },
    { "all", METHOD_REDUCES, 0 },
    { "any", METHOD_REDUCES, 0 },
    { "append", METHOD_SAME, 0 },
    { "apply", METHOD_UNKNOWN, 0 },
    { "argmax", METHOD_REDUCES, VALUE_NUMPY_INT },
    { "argmin", METHOD_REDUCES, VALUE_NUMPY_INT },
    { "asfreq", METHOD_SAME, 0 },
    { "astype", METHOD_SAME, 0 },
    { "autocorr", METHOD_PAIRS, 0 },
    { "between", METHOD_SERIES_ONLY, VALUE_BOOLEAN },
    { "bfill", METHOD_SAME, 0 },
    { "clip", METHOD_SAME, 0 },
    { "copy", METHOD_SAME, 0 },
    { "corr", METHOD_PAIRS, 0 },
    { "count", METHOD_REDUCES, VALUE_NUMPY_INT },
    { "cov", METHOD_PAIRS, 0 },
    { "cummax", METHOD_SAME, 0 },
    { "cummin", METHOD_SAME, 0 },
    { "cumprod", METHOD_SAME, 0 },
    { "cumsum", METHOD_SAME, 0 },
    { "describe", METHOD_FRAME, 0 },
    { "diff", METHOD_SAME, VALUE_LEADING_NAN | VALUE_DIFFERENCE },
    { "div", METHOD_SAME, 0 },
    { "dropna", METHOD_SAME, 0 },
    { "ewm", METHOD_WINDOW, 0 },
    { "expanding", METHOD_WINDOW, 0 },
    { "ffill", METHOD_SAME, 0 },
    { "fillna", METHOD_SAME, 0 },
    { "groupby", METHOD_UNKNOWN, 0 },
    { "head", METHOD_SAME, 0 },
    { "idxmax", METHOD_LABEL, 0 },
    { "idxmin", METHOD_LABEL, 0 },
    { "interpolate", METHOD_SAME, 0 },
    { "isna", METHOD_SAME, VALUE_BOOLEAN },
    { "isnull", METHOD_SAME, VALUE_BOOLEAN },
    { "item", METHOD_ITEM, 0 },
    { "kurt", METHOD_REDUCES, 0 },
    { "kurtosis", METHOD_REDUCES, 0 },
    { "last", METHOD_REDUCES, 0 },
    { "max", METHOD_REDUCES, 0 },
    { "mean", METHOD_REDUCES, 0 },
    { "median", METHOD_REDUCES, 0 },
    { "min", METHOD_REDUCES, 0 },
    { "mul", METHOD_SAME, 0 },
    { "notna", METHOD_SAME, VALUE_BOOLEAN },
    { "nunique", METHOD_REDUCES, VALUE_NUMPY_INT },
    { "pct_change", METHOD_SAME, VALUE_LEADING_NAN },
    { "pow", METHOD_SAME, 0 },
    { "prod", METHOD_REDUCES, 0 },
    { "product", METHOD_REDUCES, 0 },
    { "quantile", METHOD_REDUCES, 0 },
    { "rank", METHOD_SAME, 0 },
    { "replace", METHOD_SAME, 0 },
    { "resample", METHOD_WINDOW, 0 },
    { "rolling", METHOD_WINDOW, 0 },
    { "round", METHOD_SAME, 0 },
    { "sem", METHOD_REDUCES, VALUE_DISPERSION },
    { "shift", METHOD_SAME, VALUE_LEADING_NAN },
    { "skew", METHOD_REDUCES, 0 },
    { "sort_index", METHOD_SAME, 0 },
    { "sort_values", METHOD_SAME, 0 },
    { "std", METHOD_REDUCES, VALUE_DISPERSION },
    { "sub", METHOD_SAME, VALUE_DIFFERENCE },
    { "sum", METHOD_REDUCES, 0 },
    { "tail", METHOD_SAME, 0 },
    { "to_dict", METHOD_DICT, 0 },
    { "to_frame", METHOD_FRAME, 0 },
    { "to_list", METHOD_LIST, 0 },
    { "to_numpy", METHOD_ARRAY, 0 },
    { "tolist", METHOD_LIST, 0 },
    { "tz_convert", METHOD_SAME, 0 },
    { "tz_localize", METHOD_SAME, 0 },
    { "unique", METHOD_ARRAY, 0 },
    { "var", METHOD_REDUCES, VALUE_DISPERSION },
    { "where", METHOD_SAME, VALUE_FILTERED },
};

static int by_name(const void *key, const void *entry)
{
    const ape__name *name = key;
    const ape__method *method = entry;
    int order = strncmp(name->text, method->name, name->size);

    return order != 0 ? order : method->name[name->size] == '\0' ? 0 : -1;
}

const ape__method *ape__method_find(ape__name name)
{
    return bsearch(&name, methods, sizeof(methods) / sizeof(methods[0]), sizeof(methods[0]),
                   by_name);
}
