/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/fixer.h"
#include "code_sanitizer/rules/yfinance_use.h"

/* Words for intervals that the service does not know, and those it does. */
static const char *const intervals[][2] = {
    { "daily", "1d" },   { "day", "1d" },      { "1day", "1d" },       { "1D", "1d" },
    { "weekly", "1wk" }, { "week", "1wk" },    { "1w", "1wk" },        { "1W", "1wk" },
    { "1week", "1wk" },  { "monthly", "1mo" }, { "month", "1mo" },     { "1M", "1mo" },
    { "1month", "1mo" }, { "hourly", "1h" },   { "quarterly", "3mo" },
};

static const char *const periods[][2] = {
    { "1year", "1y" },    { "1 year", "1y" },   { "2years", "2y" },  { "3years", "3y" },
    { "5years", "5y" },   { "10years", "10y" }, { "1month", "1mo" }, { "3months", "3mo" },
    { "6months", "6mo" }, { "6m", "6mo" },      { "3m", "3mo" },     { "1m", "1mo" },
    { "12mo", "1y" },
};

static bool is_download(ape__fixer *f, const ape__node *call)
{
    return ape__fixer_calls(f, call, "yfinance.download");
}

static bool is_history(const ape__node *call)
{
    return call->value && call->value->kind == KIND_HISTORY && call->a->kind == NODE_ATTRIBUTE &&
           ape__name_is(call->a->name, "history");
}

static void check_levels(ape__fixer *f, ape__node *call)
{
    uint32_t wanted = APE__MARK_ONE_TICKER | APE__MARK_FAILS;
    ape__fix *fix;

    if (f->job->config->history != APE_CODE_HISTORY_TYPED || (call->marks & wanted) != wanted ||
        (call->marks & (APE__MARK_USED_AS_MULTI | APE__MARK_ESCAPED)) ||
        ape__call_keyword(call, "multi_level_index") ||
        f->job->config->yfinance < APE__TARGET(0, 2, 48))
        return;
    fix = ape__fixer_find(f, "APE201", call,
                          "download() of one ticker returns columns on two levels, so [\"Close\"] "
                          "of it is a frame and not a series; asked for one level");
    ape__fix_append_argument(fix, call, "multi_level_index=False");
}

static void check_whole_frame(ape__fixer *f, ape__node *call)
{
    ape__fix *fix;

    if (f->job->config->history != APE_CODE_HISTORY_TYPED || !is_history(call) ||
        !(call->marks & APE__MARK_USED_AS_PRICES) ||
        (call->marks & (APE__MARK_USED_BY_COLUMN | APE__MARK_ESCAPED | APE__MARK_CLOSE)))
        return;
    fix = ape__fixer_find(f, "APE203", call,
                          "history() returns a frame of seven columns, and it is used as a series "
                          "of prices; took its \"Close\"");
    ape__fix_insert(fix, call->outer_end, "[\"Close\"]");
}

/* The literal reading of "squeeze it": a column that is surely a frame of one. */
static void check_sketch(ape__fixer *f, ape__node *node)
{
    const ape__value *value = ape__value_of(node);

    if (f->job->config->history != APE_CODE_HISTORY_SKETCH || value->kind != KIND_COLUMN ||
        ape__value_of(node->a)->kind != KIND_DOWNLOAD || !value->source ||
        (node->flags & NODE_STORE) || (value->source->marks & APE__MARK_USED_AS_MULTI))
        return;
    ape__fix_insert(
        ape__fixer_find(f, "APE201", node, "this column is a frame of one column; squeezed it"),
        node->outer_end, ".squeeze()");
}

static void check_time_zone(ape__fixer *f, ape__node *call)
{
    ape__fix *fix;

    if (!is_history(call) || !(call->marks & APE__MARK_TZ_CLASH) ||
        (call->marks & (APE__MARK_TZ_HANDLED | APE__MARK_ESCAPED)) ||
        ape__call_keyword(call, "interval"))
        return;
    fix = ape__fixer_find(f, "APE204", call,
                          "the index of history() has a time zone, and is compared with times "
                          "that have none; dropped the zone");
    ape__fix_insert(fix, call->outer_end, ".tz_localize(None)");
}

static bool is_false(const ape__node *keyword)
{
    return keyword && ape__node_is_constant(keyword->a, CONSTANT_FALSE);
}

/* Under auto_adjust=True, the default, 'Close' is what 'Adj Close' was. */
static void check_adj_close(ape__fixer *f, ape__node *node)
{
    const ape__value *frame = ape__value_of(node->a);
    ape__node *call = frame->source;
    ape__fix *fix;

    if (!call || !ape__node_is_constant(node->b, CONSTANT_STRING) ||
        !ape__name_is(node->b->name, "Adj Close") || (node->flags & NODE_STORE) || frame->source2 ||
        is_false(ape__call_keyword(call, "auto_adjust")) ||
        (frame->kind != KIND_DOWNLOAD && frame->kind != KIND_HISTORY && frame->kind != KIND_FLAT &&
         frame->kind != KIND_MULTI))
        return;
    if (call->marks & APE__MARK_CLOSE) {
        fix = ape__fixer_find(f, "APE202", call,
                              "there is no column 'Adj Close' unless auto_adjust=False; asked for "
                              "both columns");
        ape__fix_append_argument(fix, call, "auto_adjust=False");
        return;
    }
    fix = ape__fixer_find(f, "APE202", node,
                          "there is no column 'Adj Close'; 'Close' holds the adjusted prices");
    ape__fix_replace(fix, node->b->start, node->b->end, "\"Close\"");
}

