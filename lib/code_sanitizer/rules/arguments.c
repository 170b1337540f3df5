/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "code_sanitizer/rules/binding.h"
#include "code_sanitizer/rules/pandas_calls.h"

/* Arguments by names that a function does not have. Only functions that are in the table are
 * looked at, and only names that no version of it knew. */

enum { SHORTEST = 3, KEY_MAX = 40 };

static const struct row {
    const char *function;  /* "table." stands before methods of frames and series */
    const char *arguments; /* each between blanks */
} table[] = {
#include "code_sanitizer/rules/arguments_table.inc"
};

/* What models write, and what they mean by it. */
static const struct {
    const char *function, *old, *new;
} aliases[] = {
    { "table.pct_change", "period", "periods" },
    { "table.pct_change", "n", "periods" },
    { "table.shift", "period", "periods" },
    { "table.shift", "n", "periods" },
    { "table.diff", "period", "periods" },
    { "table.diff", "n", "periods" },
    { "table.sort_values", "column", "by" },
    { "table.sort_values", "columns", "by" },
    { "table.ewm", "window", "span" },
    { "table.ewm", "period", "span" },
    { "table.ewm", "periods", "span" },
    { "table.rolling", "periods", "window" },
    { "table.rolling", "period", "window" },
    { "table.rolling", "window_size", "window" },
    { "table.rolling", "n", "window" },
    { "table.to_csv", "line_terminator", "lineterminator" },
    { "table.resample", "freq", "rule" },
    { "table.resample", "frequency", "rule" },
    { "table.head", "periods", "n" },
    { "table.tail", "periods", "n" },
    { "table.round", "digits", "decimals" },
    { "table.round", "ndigits", "decimals" },
    { "table.quantile", "quantile", "q" },
    { "table.std", "dof", "ddof" },
    { "table.var", "dof", "ddof" },
    { "numpy.std", "dof", "ddof" },
    { "numpy.var", "dof", "ddof" },
    { "numpy.percentile", "percentile", "q" },
    { "numpy.quantile", "quantile", "q" },
    { "numpy.polyfit", "degree", "deg" },
    { "numpy.random.normal", "mean", "loc" },
    { "numpy.random.normal", "mu", "loc" },
    { "numpy.random.normal", "std", "scale" },
    { "numpy.random.normal", "sigma", "scale" },
    { "pandas.date_range", "frequency", "freq" },
    { "pandas.merge", "by", "on" },
};

/* Names that other rules know better. */
static const char *const others[][2] = {
    { "yfinance.download", "start_date" }, { "yfinance.download", "end_date" },
    { "yfinance.download", "ticker" },     { "ticker.history", "start_date" },
    { "ticker.history", "end_date" },      { "table.resample", "how" },
};

static int by_function(const void *key, const void *entry)
{
    return strcmp(key, ((const struct row *)entry)->function);
}

static bool takes(const struct row *row, ape__name name)
{
    size_t length;

    for (const char *at = row->arguments + 1; *at; at += length + 1) {
        length = strcspn(at, " ");
        if (length == name.size && memcmp(at, name.text, length) == 0)
            return true;
    }
    return false;
}

/* The only argument that is one slip away; a size of 0: none, or several. */
static ape__name nearest(const struct row *row, ape__name name)
{
    ape__name only = { "", 0 };
    size_t length;

    for (const char *at = row->arguments + 1; *at; at += length + 1) {
        ape__name known = { at, (uint32_t)(length = strcspn(at, " ")) };

        if (name.size < SHORTEST || !ape__is_one_slip(name, known))
            continue;
        if (only.size > 0)
            return (ape__name){ "", 0 };
        only = known;
    }
    return only;
}

static const struct row *row_of(ape__fixer *f, const ape__node *call)
{
    const char *dotted = ape__names_resolve(&f->names, call->a), *prefix = NULL;
    char key[KEY_MAX];

    if (!dotted && call->a->kind == NODE_ATTRIBUTE && call->a->name.size < KEY_MAX / 2) {
        ape__kind kind = ape__value_of(call->a->a)->kind;

        prefix = ape__is_pandas(call->a->a) ? "table"
                 : kind == KIND_WINDOW      ? "window"
                 : kind == KIND_TICKER      ? "ticker"
                                            : NULL;
    }
    if (prefix) {
        memcpy(key, prefix, 6);
        key[strlen(prefix)] = '.';
        memcpy(key + strlen(prefix) + 1, call->a->name.text, call->a->name.size);
        key[strlen(prefix) + 1 + call->a->name.size] = '\0';
        dotted = key;
    }
    return dotted ? bsearch(dotted, table, sizeof(table) / sizeof(table[0]), sizeof(table[0]),
                            by_function)
                  : NULL;
}

static const char *meant(const struct row *row, const ape__node *call, ape__name name)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (strcmp(aliases[i].function, row->function) == 0 && ape__name_is(name, aliases[i].old) &&
            !ape__call_keyword(call, aliases[i].new))
            return aliases[i].new;
    return NULL;
}

static bool is_others(const struct row *row, ape__name name)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i][0], row->function) == 0 && ape__name_is(name, others[i][1]))
            return true;
    return false;
}

static void tell(ape__fixer *f, const struct row *row, const ape__node *call,
                 const ape__node *keyword)
{
    const char *function = strrchr(row->function, '.') + 1, *new = meant(row, call, keyword->name);
    ape__name near = nearest(row, keyword->name);
    char *text = ape__fixer_format(f, "%s() has no argument %.*s=; ", function,
                                   (int)keyword->name.size, keyword->name.text);
    bool slip = !new &&near.size > 0;
    ape__fix *fix;

    if (slip)
        new = ape__arena_copy(&f->job->arena, near.text, near.size);
    if (slip && ape__call_keyword(call, new))
        new = NULL;
    fix = ape__fixer_find(f, "APE317", keyword,
                          new ? ape__fixer_format(f, "%swrote %s=", text, new)
                              : ape__fixer_format(f, "%sit takes%.*s", text,
                                                  (int)strlen(row->arguments) - 1, row->arguments));
    ape__fix_replace(fix, keyword->start, keyword->start + keyword->name.size, new);
    if (slip)
        ape__fix_level(fix, RULE_UNSAFE);
}

void ape__check_arguments(ape__fixer *f, const ape__node *call)
{
    const struct row *row;

    if (call->list2.count == 0 || !(row = row_of(f, call)))
        return;
    for (uint32_t i = 0; i < call->list2.count; i++) {
        const ape__node *keyword = call->list2.items[i];

        if (keyword->name.size == 0 || is_others(row, keyword->name))
            continue;
        if (!takes(row, keyword->name) || meant(row, call, keyword->name))
            tell(f, row, call, keyword);
    }
}
