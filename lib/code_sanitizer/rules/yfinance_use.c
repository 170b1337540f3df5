/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "code_sanitizer/fixer.h"
#include "code_sanitizer/python/token.h"
#include "code_sanitizer/rules/yfinance_use.h"
#include "core/date.h"

enum { TICKERS_AT_ONCE = 20, BRIEF_DAYS = 5, DESCENT_MAX = 32 };

static bool is_integer(const ape__node *node)
{
    if (node->kind == NODE_UNARY_OP && node->op == TOKEN_MINUS)
        node = node->a;
    return ape__node_is_constant(node, CONSTANT_INT);
}

static bool is_text(const ape__node *node, const char *text)
{
    return ape__node_is_constant(node, CONSTANT_STRING) && ape__name_is(node->name, text);
}

static bool date_of(const ape__node *call, const char *argument, ape__date *out)
{
    const ape__node *literal = ape__fixer_date(call, argument);

    return literal && ape__date_parse(literal->name.text, literal->name.size, out);
}

/* One day, or so few that none of them may be one of trade. */
static bool is_brief(const ape__node *call)
{
    const ape__node *period = ape__call_keyword(call, "period");
    ape__date start, end;

    if (period && is_text(period->a, "1d"))
        return true;
    return date_of(call, "start", &start) && date_of(call, "end", &end) && end - start < BRIEF_DAYS;
}

/* Why a series may be without rows: it is what a condition left, or of a brief window. */
static const char *why_empty(ape__fixer *f, const ape__node *node)
{
    for (int i = 0; node && i < DESCENT_MAX; i++) {
        const ape__node *meant = ape__fixer_meant(f, node);

        if (meant != node) {
            node = meant;
        } else if (node->kind == NODE_SUBSCRIPT) {
            if (ape__value_of(node->b)->flags & VALUE_BOOLEAN)
                return "what a condition leaves may be nothing";
            node = node->a;
        } else if (node->kind == NODE_CALL) {
            if (ape__value_of(node)->source == node && is_brief(node))
                return "in so short a window there may be no day of trade";
            node = node->a;
        } else {
            node = node->kind == NODE_ATTRIBUTE ? node->a : NULL;
        }
    }
    return NULL;
}

/* x.iloc[-1] of what may be empty, in a program that never asks whether it is. */
static void check_empty(ape__fixer *f, ape__node *node)
{
    const ape__node *from;
    const char *why;

    if (node->a->kind != NODE_ATTRIBUTE || !ape__name_is(node->a->name, "iloc") ||
        !is_integer(node->b))
        return;
    from = node->a->a;
    if (!(ape__value_of(from)->origin & ORIGIN_MARKET) || strstr(f->job->source.text, ".empty") ||
        strstr(f->job->source.text, "len("))
        return;
    why = why_empty(f, from);
    if (why)
        ape__fixer_find(
            f, "APE206", node,
            ape__fixer_format(f, "%s is an IndexError where there are no rows: %s; test .empty",
                              ape__fixer_text(f, node), why));
}

