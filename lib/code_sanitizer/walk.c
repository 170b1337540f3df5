/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/fixer.h"

typedef void visit_function(ape__fixer *f, ape__node *node);

static visit_function *const families[FIXES_COUNT] = {
    [FIXES_NAMES] = ape__visit_names,       [FIXES_READERS] = ape__visit_readers,
    [FIXES_YFINANCE] = ape__visit_yfinance, [FIXES_PANDAS] = ape__visit_pandas,
    [FIXES_NUMPY] = ape__visit_numpy,       [FIXES_OUTPUT] = ape__visit_output,
    [FIXES_FINANCE] = ape__visit_finance,   [FIXES_REQUEST] = ape__visit_request,
};

/* A bit for each family. */
enum {
    NAMES = 1 << FIXES_NAMES,
    READERS = 1 << FIXES_READERS,
    YFINANCE = 1 << FIXES_YFINANCE,
    PANDAS = 1 << FIXES_PANDAS,
    NUMPY = 1 << FIXES_NUMPY,
    OUTPUT = 1 << FIXES_OUTPUT,
    FINANCE = 1 << FIXES_FINANCE,
    REQUEST = 1 << FIXES_REQUEST,
    TYPED = YFINANCE | PANDAS | FINANCE | REQUEST, /* only where values are known */
};

/* The families that look at a kind of node; a rule for another kind adds its family here. */
static const uint8_t lookers[NODE_KIND_COUNT] = {
    [NODE_MODULE] = NAMES,
    [NODE_FUNCTION] = NAMES,
    [NODE_WHILE] = NAMES,
    [NODE_NAME] = NAMES,
    [NODE_CALL] = NAMES | READERS | YFINANCE | PANDAS | NUMPY | OUTPUT | FINANCE | REQUEST,
    [NODE_ATTRIBUTE] = NAMES | PANDAS | NUMPY,
    [NODE_SUBSCRIPT] = YFINANCE | PANDAS,
    [NODE_ASSIGN] = YFINANCE | PANDAS | OUTPUT | FINANCE,
    [NODE_EXPR] = YFINANCE | OUTPUT,
    [NODE_FOR] = YFINANCE,
    [NODE_COMPARE] = PANDAS,
    [NODE_FORMATTED] = PANDAS,
    [NODE_HANDLER] = OUTPUT,
    [NODE_BIN_OP] = FINANCE,
    [NODE_DICT] = FINANCE,
};

_Static_assert(FIXES_COUNT <= 8, "a bit of a byte for each family");

static bool names_attribute_error(const ape__node *type)
{
    if (ape__node_is(type, NODE_TUPLE)) {
        for (uint32_t i = 0; i < type->list.count; i++)
            if (names_attribute_error(type->list.items[i]))
                return true;
        return false;
    }
    return ape__node_is_name(type, "AttributeError");
}

/* A try around a name that is not there in every version. */
static bool catches_attribute_error(const ape__node *node)
{
    for (uint32_t i = 0; i < node->list2.count; i++)
        if (names_attribute_error(node->list2.items[i]->a))
            return true;
    return false;
}

static void note_question(ape__node *node, void *user)
{
    bool *asks = user;

    *asks = *asks || ape__node_is_name(node, "hasattr") ||
            (node->kind == NODE_ATTRIBUTE && ape__name_is(node->name, "__version__"));
    ape__node_each_child(node, note_question, user);
}

/* if hasattr(np, "trapezoid"), if np.__version__ >= "2" */
static bool asks_for_version(const ape__node *node)
{
    bool asks = false;

    note_question(node->a, &asks);
    return asks;
}

/* True where both names that a thing has in different versions are minded. */
static bool minds_versions(const ape__node *node)
{
    switch (node->kind) {
    case NODE_TRY:
        return catches_attribute_error(node);
    case NODE_IF:
    case NODE_IF_EXP:
        return asks_for_version(node);
    default:
        return false;
    }
}

static void visit(ape__node *node, void *user)
{
    ape__fixer *f = user;
    unsigned asked = lookers[node->kind] & (f->typed ? ~0u : ~(unsigned)TYPED);
    bool minded = minds_versions(node);

    for (f->family = 0; asked >> f->family; f->family++)
        if (asked >> f->family & 1)
            families[f->family](f, node);
    f->minded += minded;
    ape__node_each_child(node, visit, f);
    f->minded -= minded;
}

void ape__fixer_walk(ape__fixer *f)
{
    visit(f->module, f);
}
