/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "code_sanitizer/fixer.h"
#include "core/date.h"

/* Whether the program fetches what the question is about. */

/* A window may begin or end on a day without trading: a long weekend is no difference. */
enum { DAYS_APART = 7 };

static const char separators[] = " ,";

enum { TICKERS_MAX = 64 };

/* Which of the question's tickers this is; -1: none. */
static int index_of(const char *list, const char *ticker, size_t size)
{
    for (int i = 0; *list; i++) {
        size_t length = strcspn(list, separators);

        if (length == size && strncasecmp(list, ticker, size) == 0)
            return i;
        list += length;
        list += strspn(list, separators);
    }
    return -1;
}

static void note_ticker(ape__fixer *f, const ape__node *call, const ape__node *constant,
                        const char *ticker, size_t size)
{
    int index = index_of(f->job->request->tickers, ticker, size);
    ape__fetch *fetch;

    if (index >= 0) {
        f->fetches.asked |= index < TICKERS_MAX ? UINT64_C(1) << index : 0;
        return;
    }
    fetch = ape__arena_alloc(&f->job->arena, sizeof(*fetch));
    if (!fetch)
        return;
    *fetch = (ape__fetch){ f->fetches.others, call, constant, { ticker, (uint32_t)size } };
    f->fetches.others = fetch;
}

/* One string may name several: "AAPL MSFT". */
static void note_tickers(ape__fixer *f, const ape__node *call, const ape__node *constant)
{
    const char *at = constant->name.text, *end = at + constant->name.size;

    while (at < end) {
        const char *start = at;

        while (at < end && !strchr(separators, *at))
            at++;
        if (at > start)
            note_ticker(f, call, constant, start, (size_t)(at - start));
        else
            at++;
    }
}

static void note_fetch(ape__fixer *f, const ape__node *call)
{
    const ape__node *keyword = ape__call_keyword(call, "tickers");
    const ape__node *named = call->list.count > 0 ? call->list.items[0] : NULL;

    if (!named && keyword)
        named = keyword->a;
    if (!named) {
        f->fetches.unknown = true;
        return;
    }
    if (ape__value_of(named)->literal)
        named = ape__value_of(named)->literal;
    named = ape__fixer_meant(f, named);
    if (ape__node_is_constant(named, CONSTANT_STRING))
        note_tickers(f, call, named);
    for (uint32_t i = 0; named->kind == NODE_LIST && i < named->list.count; i++)
        if (ape__node_is_constant(named->list.items[i], CONSTANT_STRING))
            note_tickers(f, call, named->list.items[i]);
        else
            f->fetches.unknown = true;
    if (named->kind != NODE_CONSTANT && named->kind != NODE_LIST)
        f->fetches.unknown = true;
}

/* Days from one date to another, as they are written. */
static int days_between(const char *from, const char *to)
{
    ape__date first, second;

    if (!ape__date_parse(from, 10, &first) || !ape__date_parse(to, 10, &second))
        return 0;
    return second - first;
}

/* The question's date, where the other one is written in the call itself. */
static void write_date(ape__fixer *f, const ape__node *call, const char *argument, const char *day,
                       int later, ape__fix *fix)
{
    const ape__node *date = ape__fixer_date(call, argument);
    const char *as_of = f->job->request->as_of;
    ape__date written;
    char text[11];

    if (!ape__date_parse(day, 10, &written) || ape__call_keyword(call, argument)->a != date)
        return;
    ape__date_format(written + later, text);
    if (as_of && strcmp(text, as_of) > 0)
        return;
    ape__fix_replace(fix, date->start, date->end, ape__fixer_format(f, "\"%s\"", text));
    ape__fix_level(fix, RULE_UNSAFE);
}

/* A wider window than the question's may be cut later; a narrower one lacks days. */
static void check_window(ape__fixer *f, const ape__node *call)
{
    const ape_code_request *asked = f->job->request;
    const ape__node *start = ape__fixer_date(call, "start"), *end = ape__fixer_date(call, "end");

    if (start && asked->start && days_between(asked->start, start->name.text) > DAYS_APART)
        write_date(f, call, "start", asked->start, 0,
                   ape__fixer_find(
                       f, "APE607", call,
                       ape__fixer_format(f,
                                         "prices are fetched from %.10s on, and the question is "
                                         "about the days from %s on",
                                         start->name.text, asked->start)));
    else if (end && asked->end && days_between(end->name.text, asked->end) > DAYS_APART)
        write_date(
            f, call, "end", asked->end, 1, /* end= itself is left out */
            ape__fixer_find(f, "APE607", call,
                            ape__fixer_format(f,
                                              "prices are fetched until %.10s, and the question is "
                                              "about the days until %s",
                                              end->name.text, asked->end)));
}

void ape__visit_request(ape__fixer *f, ape__node *node)
{
    bool fetches = ape__fixer_calls(f, node, "yfinance.download");
    ape__kind kind = ape__value_of(node)->kind;

    if (node->kind != NODE_CALL)
        return;
    if (f->job->request->tickers && (fetches || ape__fixer_calls(f, node, "yfinance.Ticker")))
        note_fetch(f, node);
    if (fetches || (kind == KIND_HISTORY && ape__value_of(node)->source == node))
        check_window(f, node);
}

/* The first ticker of the question that is fetched nowhere; NULL: all are. */
static const char *missing_ticker(const ape__fixer *f, size_t *size)
{
    const char *at = f->job->request->tickers;

    for (int i = 0; *at && i < TICKERS_MAX; i++) {
        *size = strcspn(at, separators);
        if (*size > 0 && !(f->fetches.asked & (UINT64_C(1) << i)))
            return at;
        at += *size;
        at += strspn(at, separators);
    }
    return NULL;
}

static size_t occurrences(const char *text, ape__name name)
{
    size_t count = 0;

    for (; *text; text++)
        count += strncmp(text, name.text, name.size) == 0;
    return count;
}

/* One ticker asked for, another one fetched, and its name stands nowhere else. */
static void write_ticker(ape__fixer *f, const ape__fetch *only, ape__fix *fix)
{
    static const char symbol[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-^=";
    const char *asked = f->job->request->tickers;

    if (only->next || asked[strspn(asked, symbol)] != '\0' ||
        only->constant->name.size != only->ticker.size ||
        occurrences(f->job->source.text, only->ticker) != 1)
        return;
    ape__fix_replace(fix, only->constant->start, only->constant->end,
                     ape__fixer_format(f, "\"%s\"", asked));
    ape__fix_level(fix, RULE_UNSAFE);
}

void ape__finish_request(ape__fixer *f)
{
    const char *missing;
    size_t size;

    if (!f->fetches.others || f->fetches.unknown)
        return;
    missing = missing_ticker(f, &size);
    for (const ape__fetch *other = f->fetches.others; missing && other; other = other->next)
        write_ticker(f, f->fetches.others,
                     ape__fixer_find(
                         f, "APE608", other->call,
                         ape__fixer_format(f,
                                           "prices of %.*s are fetched and none of %.*s, which the "
                                           "question is about",
                                           (int)other->ticker.size, other->ticker.text, (int)size,
                                           missing)));
}
