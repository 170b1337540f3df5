/* SPDX-License-Identifier: MIT */
#include "planner/period.h"

#include "core/error.h"
#include "planner/span.h"

enum { MOST_SPANS = 2 };

typedef struct finder {
    ape__plan_span_reader reader;
    ape__plan_span spans[MOST_SPANS];
    size_t count;
} finder;

static const char *const since_words =
    "since|from|starting|beginning|after|с|со|от|начиная|после|between|между";
static const char *const until_words =
    "to|until|till|through|thru|by|before|ending|ended|up|до|по|к";
static const char *const on_words = "on|at|of|as|на|в|за";
static const char *const joining_words = "to|until|till|through|thru|-|/|and|up|по|до|и|.";

static ape_status collect(finder *f, ape_error *err)
{
    for (size_t at = 0; at < f->reader.tokens->count;) {
        ape__plan_span found;
        size_t count = f->reader.tokens->items[at].role == APE__PLAN_FREE
                           ? ape__plan_read_span(&f->reader, at, &found)
                           : 0;

        if (count == 0) {
            at++;
            continue;
        }
        if (f->count == MOST_SPANS)
            return ape__fail(err, APE_ERR_REFUSED,
                             "the question names more than one period; ask for one, as "
                             "\"from 2021-01-01 to 2021-12-31\"");
        f->spans[f->count++] = found;
        ape__plan_take(f->reader.tokens, at, count, APE__PLAN_DATE);
        at += count;
    }
    return APE_OK;
}

static ape_status resolve(ape__plan_span *s, ape_error *err)
{
    if (!s->is_calendar)
        return APE_OK;
    if (s->calendar.year == 0)
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question names a part of a year without its year; say which, as "
                         "\"March 2021\" or \"Q3 2022\"");
    if (!ape__plan_calendar_days(&s->calendar, &s->first, &s->last))
        return ape__fail(err, APE_ERR_REFUSED, "there is no day %04d-%02d-%02d in the calendar",
                         s->calendar.year, s->calendar.first_month, s->calendar.day);
    if (s->kind == APE__PLAN_SPAN_DAY && s->from_its_start)
        s->last = s->first;
    else if (s->kind == APE__PLAN_SPAN_DAY)
        s->first = s->last;
    return APE_OK;
}

static bool follows(const finder *f, const ape__plan_span *s, const char *words)
{
    size_t at = s->at;

    while (at > 0 &&
           ape__plan_is_one_of(f->reader.tokens, at - 1, "the|date|year|period|:|год|года"))
        at--;
    return at > 0 && ape__plan_is_one_of(f->reader.tokens, at - 1, words);
}

/* "starting in 2021", "beginning from 2021" */
static bool starts_explicitly(const finder *f, const ape__plan_span *s)
{
    return s->at > 1 && ape__plan_is_one_of(f->reader.tokens, s->at - 1, "in|on|from|с") &&
           ape__plan_is_one_of(f->reader.tokens, s->at - 2, "starting|beginning|начиная");
}

static bool is_as_of(const finder *f, const ape__plan_span *s)
{
    return s->at > 1 && ape__plan_is(f->reader.tokens, s->at - 1, "of") &&
           ape__plan_is(f->reader.tokens, s->at - 2, "as");
}

/* Nothing but "to" or the like stands between the two spans. "2020 and 2021" is a range only
 * after "between" or "from". */
static bool are_joined(const finder *f)
{
    const ape__plan_span *one = &f->spans[0], *other = &f->spans[1];
    bool opened = follows(f, one, since_words), joined = false;

    for (size_t at = one->at + one->count; at < other->at; at++) {
        bool is_and = ape__plan_is_one_of(f->reader.tokens, at, "and|и");

        if (ape__plan_is_one_of(f->reader.tokens, at, "the|,|year|год|года"))
            continue;
        if (!ape__plan_is_one_of(f->reader.tokens, at, joining_words) || (is_and && !opened))
            return false;
        joined = true;
    }
    return joined;
}

static ape_status check_order(ape__date start, ape__date end, ape_error *err)
{
    char first[11], last[11];

    if (start <= end)
        return APE_OK;
    ape__date_format(start, first);
    ape__date_format(end, last);
    return ape__fail(err, APE_ERR_REFUSED,
                     "the period ends on %s, before it starts on %s; swap the dates", last, first);
}

/* "from January to March 2021", "с 1 по 31 марта 2021": what one leaves out, the other says. */
static void complete(ape__plan_calendar *calendar, const ape__plan_calendar *from)
{
    if (calendar->first_month == 0) {
        calendar->first_month = from->first_month;
        calendar->last_month = from->last_month;
    }
    if (calendar->year == 0)
        calendar->year = from->year;
}

