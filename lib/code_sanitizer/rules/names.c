/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/rules/binding.h"

/* Names that are used so often that their import is surely meant. */
static const struct {
    const char *name, *statement;
} known[] = {
    { "np", "import numpy as np\n" },
    { "pd", "import pandas as pd\n" },
    { "yf", "import yfinance as yf\n" },
    { "json", "import json\n" },
    { "math", "import math\n" },
    { "plt", "import matplotlib.pyplot as plt\n" },
    { "stats", "from scipy import stats\n" },
    { "norm", "from scipy.stats import norm\n" },
    { "timedelta", "from datetime import timedelta\n" },
    { "numpy", "import numpy\n" },
    { "pandas", "import pandas\n" },
    { "yfinance", "import yfinance\n" },
    { "warnings", "import warnings\n" },
    { "itertools", "import itertools\n" },
    { "statistics", "import statistics\n" },
    { "defaultdict", "from collections import defaultdict\n" },
    { "Counter", "from collections import Counter\n" },
    { "asyncio", "import asyncio\n" },
};

static bool is_bound(ape__fixer *f, const ape__node *name)
{
    const char *target = ape__names_resolve(&f->names, name);

    return !target || strncmp(target, "builtins.", 9) != 0;
}

static void add_import(ape__fixer *f, const ape__node *node, const char *name,
                       const char *statement)
{
    ape__fix *fix =
        ape__fixer_find(f, "APE104", node,
                        ape__fixer_format(f, "%s is used and never imported; imported it", name));

    for (const ape__fix *other = f->fixes[FIXES_NAMES].first; other; other = other->next)
        if (other != fix && strcmp(other->rule, "APE104") == 0 && other->edit_count > 0 &&
            strcmp(other->edits[0].text, statement) == 0)
            return; /* one import is enough */
    ape__fix_import(f, fix, name, statement);
}

static void check_import(ape__fixer *f, ape__node *node)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (ape__name_is(node->name, known[i].name)) {
            add_import(f, node, known[i].name, known[i].statement);
            return;
        }
}

/* datetime.now() wants the class, datetime.datetime the module. */
static void check_datetime(ape__fixer *f, ape__node *attribute)
{
    ape__node *name = attribute->a;

    if (!ape__node_is_name(name, "datetime") || is_bound(f, name))
        return;
    if (ape__name_is(attribute->name, "datetime") || ape__name_is(attribute->name, "timedelta") ||
        ape__name_is(attribute->name, "date"))
        add_import(f, name, "datetime", "import datetime\n");
    else
        add_import(f, name, "datetime", "from datetime import datetime\n");
}

/* Words of other languages. */
static void check_foreign(ape__fixer *f, ape__node *node)
{
    static const char *const words[][2] = { { "null", "None" },       { "true", "True" },
                                            { "false", "False" },     { "xrange", "range" },
                                            { "raw_input", "input" }, { "undefined", "None" } };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (ape__name_is(node->name, words[i][0]))
            ape__fix_replace(ape__fixer_find(f, "APE106", node,
                                             ape__fixer_format(f,
                                                               "%s is no name of Python 3; wrote "
                                                               "%s",
                                                               words[i][0], words[i][1])),
                             node->start, node->end, words[i][1]);
}

static void check_methods(ape__fixer *f, ape__node *call)
{
    if (call->a->kind != NODE_ATTRIBUTE || ape__value_of(call->a->a)->kind != KIND_DICT)
        return;
    if (ape__name_is(call->a->name, "iteritems"))
        ape__fix_replace(
            ape__fixer_find(f, "APE106", call, "a dict has no iteritems(); used items()"),
            call->a->end - 9, call->a->end, "items");
    else if (ape__name_is(call->a->name, "has_key") && call->list.count == 1 &&
             call->list2.count == 0)
        ape__fix_replace(ape__fixer_find(f, "APE106", call, "a dict has no has_key(); used in"),
                         call->start, call->end,
                         ape__fixer_format(f, "(%s in %s)", ape__fixer_text(f, call->list.items[0]),
                                           ape__fixer_text(f, call->a->a)));
}

static bool is_used(const ape__fixer *f, ape__name name, const ape__node *import)
{
    const char *text = f->job->source.text;
    const ape__tokens *tokens = &f->job->parse.tokens;

    for (size_t i = 0; i < tokens->count; i++) {
        const ape__token *t = &tokens->items[i];

        if (t->kind == TOKEN_NAME && (t->start < import->start || t->end > import->end) &&
            t->end - t->start == name.size && memcmp(text + t->start, name.text, name.size) == 0)
            return true;
    }
    return false;
}

/* An import of a package that is not there, and of which nothing is used. */
static void check_unused(ape__fixer *f, ape__node *node)
{
    static const char *const missing[] = {
        "pandas_ta",         "talib",           "empyrical", "quantstats",
        "pandas_datareader", "numpy_financial", "ta",        "statsmodels",
        "sklearn",           "seaborn",         "plotly",    "pyfolio"
    };
    const ape__node *alias = node->list.items[0];
    ape__name module = node->kind == NODE_IMPORT ? alias->name : node->name;
    ape__name bound = alias->a ? alias->a->name : alias->name;

    if (node->list.count != 1 || ape__name_is(bound, "*"))
        return;
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
        size_t size = strlen(missing[i]);

        if (module.size < size || memcmp(module.text, missing[i], size) != 0 ||
            (module.size > size && module.text[size] != '.') || is_used(f, bound, node) ||
            ape__config_allows(f->job->config, missing[i], size))
            continue;
        ape__fix_replace(ape__fixer_find(f, "APE112", node,
                                         ape__fixer_format(f,
                                                           "%s is not there, and nothing of it is "
                                                           "used; took the import away",
                                                           missing[i])),
                         node->start, node->end, "pass");
    }
}

void ape__visit_names(ape__fixer *f, ape__node *node)
{
    if (node->kind == NODE_MODULE)
        for (uint32_t i = 0; i < node->list.count; i++)
            if (node->list.items[i]->kind == NODE_IMPORT ||
                node->list.items[i]->kind == NODE_IMPORT_FROM)
                check_unused(f, node->list.items[i]);
    if (node->kind == NODE_MODULE || node->kind == NODE_FUNCTION)
        ape__check_unbound(f, node);
    ape__check_endless(f, node);
    if (f->names.everything)
        return;
    if (node->kind == NODE_CALL || node->kind == NODE_ATTRIBUTE)
        ape__check_shadow(f, node);
    if (node->kind == NODE_NAME && !(node->flags & (NODE_STORE | NODE_DEL)) && !is_bound(f, node)) {
        check_import(f, node);
        check_foreign(f, node);
        ape__check_spelling(f, node);
    } else if (node->kind == NODE_ATTRIBUTE) {
        check_datetime(f, node);
    } else if (node->kind == NODE_CALL) {
        check_methods(f, node);
    }
}

void ape__finish_names(ape__fixer *f)
{
    ape__check_entry(f);
}
