/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/rules/pandas_calls.h"

bool ape__is_method(const ape__node *call, const char *name)
{
    return call->a->kind == NODE_ATTRIBUTE && ape__name_is(call->a->name, name);
}

bool ape__is_pandas(const ape__node *node)
{
    const ape__value *value = ape__value_of(node);

    return ape__value_is_many(value) && value->kind != KIND_ARRAY && value->kind != KIND_INDEX;
}

bool ape__is_frame(const ape__node *node)
{
    ape__kind kind = ape__value_of(node)->kind;

    return kind == KIND_FRAME || kind == KIND_FLAT || kind == KIND_HISTORY ||
           kind == KIND_DOWNLOAD || kind == KIND_MULTI || kind == KIND_COLUMN;
}

/* "x.method" without the call's parentheses: where the method's name stands. */
void ape__rename_method(ape__fix *fix, const ape__node *call, const char *name)
{
    ape__fix_replace(fix, call->a->end - call->a->name.size, call->a->end, name);
}