static ape_status use_range(finder *f, ape__plan_period *out, ape_error *err)
{
    ape__plan_span *one = &f->spans[0], *other = &f->spans[1];
    ape_status st;

    complete(&one->calendar, &other->calendar);
    complete(&other->calendar, &one->calendar);
    st = resolve(one, err);
    if (st == APE_OK)
        st = resolve(other, err);
    if (st != APE_OK)
        return st;
    out->has_start = true;
    out->start = one->first;
    out->end = other->last;
    return check_order(out->start, out->end, err);
}

static bool is_back(const ape__plan_span *s)
{
    return s->kind == APE__PLAN_SPAN_BACK || s->kind == APE__PLAN_SPAN_CLOSES;
}

static void use_back(const ape__plan_span *s, ape__date end, ape__plan_period *out)
{
    out->end = end;
    out->has_start = s->kind == APE__PLAN_SPAN_BACK;
    if (out->has_start)
        out->start = ape__plan_shift(end, &s->back, -1);
    else
        out->closes = (uint32_t)s->back.count;
}

/* "using data from 2021" may mean its data alone. */
static bool is_data_from(const finder *f, const ape__plan_span *s)
{
    return s->at > 1 && ape__plan_is_one_of(f->reader.tokens, s->at - 1, "from") &&
           ape__plan_is_one_of(f->reader.tokens, s->at - 2, "data|prices|closes|returns|figures");
}

/* What the words before a named stretch leave open. */
static ape_status check_clear(const finder *f, const ape__plan_span *s, ape_error *err)
{
    if (s->kind != APE__PLAN_SPAN_STRETCH || !s->is_calendar)
        return APE_OK;
    if (is_data_from(f, s))
        return ape__fail(err, APE_ERR_REFUSED,
                         "it is not clear whether the period ends there too; say \"in 2021\" or "
                         "\"since 2021\"");
    if (follows(f, s, "на|by") || is_as_of(f, s))
        return ape__fail(err, APE_ERR_REFUSED,
                         "it is not clear which day is meant; say \"at the end of March 2021\" "
                         "or a date");
    if (follows(f, s, until_words))
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question says when the period ends but not when it starts; say "
                         "both, as \"from 2020-01-01 to 2021-12-31\"");
    return APE_OK;
}

static ape_status use_one(finder *f, ape__plan_period *out, ape_error *err)
{
    ape__plan_span *s = &f->spans[0];
    ape_status st = resolve(s, err);

    if (st == APE_OK)
        st = check_clear(f, s, err);
    if (st != APE_OK)
        return st;
    if (is_back(s)) {
        use_back(s, f->reader.as_of, out);
        return APE_OK;
    }
    out->has_start = true;
    if (follows(f, s, "after|после")) {
        out->start = s->last + 1;
    } else if (starts_explicitly(f, s) || follows(f, s, since_words)) {
        out->start = s->first;
    } else {
        out->has_start = s->kind == APE__PLAN_SPAN_STRETCH;
        out->one_day = s->kind == APE__PLAN_SPAN_DAY && !is_as_of(f, s);
        out->start = s->first;
        out->end = follows(f, s, "before") ? s->last - 1 : s->last;
    }
    return APE_OK;
}

/* "over the last 6 months up to 2021-06-30": one span goes back from the day of the other. */
static ape_status use_two(finder *f, ape__plan_period *out, ape_error *err)
{
    ape__plan_span *one = &f->spans[0], *other = &f->spans[1];
    ape__plan_span *back = is_back(one) ? one : other;
    ape__plan_span *day = back == one ? other : one;
    ape_status st;

    if (are_joined(f) && !is_back(back))
        return use_range(f, out, err);
    if (!is_back(back) || day->kind != APE__PLAN_SPAN_DAY ||
        !(follows(f, day, until_words) || follows(f, day, on_words)))
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question names two periods; ask for one at a time, or join them, "
                         "as \"from 2020 to 2021\"");
    st = resolve(day, err);
    if (st == APE_OK)
        use_back(back, day->last, out);
    return st;
}

ape_status ape__plan_find_period(ape__plan_tokens *tokens, ape__date as_of, bool days_are_window,
                                 ape__plan_period *out, ape_error *err)
{
    finder f = { .reader = { tokens, as_of, days_are_window } };
    ape__plan_period period = { .end = as_of, .closes = APE__PLAN_DEFAULT_CLOSES };
    ape_status st = collect(&f, err);

    if (st != APE_OK)
        return st;
    if (f.count == 1)
        st = use_one(&f, &period, err);
    else if (f.count == 2)
        st = use_two(&f, &period, err);
    if (st == APE_OK)
        *out = period;
    return st;
}
