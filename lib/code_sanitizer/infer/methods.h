/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_METHODS_H
#define APE_CODE_SANITIZER_METHODS_H

#include "code_sanitizer/infer/value.h"

/** How a method of a frame or series goes from its receiver to its result. */
typedef enum ape__method_shape {
    METHOD_UNKNOWN,
    METHOD_SAME,        /* element by element, or a part: pct_change, dropna, head */
    METHOD_REDUCES,     /* a series to a number, a frame to a series: mean, std */
    METHOD_WINDOW,      /* rolling, ewm, resample */
    METHOD_ARRAY,       /* to_numpy */
    METHOD_PAIRS,       /* with another series, to a number: corr, cov */
    METHOD_LIST,        /* tolist */
    METHOD_DICT,        /* to_dict */
    METHOD_ITEM,        /* item: the only number */
    METHOD_LABEL,       /* idxmax: a label of the index */
    METHOD_FRAME,       /* describe, to_frame */
    METHOD_SERIES_ONLY, /* SAME, but a frame has no such method: autocorr, unique */
} ape__method_shape;

typedef struct ape__method {
    const char *name;
    ape__method_shape shape;
    uint32_t flags; /* of the result, beside what it keeps */
} ape__method;

/** NULL for a method that is not in the table. */
const ape__method *ape__method_find(ape__name name);

#endif /* APE_CODE_SANITIZER_METHODS_H */
