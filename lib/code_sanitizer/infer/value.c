/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/infer/value.h"

#include <string.h>

const ape__value ape__value_unknown = { .kind = KIND_UNKNOWN, .origin = ORIGIN_UNKNOWN };

static bool same_name(const char *one, const char *two)
{
    return one == two || (one && two && strcmp(one, two) == 0);
}

static bool is_same(const ape__value *one, const ape__value *two)
{
    return one->kind == two->kind && one->origin == two->origin && one->flags == two->flags &&
           same_name(one->name, two->name) && one->node == two->node &&
           one->source == two->source && one->source2 == two->source2 &&
           one->literal == two->literal && one->element == two->element &&
           one->receiver == two->receiver;
}

/* Numbers of two kinds are still a number. */
static ape__kind join_kinds(const ape__value *one, const ape__value *two)
{
    if (one->kind == two->kind)
        return same_name(one->name, two->name) ? one->kind : KIND_UNKNOWN;
    if (ape__value_is_number(one) && ape__value_is_number(two))
        return one->kind == KIND_SCALAR || two->kind == KIND_SCALAR ? KIND_SCALAR : KIND_FLOAT;
    return KIND_UNKNOWN;
}

const ape__value *ape__value_join(ape__arena *arena, const ape__value *one, const ape__value *two)
{
    ape__value *joined;

    if (!one || !two)
        return one ? one : two;
    if (one == two || is_same(one, two))
        return one;
    joined = ape__arena_alloc(arena, sizeof(*joined));
    if (!joined)
        return &ape__value_unknown;
    *joined = *one;
    joined->kind = join_kinds(one, two);
    joined->origin = one->origin | two->origin;
    joined->flags = one->flags | two->flags;
    if (!(one->flags & two->flags & VALUE_ONE_TICKER))
        joined->flags &= ~(uint32_t)VALUE_ONE_TICKER;
    if (one->node != two->node)
        joined->node = NULL;
    if (one->source != two->source)
        joined->source2 = one->source ? two->source : NULL;
    if (!joined->source)
        joined->source = two->source;
    joined->literal = one->literal == two->literal ? one->literal : NULL;
    joined->element =
        one->element && two->element ? ape__value_join(arena, one->element, two->element) : NULL;
    if (one->receiver != two->receiver)
        joined->receiver = NULL;
    return joined;
}

bool ape__value_is_many(const ape__value *value)
{
    switch (value->kind) {
    case KIND_FRAME:
    case KIND_DOWNLOAD:
    case KIND_COLUMN:
    case KIND_ROW:
    case KIND_HISTORY:
    case KIND_FLAT:
    case KIND_MULTI:
    case KIND_SERIES:
    case KIND_INDEX:
    case KIND_ARRAY:
        return true;
    default:
        return false;
    }
}

bool ape__value_is_number(const ape__value *value)
{
    return value->kind == KIND_SCALAR || value->kind == KIND_FLOAT || value->kind == KIND_INT ||
           value->kind == KIND_BOOL;
}