/* end="2021-12-31": the last day of the month is meant, and left out. */
static void check_end(ape__fixer *f, const ape__node *call)
{
    const ape__node *end = ape__fixer_date(call, "end");
    int weekday, year, month, day;
    ape__date date;

    if (!end || !ape__date_parse(end->name.text, end->name.size, &date))
        return;
    weekday = ((date + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    ape__date_to_parts(date + 1, &year, &month, &day);
    if (weekday < 5 && day == 1)
        ape__fixer_find(f, "APE208", end,
                        ape__fixer_format(f,
                                          "end= is not included: the prices stop the day before "
                                          "%.10s, which is a weekday and the last of its month",
                                          end->name.text));
}

static void check_price_kind(ape__fixer *f, const ape__node *call)
{
    const ape__node *adjust = ape__call_keyword(call, "auto_adjust");

    if (adjust && ape__node_is_constant(adjust->a, CONSTANT_FALSE) &&
        (call->marks & (APE__MARK_CLOSE | APE__MARK_ADJ_CLOSE)) == APE__MARK_CLOSE)
        ape__fixer_find(f, "APE213", adjust,
                        "with auto_adjust=False 'Close' leaves dividends out: a return of it is "
                        "no total return; 'Adj Close' has them");
}

static const ape__node *tickers_of(ape__fixer *f, const ape__node *call)
{
    const ape__node *keyword = ape__call_keyword(call, "tickers");
    const ape__node *argument = keyword                ? keyword->a
                                : call->list.count > 0 ? call->list.items[0]
                                                       : NULL;

    return argument ? ape__fixer_meant(f, argument) : NULL;
}

static bool has_ticker(const ape__node *tickers, ape__name ticker)
{
    for (uint32_t i = 0; tickers->kind == NODE_LIST && i < tickers->list.count; i++)
        if (ape__node_is_constant(tickers->list.items[i], CONSTANT_STRING) &&
            ape__name_equal(tickers->list.items[i]->name, ticker))
            return true;
    return false;
}

/* A loop over the tickers that were asked for. */
typedef struct loop {
    ape__fixer *f;
    const ape__node *tickers;
    ape__name variable;
    bool found;
} loop;

static void note_loop(ape__node *node, void *user)
{
    loop *l = user;

    if ((node->kind == NODE_FOR || node->kind == NODE_COMPREHENSION) &&
        node->a->kind == NODE_NAME && ape__name_equal(node->a->name, l->variable) &&
        ape__node_same(ape__fixer_meant(l->f, node->b), l->tickers))
        l->found = true;
    ape__node_each_child(node, note_loop, l);
}

/* The key is a ticker of the request: one by name, or the variable of a loop over them. */
static bool is_requested(ape__fixer *f, const ape__node *call, const ape__node *key)
{
    const ape__node *tickers = tickers_of(f, call);
    loop l = { f, tickers, key->name, false };

    if (!tickers || tickers->kind != NODE_LIST)
        return false;
    if (ape__node_is_constant(key, CONSTANT_STRING))
        return has_ticker(tickers, key->name);
    if (key->kind == NODE_NAME)
        note_loop(f->module, &l);
    return l.found;
}

static bool is_column(const ape__node *key)
{
    static const char *const columns[] = { "Open", "High", "Low", "Close", "Volume", "Adj Close" };

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (is_text(key, columns[i]))
            return true;
    return false;
}

/* data["KO"]["Close"], where the columns come as (price, ticker). */
static void check_order(ape__fixer *f, ape__node *node)
{
    const ape__node *inner = node->a;
    const ape__value *frame;
    ape__fix *fix;

    if (inner->kind != NODE_SUBSCRIPT || !is_column(node->b) || (node->flags & NODE_STORE))
        return;
    frame = ape__value_of(inner->a);
    if (!frame->source || frame->source2 || (frame->flags & VALUE_DERIVED) ||
        (frame->kind != KIND_MULTI && frame->kind != KIND_DOWNLOAD) ||
        ape__call_keyword(frame->source, "group_by") || !is_requested(f, frame->source, inner->b))
        return;
    fix = ape__fixer_find(f, "APE210", node,
                          ape__fixer_format(f,
                                            "%s asks for the ticker first, and download() has the "
                                            "price first; swapped them",
                                            ape__fixer_text(f, node)));
    ape__fix_replace(fix, inner->b->outer_start, inner->b->outer_end, ape__fixer_text(f, node->b));
    ape__fix_replace(fix, node->b->outer_start, node->b->outer_end, ape__fixer_text(f, inner->b));
}

static void note_fetch(ape__node *node, void *user)
{
    loop *l = user;

    if (ape__fixer_calls(l->f, node, "yfinance.Ticker") ||
        ape__fixer_calls(l->f, node, "yfinance.download"))
        l->found = true;
    ape__node_each_child(node, note_fetch, l);
}

/* One request for each of many tickers, where one for all would do. */
static void check_many(ape__fixer *f, ape__node *node)
{
    const ape__node *tickers = node->kind == NODE_FOR ? ape__fixer_meant(f, node->b) : NULL;
    loop l = { .f = f };

    if (!tickers || (tickers->kind != NODE_LIST && tickers->kind != NODE_TUPLE) ||
        tickers->list.count <= TICKERS_AT_ONCE)
        return;
    for (uint32_t i = 0; i < node->list.count; i++)
        note_fetch(node->list.items[i], &l);
    if (l.found)
        ape__fixer_find(f, "APE216", node->b,
                        ape__fixer_format(f,
                                          "a request for each of %u tickers is soon refused "
                                          "(YFRateLimitError); download() takes them all at once",
                                          (unsigned)tickers->list.count));
}

/* px.columns = [...] gives new labels to columns that came sorted. */
static void check_relabelled(ape__fixer *f, ape__node *node)
{
    const ape__node *target = node->list.items[0], *names = node->a, *tickers;
    const ape__node *call;
    bool sorted = true, known = true;
    ape__fix *fix;

    if (target->kind != NODE_ATTRIBUTE || !ape__name_is(target->name, "columns") ||
        names->kind != NODE_LIST || !(ape__value_of(target->a)->origin & ORIGIN_MARKET))
        return;
    call = ape__value_of(target->a)->source;
    tickers = call ? tickers_of(f, call) : NULL;
    for (uint32_t i = 0; i < names->list.count; i++) {
        const ape__node *one = names->list.items[i];
        const ape__node *two = i + 1 < names->list.count ? names->list.items[i + 1] : NULL;

        if (!ape__node_is_constant(one, CONSTANT_STRING) ||
            (two && !ape__node_is_constant(two, CONSTANT_STRING)))
            return;
        known = known && tickers && has_ticker(tickers, one->name);
        if (two && memcmp(one->name.text, two->name.text,
                          one->name.size < two->name.size ? one->name.size : two->name.size) > 0)
            sorted = false;
    }
    if (sorted)
        return;
    fix = ape__fixer_find(f, "APE212", node,
                          ape__fixer_format(f,
                                            "columns of several tickers come sorted by name, and "
                                            "%s is not: prices would stand under the wrong ticker",
                                            ape__fixer_text(f, names)));
    if (known && names->list.count == tickers->list.count)
        ape__fix_replace(fix, node->start, node->end, "pass");
}

void ape__visit_yfinance_use(ape__fixer *f, ape__node *node)
{
    switch (node->kind) {
    case NODE_CALL:
        if (ape__value_of(node)->source == node) {
            check_end(f, node);
            check_price_kind(f, node);
        }
        break;
    case NODE_SUBSCRIPT:
        check_empty(f, node);
        check_order(f, node);
        break;
    case NODE_FOR:
        check_many(f, node);
        break;
    case NODE_ASSIGN:
        check_relabelled(f, node);
        break;
    default:
        break;
    }
}