static const char *spelling(const char *const (*table)[2], size_t count, ape__name word)
{
    for (size_t i = 0; i < count; i++)
        if (ape__name_is(word, table[i][0]))
            return table[i][1];
    return NULL;
}

static void check_word(ape__fixer *f, ape__node *call, const char *argument,
                       const char *const (*table)[2], size_t count)
{
    const ape__node *keyword = ape__call_keyword(call, argument);
    const char *known;
    ape__fix *fix;

    if (!keyword || !ape__node_is_constant(keyword->a, CONSTANT_STRING))
        return;
    known = spelling(table, count, keyword->a->name);
    if (!known)
        return;
    fix = ape__fixer_find(f, "APE211", keyword,
                          ape__fixer_format(f,
                                            "%s=\"%.*s\" is not known and returns an empty frame; "
                                            "wrote \"%s\"",
                                            argument, (int)keyword->a->name.size,
                                            keyword->a->name.text, known));
    ape__fix_replace(fix, keyword->a->start, keyword->a->end,
                     ape__fixer_format(f, "\"%s\"", known));
}

static void drop_argument(ape__fixer *f, ape__node *call, const char *name)
{
    const ape__node *keyword = ape__call_keyword(call, name);

    if (keyword)
        ape__fix_remove_argument(f,
                                 ape__fixer_find(f, "APE207", keyword,
                                                 ape__fixer_format(f,
                                                                   "there is no argument %s= any "
                                                                   "more; took it away",
                                                                   name)),
                                 keyword);
}

static void check_arguments(ape__fixer *f, ape__node *call)
{
    const ape__node *proxy = ape__call_keyword(call, "proxy");

    ape__fixer_rename_argument(f, call, "start_date", "start", "APE207");
    ape__fixer_rename_argument(f, call, "end_date", "end", "APE207");
    if (is_download(f, call))
        ape__fixer_rename_argument(f, call, "ticker", "tickers", "APE207");
    if (f->job->config->yfinance >= APE__TARGET(0, 2, 39))
        drop_argument(f, call, "show_errors");
    if (proxy && f->job->config->yfinance >= APE__TARGET(1, 0, 0)) {
        if (ape__node_is_constant(proxy->a, CONSTANT_NONE))
            drop_argument(f, call, "proxy");
        else
            ape__fixer_find(f, "APE207", proxy,
                            "there is no argument proxy= any more, and the "
                            "sandbox has no network");
    }
    check_word(f, call, "interval", intervals, sizeof(intervals) / sizeof(intervals[0]));
    check_word(f, call, "period", periods, sizeof(periods) / sizeof(periods[0]));
}

static void check_period(ape__fixer *f, ape__node *call)
{
    const ape__node *period = ape__call_keyword(call, "period");

    if (period && ape__call_keyword(call, "start") && ape__call_keyword(call, "end"))
        ape__fix_remove_argument(
            f,
            ape__fixer_find(f, "APE215", period,
                            "period= next to start= and end= is an error; took "
                            "it away"),
            period);
}

static void check_info(ape__fixer *f, ape__node *node)
{
    if (node->a->kind == NODE_ATTRIBUTE && ape__name_is(node->a->name, "info") &&
        ape__value_of(node->a->a)->kind == KIND_TICKER &&
        ape__node_is_constant(node->b, CONSTANT_STRING)) {
        ape__fix *fix =
            ape__fixer_find(f, "APE205", node,
                            ape__fixer_format(f,
                                              "info[\"%.*s\"] is a KeyError for many "
                                              "tickers, and is today's value",
                                              (int)node->b->name.size, node->b->name.text));

        ape__fix_replace(fix, node->a->outer_end, node->end,
                         ape__fixer_format(f, ".get(%s)", ape__fixer_text(f, node->b)));
    }
}

void ape__visit_yfinance(ape__fixer *f, ape__node *node)
{
    switch (node->kind) {
    case NODE_CALL:
        if (is_download(f, node) || is_history(node)) {
            check_levels(f, node);
            check_whole_frame(f, node);
            check_time_zone(f, node);
            check_arguments(f, node);
            check_period(f, node);
        }
        break;
    case NODE_SUBSCRIPT:
        check_adj_close(f, node);
        check_sketch(f, node);
        check_info(f, node);
        break;
    case NODE_EXPR:
        if (ape__fixer_calls(f, node->a, "yfinance.pdr_override") &&
            f->job->config->yfinance >= APE__TARGET(0, 2, 41))
            ape__fix_replace(
                ape__fixer_find(f, "APE207", node,
                                "yfinance has no pdr_override() any more; took it away"),
                node->start, node->end, "pass");
        break;
    default:
        break;
    }
    ape__visit_yfinance_use(f, node);
}
