/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/fixer.h"

/* The readers of pandas_datareader take: tickers, (the service,) start, end. */
typedef struct reader {
    const char *name;
    uint32_t service; /* place of the service's name; 0: it is Yahoo's own reader */
} reader;

static const reader *reader_of(ape__fixer *f, const ape__node *call)
{
    static const reader readers[] = {
        { "pandas_datareader.DataReader", 1 },
        { "pandas_datareader.data.DataReader", 1 },
        { "pandas_datareader.get_data_yahoo", 0 },
        { "pandas_datareader.data.get_data_yahoo", 0 },
    };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
        if (ape__fixer_calls(f, call, readers[i].name))
            return &readers[i];
    return NULL;
}

static bool imports(const ape__fixer *f, const char *module)
{
    size_t size = strlen(module);

    for (const ape__alias *a = f->names.aliases; a; a = a->next)
        if (strncmp(a->target, module, size) == 0 && (!a->target[size] || a->target[size] == '.'))
            return true;
    return false;
}

/* An argument by its place or its name; NULL if it is not given. */
static const ape__node *argument(const ape__node *call, uint32_t place, const char *name)
{
    const ape__node *keyword = ape__call_keyword(call, name);

    if (place < call->list.count)
        return call->list.items[place];
    return keyword ? keyword->a : NULL;
}

static const char *named(ape__fixer *f, const char *name, const ape__node *value)
{
    return value ? ape__fixer_format(f, ", %s=%s", name, ape__fixer_text(f, value)) : "";
}

static void check_reader(ape__fixer *f, ape__node *call)
{
    const reader *r = reader_of(f, call);
    const ape__node *tickers, *service;
    ape__fix *fix;

    if (!r)
        return;
    tickers = argument(call, 0, r->service ? "name" : "symbols");
    service = r->service ? argument(call, 1, "data_source") : NULL;
    fix = ape__fixer_find(f, "APE209", call,
                          "pandas_datareader is not here, and its reader for Yahoo has long been "
                          "broken; yf.download() reads the same prices");
    if (!tickers || (r->service && !(ape__node_is_constant(service, CONSTANT_STRING) &&
                                     ape__name_is(service->name, "yahoo"))))
        return;
    ape__fix_replace(
        fix, call->start, call->end,
        ape__fixer_format(f, "yf.download(%s%s%s, auto_adjust=False, multi_level_index=False)",
                          ape__fixer_text(f, tickers),
                          named(f, "start", argument(call, 1 + r->service, "start")),
                          named(f, "end", argument(call, 2 + r->service, "end"))));
    ape__fix_import(f, fix, "yf", "import yfinance as yf\n");
}

/* fredapi sends on whatever it is given, and the service ignores what it does not know. */
static void check_fred(ape__fixer *f, ape__node *call)
{
    if (call->a->kind != NODE_ATTRIBUTE || !ape__name_is(call->a->name, "get_series") ||
        !imports(f, "fredapi"))
        return;
    ape__fixer_rename_argument(f, call, "start_date", "observation_start", "APE214");
    ape__fixer_rename_argument(f, call, "end_date", "observation_end", "APE214");
}

void ape__visit_readers(ape__fixer *f, ape__node *node)
{
    if (node->kind == NODE_CALL) {
        check_reader(f, node);
        check_fred(f, node);
    }
}
