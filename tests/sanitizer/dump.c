/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include <string.h>

typedef struct dump {
    ape__buffer *out;
    const char *text;
    uint32_t size;
    int minor;
    uint32_t *lines; /* where each begins */
    uint32_t line_count;
    int in_fstring; /* before Python 3.12 places in f-strings mean little */
} dump;

static void node(dump *d, const ape__node *n);

static void put(dump *d, const char *text)
{
    ape__buffer_puts(d->out, text);
}

static void list(dump *d, const ape__nodes *nodes)
{
    put(d, "[");
    for (uint32_t i = 0; i < nodes->count; i++)
        node(d, nodes->items[i]);
    put(d, "]");
}

static void name(dump *d, ape__name n)
{
    if (n.size == 0)
        put(d, "-");
    ape__buffer_append(d->out, n.text, n.size);
    put(d, " ");
}

static void place(dump *d, uint32_t at)
{
    uint32_t low = 0, high = d->line_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (d->lines[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    ape__buffer_printf(d->out, "%u:%u", low + 1, at - d->lines[low]);
}

static void head(dump *d, const ape__node *n, const char *kind, bool has_place)
{
    put(d, kind);
    if (has_place && !d->in_fstring) {
        put(d, "@");
        place(d, n->start);
        put(d, "-");
        place(d, n->end);
    }
    put(d, "(");
}

static bool is_named_escape(const dump *d, const ape__node *n)
{
    for (uint32_t i = n->start; i + 1 < n->end; i++)
        if (d->text[i] == '\\' && d->text[i + 1] == 'N')
            return true;
    return false;
}

static void constant(dump *d, const ape__node *n)
{
    static const char *const words[] = { "None", "False", "True",   "Ellipsis",
                                         "int",  "float", "complex" };

    if (n->op <= CONSTANT_IMAGINARY) {
        put(d, words[n->op]);
        return;
    }
    put(d, n->op == CONSTANT_BYTES ? "b" : "s");
    if (is_named_escape(d, n)) {
        put(d, "?");
        return;
    }
    ape__buffer_printf(d->out, "%u:", n->name.size);
    ape__buffer_append(d->out, n->name.text, n->name.size);
}

static void arg(dump *d, const ape__node *n)
{
    if (!n) {
        put(d, "-");
        return;
    }
    head(d, n, "arg", true);
    name(d, n->name);
    node(d, n->a);
    put(d, ")");
    node(d, n->b);
}

static void args(dump *d, const ape__nodes *nodes)
{
    put(d, "[");
    for (uint32_t i = 0; i < nodes->count; i++)
        arg(d, nodes->items[i]);
    put(d, "]");
}

static void arguments(dump *d, const ape__node *n)
{
    put(d, "arguments(");
    args(d, &n->list);
    args(d, &n->list2);
    arg(d, n->a);
    args(d, &n->c->list);
    arg(d, n->b);
    put(d, ")");
}

static void joined(dump *d, const ape__node *n)
{
    d->in_fstring += d->minor < 12;
    for (uint32_t i = 0; i < n->list.count; i++) {
        const ape__node *part = n->list.items[i];

        if (part->kind != NODE_FORMATTED)
            continue;
        put(d, "{");
        node(d, part->a);
        ape__buffer_printf(d->out, "%d", part->op ? part->op : -1);
        if (part->b)
            joined(d, part->b);
        put(d, "}");
    }
    d->in_fstring -= d->minor < 12;
}

static void type_params(dump *d, const ape__node *n)
{
    if (d->minor < 12)
        return;
    if (n)
        list(d, &n->list);
    else
        put(d, "[]");
}

static void function(dump *d, const ape__node *n)
{
    name(d, n->name);
    arguments(d, n->a);
    list(d, &n->list);
    list(d, &n->list2);
    node(d, n->b);
    type_params(d, n->c);
}

static void class(dump *d, const ape__node *n)
{
    name(d, n->name);
    list(d, &n->a->list);
    list(d, &n->a->list2);
    list(d, &n->list);
    list(d, &n->list2);
    type_params(d, n->c);
}

static void names(dump *d, const ape__nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++)
        name(d, nodes->items[i]->name);
}

static void ops(dump *d, ape__name list_of_ops)
{
    for (uint32_t i = 0; i < list_of_ops.size; i++)
        ape__buffer_printf(d->out, "%d,", list_of_ops.text[i]);
}

static bool statement(dump *d, const ape__node *n)
{
    switch (n->kind) {
    case NODE_FUNCTION:
        function(d, n);
        return true;
    case NODE_CLASS:
        class(d, n);
        return true;
    case NODE_ASSIGN:
        list(d, &n->list);
        node(d, n->a);
        return true;
    case NODE_DELETE:
        list(d, &n->list);
        return true;
    case NODE_TYPE_ALIAS:
        node(d, n->a);
        type_params(d, n->c);
        node(d, n->b);
        return true;
    case NODE_AUG_ASSIGN:
        node(d, n->a);
        put(d, ape__token_spelling((ape__token_kind)n->op));
        node(d, n->b);
        return true;
    case NODE_ANN_ASSIGN:
        node(d, n->a);
        node(d, n->b);
        node(d, n->c);
        ape__buffer_printf(d->out, "%d", n->op);
        return true;
    case NODE_FOR:
        node(d, n->a);
        node(d, n->b);
        list(d, &n->list);
        list(d, &n->list2);
        return true;
    case NODE_WHILE:
    case NODE_IF:
        node(d, n->a);
        list(d, &n->list);
        list(d, &n->list2);
        return true;
    case NODE_WITH:
        list(d, &n->list2);
        list(d, &n->list);
        return true;
    case NODE_MATCH:
        node(d, n->a);
        list(d, &n->list);
        return true;
    case NODE_TRY:
        list(d, &n->list);
        list(d, &n->list2);
        list(d, &n->c->list);
        list(d, &n->c->list2);
        return true;
    case NODE_RAISE:
    case NODE_ASSERT:
        node(d, n->a);
        node(d, n->b);
        return true;
    case NODE_IMPORT:
        list(d, &n->list);
        return true;
    case NODE_IMPORT_FROM:
        name(d, n->name);
        list(d, &n->list);
        ape__buffer_printf(d->out, "%d", n->op);
        return true;
    case NODE_GLOBAL:
    case NODE_NONLOCAL:
        names(d, &n->list);
        return true;
    case NODE_RETURN:
    case NODE_EXPR:
        node(d, n->a);
        return true;
    case NODE_PASS:
    case NODE_BREAK:
    case NODE_CONTINUE:
        return true;
    default:
        return false;
    }
}

static bool expression(dump *d, const ape__node *n)
{
    switch (n->kind) {
    case NODE_BOOL_OP:
        put(d, n->op == TOKEN_AND ? "and" : "or");
        list(d, &n->list);
        return true;
    case NODE_BIN_OP:
        node(d, n->a);
        put(d, ape__token_spelling((ape__token_kind)n->op));
        node(d, n->b);
        return true;
    case NODE_UNARY_OP:
        put(d, ape__token_spelling((ape__token_kind)n->op));
        node(d, n->a);
        return true;
    case NODE_LAMBDA:
        arguments(d, n->a);
        node(d, n->b);
        return true;
    case NODE_DICT:
    case NODE_MATCH_MAPPING:
        list(d, &n->list);
        list(d, &n->list2);
        if (n->kind == NODE_MATCH_MAPPING)
            name(d, n->name);
        return true;
    case NODE_DICT_COMP:
        node(d, n->a);
        node(d, n->b);
        list(d, &n->list);
        return true;
    case NODE_LIST_COMP:
    case NODE_SET_COMP:
    case NODE_GENERATOR:
        node(d, n->a);
        list(d, &n->list);
        return true;
    case NODE_COMPARE:
        node(d, n->a);
        ops(d, n->name);
        list(d, &n->list);
        return true;
    case NODE_CALL:
        node(d, n->a);
        list(d, &n->list);
        list(d, &n->list2);
        return true;
    case NODE_JOINED:
        joined(d, n);
        return true;
    case NODE_CONSTANT:
        constant(d, n);
        return true;
    case NODE_ATTRIBUTE:
        node(d, n->a);
        name(d, n->name);
        return true;
    case NODE_NAME:
        name(d, n->name);
        return true;
    case NODE_SET:
    case NODE_LIST:
    case NODE_TUPLE:
    case NODE_MATCH_SEQUENCE:
    case NODE_MATCH_OR:
        list(d, &n->list);
        return true;
    case NODE_IF_EXP:
    case NODE_SLICE:
        node(d, n->a);
        node(d, n->b);
        node(d, n->c);
        return true;
    case NODE_MATCH_CLASS:
        node(d, n->a);
        list(d, &n->list);
        names(d, &n->list2);
        for (uint32_t i = 0; i < n->list2.count; i++)
            node(d, n->list2.items[i]->a);
        return true;
    case NODE_MATCH_SINGLETON:
        constant(d, n);
        return true;
    default:
        return false;
    }
}

static void other(dump *d, const ape__node *n)
{
    switch (n->kind) {
    case NODE_COMPREHENSION:
        node(d, n->a);
        node(d, n->b);
        list(d, &n->list);
        ape__buffer_printf(d->out, "%d", n->op);
        return;
    case NODE_HANDLER:
        node(d, n->a);
        name(d, n->name);
        list(d, &n->list);
        return;
    case NODE_MATCH_CASE:
        node(d, n->a);
        node(d, n->b);
        list(d, &n->list);
        return;
    case NODE_ALIAS:
        name(d, n->name);
        name(d, n->a ? n->a->name : (ape__name){ "", 0 });
        return;
    case NODE_KEYWORD:
    case NODE_MATCH_STAR:
        name(d, n->name);
        if (n->kind == NODE_KEYWORD)
            node(d, n->a);
        return;
    case NODE_MATCH_AS:
        node(d, n->a);
        name(d, n->name);
        return;
    case NODE_TYPE_VAR:
        name(d, n->name);
        node(d, n->a);
        if (d->minor >= 13)
            node(d, n->b);
        return;
    case NODE_PARAM_SPEC:
    case NODE_TYPE_VAR_TUPLE:
        name(d, n->name);
        if (d->minor >= 13)
            node(d, n->b);
        return;
    default: /* NAMED, AWAIT, YIELD, STARRED, WITH_ITEM, MATCH_VALUE */
        node(d, n->a);
        if (n->kind == NODE_NAMED || n->kind == NODE_WITH_ITEM)
            node(d, n->b);
    }
}

static const char *kind_name(const ape__node *n)
{
    static const char *const kinds[NODE_KIND_COUNT] = {
        [NODE_FUNCTION] = "FunctionDef",
        [NODE_CLASS] = "ClassDef",
        [NODE_RETURN] = "Return",
        [NODE_DELETE] = "Delete",
        [NODE_ASSIGN] = "Assign",
        [NODE_TYPE_ALIAS] = "TypeAlias",
        [NODE_AUG_ASSIGN] = "AugAssign",
        [NODE_ANN_ASSIGN] = "AnnAssign",
        [NODE_FOR] = "For",
        [NODE_WHILE] = "While",
        [NODE_IF] = "If",
        [NODE_WITH] = "With",
        [NODE_MATCH] = "Match",
        [NODE_RAISE] = "Raise",
        [NODE_TRY] = "Try",
        [NODE_ASSERT] = "Assert",
        [NODE_IMPORT] = "Import",
        [NODE_IMPORT_FROM] = "ImportFrom",
        [NODE_GLOBAL] = "Global",
        [NODE_NONLOCAL] = "Nonlocal",
        [NODE_EXPR] = "Expr",
        [NODE_PASS] = "Pass",
        [NODE_BREAK] = "Break",
        [NODE_CONTINUE] = "Continue",
        [NODE_BOOL_OP] = "BoolOp",
        [NODE_NAMED] = "NamedExpr",
        [NODE_BIN_OP] = "BinOp",
        [NODE_UNARY_OP] = "UnaryOp",
        [NODE_LAMBDA] = "Lambda",
        [NODE_IF_EXP] = "IfExp",
        [NODE_DICT] = "Dict",
        [NODE_SET] = "Set",
        [NODE_LIST_COMP] = "ListComp",
        [NODE_SET_COMP] = "SetComp",
        [NODE_DICT_COMP] = "DictComp",
        [NODE_GENERATOR] = "GeneratorExp",
        [NODE_AWAIT] = "Await",
        [NODE_YIELD] = "Yield",
        [NODE_YIELD_FROM] = "YieldFrom",
        [NODE_COMPARE] = "Compare",
        [NODE_CALL] = "Call",
        [NODE_JOINED] = "JoinedStr",
        [NODE_CONSTANT] = "Constant",
        [NODE_ATTRIBUTE] = "Attribute",
        [NODE_SUBSCRIPT] = "Subscript",
        [NODE_STARRED] = "Starred",
        [NODE_NAME] = "Name",
        [NODE_LIST] = "List",
        [NODE_TUPLE] = "Tuple",
        [NODE_SLICE] = "Slice",
        [NODE_COMPREHENSION] = "comprehension",
        [NODE_HANDLER] = "ExceptHandler",
        [NODE_KEYWORD] = "keyword",
        [NODE_ALIAS] = "alias",
        [NODE_WITH_ITEM] = "withitem",
        [NODE_MATCH_CASE] = "match_case",
        [NODE_TYPE_VAR] = "TypeVar",
        [NODE_PARAM_SPEC] = "ParamSpec",
        [NODE_TYPE_VAR_TUPLE] = "TypeVarTuple",
        [NODE_MATCH_VALUE] = "MatchValue",
        [NODE_MATCH_SINGLETON] = "MatchSingleton",
        [NODE_MATCH_SEQUENCE] = "MatchSequence",
        [NODE_MATCH_MAPPING] = "MatchMapping",
        [NODE_MATCH_CLASS] = "MatchClass",
        [NODE_MATCH_STAR] = "MatchStar",
        [NODE_MATCH_AS] = "MatchAs",
        [NODE_MATCH_OR] = "MatchOr",
    };
    bool starred = n->kind == NODE_TRY && n->op;
    bool async = n->op && (n->kind == NODE_FUNCTION || n->kind == NODE_FOR || n->kind == NODE_WITH);

    if (async)
        return n->kind == NODE_FUNCTION ? "AsyncFunctionDef"
               : n->kind == NODE_FOR    ? "AsyncFor"
                                        : "AsyncWith";
    return starred ? "TryStar" : kinds[n->kind];
}

static bool has_place(const ape__node *n)
{
    return n->kind != NODE_COMPREHENSION && n->kind != NODE_WITH_ITEM && n->kind != NODE_MATCH_CASE;
}

static void node(dump *d, const ape__node *n)
{
    if (!n) {
        put(d, "-");
        return;
    }
    head(d, n, kind_name(n), has_place(n));
    if (n->kind == NODE_SUBSCRIPT) {
        node(d, n->a);
        node(d, n->b);
    } else if (!statement(d, n) && !expression(d, n)) {
        other(d, n);
    }
    put(d, ")");
}

static void find_lines(dump *d, ape__arena *arena)
{
    uint32_t count = 1;

    for (uint32_t i = 0; i < d->size; i++)
        count += d->text[i] == '\n' || d->text[i] == '\r';
    d->lines = ape__arena_alloc(arena, (count + 1) * sizeof(uint32_t));
    d->line_count = 1;
    for (uint32_t i = 0; d->lines && i < d->size; i++)
        if (d->text[i] == '\n' || (d->text[i] == '\r' && d->text[i + 1] != '\n'))
            d->lines[d->line_count++] = i + 1;
}

void dump_tree(ape__buffer *out, const char *text, size_t size, int minor, const ape__node *module)
{
    dump d = { .out = out, .text = text, .size = (uint32_t)size, .minor = minor };
    ape__arena arena;

    ape__arena_init(&arena, out->host);
    find_lines(&d, &arena);
    list(&d, &module->list);
    ape__arena_clear(&arena);
}
