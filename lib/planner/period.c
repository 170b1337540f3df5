/* SPDX-License-Identifier: MIT */
#include "planner/period.h"

#include "core/error.h"
#include "planner/calendar.h"
#include "planner/quantity.h"

enum { MOST_SPANS = 2 };

typedef enum span_kind {
    DAY,     /* one day */
    STRETCH, /* from day to day */
    BACK,    /* so long up to the end, which another span may name */
    CLOSES,  /* so many trading days up to the end */
} span_kind;

/** A stretch of tokens that tells of time. */
typedef struct span {
    span_kind kind;
    size_t at;
    size_t count;
    bool from_its_start;         /* "since the beginning of 2021" needs only the first day */
    ape__plan_calendar calendar; /* year 0: known already, or not yet */
    bool is_calendar;
    ape__plan_quantity back;
    ape__date first;
    ape__date last;
} span;

typedef struct finder {
    ape__plan_tokens *tokens;
    ape__date as_of;
    bool days_are_window;
    span spans[MOST_SPANS];
    size_t count;
} finder;

static const char *const since_words =
    "since|from|starting|beginning|after|с|со|от|начиная|после|between|между";
static const char *const until_words =
    "to|until|till|through|thru|by|before|ending|ended|up|до|по|к";
static const char *const on_words = "on|at|of|as|на|в|за";
static const char *const joining_words = "to|until|till|through|thru|-|/|and|up|по|до|и|.";

static const char *const last_words = "last|past|previous|trailing|recent|preceding|latest|prior|"
                                      "последн*|предыдущ*|прошедш*|крайн*";
static const char *const calendar_last_words = "last|previous|prior|прошл*|предыдущ*";
static const char *const lasting_words = "over|for|during|within|за|в течение|на протяжении";

/* First day of the month, quarter or year that a date lies in. */
static ape__date start_of(ape__date date, int months)
{
    int year, month, day;
    ape__date start = date;

    ape__date_to_parts(date, &year, &month, &day);
    (void)ape__date_from_parts(year, (month - 1) / months * months + 1, 1, &start);
    return start;
}

static int months_of(ape__plan_unit unit)
{
    return unit == APE__PLAN_YEAR ? 12 : unit == APE__PLAN_QUARTER ? 3 : 1;
}

static ape__date monday_of(ape__date date)
{
    return date - ((date + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
}

static bool is_calendar_unit(ape__plan_unit unit)
{
    return unit == APE__PLAN_WEEK || unit == APE__PLAN_MONTH || unit == APE__PLAN_QUARTER ||
           unit == APE__PLAN_YEAR;
}

/* "last year" is the calendar year before this one; "the last 2 years" go back from the end. */
static size_t read_last_calendar_unit(const finder *f, size_t at, span *out)
{
    size_t count = ape__plan_match_any(f->tokens, at, calendar_last_words), unit_count;
    ape__plan_unit unit = APE__PLAN_NO_UNIT;
    ape__date this_one;

    if (count == 0)
        return 0;
    unit_count = ape__plan_read_unit(f->tokens, at + count, &unit);
    if (unit_count == 0 || !is_calendar_unit(unit))
        return 0;
    out->kind = STRETCH;
    if (unit == APE__PLAN_WEEK) {
        this_one = monday_of(f->as_of);
        out->first = this_one - 7;
    } else {
        this_one = start_of(f->as_of, months_of(unit));
        out->first = ape__date_add_months(this_one, -months_of(unit));
    }
    out->last = this_one - 1;
    return count + unit_count;
}

/* "this year", "year to date", "YTD", "с начала года" */
static size_t read_to_date(const finder *f, size_t at, span *out)
{
    static const struct {
        const char *phrases;
        int months;
    } table[] = {
        { "ytd|year to date|this year|current year|so far this year|since the start of the year|"
          "since the beginning of the year|from the start of the year|"
          "from the beginning of the year|since the start of this year|"
          "since the beginning of this year|since start of year|"
          "с начала года|с начала этого года|с начала текущего года|в этом году|"
          "в текущем году|за этот год|за текущий год|этот год|этого года|текущего года",
          12 },
        { "qtd|quarter to date|this quarter|current quarter|с начала квартала|в этом квартале|"
          "в текущем квартале|за этот квартал|за текущий квартал",
          3 },
        { "mtd|month to date|this month|current month|с начала месяца|в этом месяце|"
          "в текущем месяце|за этот месяц|за текущий месяц",
          1 },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t count = ape__plan_match_any(f->tokens, at, table[i].phrases);

        if (count > 0) {
            out->kind = STRETCH;
            out->first = start_of(f->as_of, table[i].months);
            out->last = f->as_of;
            return count;
        }
    }
    return 0;
}

/* An average over "50 days" takes them as its window, not as a period. */
static bool is_window(const finder *f, ape__plan_unit unit)
{
    return f->days_are_window && (unit == APE__PLAN_DAY || unit == APE__PLAN_TRADING_DAY);
}

static void go_back(span *out, const ape__plan_quantity *quantity)
{
    out->kind = quantity->unit == APE__PLAN_TRADING_DAY ? CLOSES : BACK;
    out->back = *quantity;
}

/* "last 6 months", "за последние 6 месяцев", "past year", "the most recent 90 days" */
static size_t read_last_quantity(const finder *f, size_t at, span *out)
{
    size_t count = ape__plan_match_any(f->tokens, at, last_words), quantity_count;
    ape__plan_quantity quantity;

    if (count == 0)
        return 0;
    quantity_count = ape__plan_read_quantity(f->tokens, at + count, &quantity);
    if (quantity_count == 0 || is_window(f, quantity.unit))
        return 0;
    go_back(out, &quantity);
    return count + quantity_count;
}

/* "over 3 квартал 2022" names a quarter, "over the year 2021" a year. */
static bool names_a_date(const finder *f, size_t at)
{
    ape__plan_calendar ignored;

    return ape__plan_read_calendar(f->tokens, at, &ignored) > 0;
}

/* "over 6 months", "за год" */
static size_t read_lasting(const finder *f, size_t at, span *out)
{
    size_t count = ape__plan_match_any(f->tokens, at, lasting_words), quantity_count;
    ape__plan_quantity quantity;

    if (count == 0)
        return 0;
    count += ape__plan_is_one_of(f->tokens, at + count, "the|весь|всю|все") ? 1 : 0;
    quantity_count = ape__plan_read_quantity(f->tokens, at + count, &quantity);
    if (quantity_count == 0 || is_window(f, quantity.unit) || names_a_date(f, at + count) ||
        ape__plan_is_integer(f->tokens, at + count + quantity_count))
        return 0;
    go_back(out, &quantity);
    return count + quantity_count;
}

static size_t read_ago(const finder *f, size_t at, span *out)
{
    ape__plan_quantity quantity;
    size_t count = ape__plan_read_quantity(f->tokens, at, &quantity);

    if (count == 0 || !ape__plan_is_one_of(f->tokens, at + count, "ago|earlier|назад"))
        return 0;
    out->kind = DAY;
    out->first = out->last = ape__plan_shift(f->as_of, &quantity, -1);
    return count + 1;
}

/* "5-year CAGR", "6-month volatility"; what is "30-day" volatility is not clear, so not days. */
static size_t read_adjective(const finder *f, size_t at, span *out)
{
    ape__plan_quantity quantity;
    size_t count = ape__plan_read_quantity(f->tokens, at, &quantity);

    if (count < 2 || !quantity.counted ||
        (quantity.unit != APE__PLAN_MONTH && quantity.unit != APE__PLAN_YEAR) ||
        ape__plan_is_one_of(f->tokens, at + count, "from|later|ahead|before|after|old|тому|до"))
        return 0;
    go_back(out, &quantity);
    return count;
}

static size_t read_today(const finder *f, size_t at, span *out)
{
    ape__date day = f->as_of;
    size_t count = ape__plan_match_any(f->tokens, at,
                                       "today|now|right now|сегодня|сейчас|"
                                       "сегодняшн* день|текущ* момент");

    if (count == 0) {
        count = ape__plan_match_any(f->tokens, at, "yesterday|вчера");
        day--;
    }
    out->kind = DAY;
    out->first = out->last = day;
    return count;
}

/* "end of 2021", "начала 2021 года": one day of what follows. */
static size_t read_edge(const finder *f, size_t at, bool *at_end)
{
    size_t count = ape__plan_match_any(f->tokens, at, "end of|the end of|конец|конца|конце|концу");

    *at_end = count > 0;
    if (count > 0)
        return count;
    return ape__plan_match_any(f->tokens, at, "beginning of|start of|начало|начала|начале");
}

/* A month alone needs a word that shows it is one: "may" is mostly not. */
static bool is_clear(const finder *f, size_t at, const ape__plan_calendar *calendar)
{
    if (calendar->year != 0 || calendar->day != 0 || calendar->first_month != calendar->last_month)
        return true;
    return at > 0 && (ape__plan_is_one_of(f->tokens, at - 1, since_words) ||
                      ape__plan_is_one_of(f->tokens, at - 1, joining_words) ||
                      ape__plan_is_one_of(f->tokens, at - 1, "in|for|during|в|за|of"));
}

static size_t read_calendar(const finder *f, size_t at, span *out)
{
    bool at_end;
    size_t edge = read_edge(f, at, &at_end);
    size_t count = ape__plan_read_calendar(f->tokens, at + edge, &out->calendar);

    if (count == 0 || (edge == 0 && !is_clear(f, at, &out->calendar)))
        return 0;
    out->is_calendar = true;
    out->kind = out->calendar.day || edge ? DAY : STRETCH;
    out->from_its_start = edge > 0 && !at_end;
    return edge + count;
}

static size_t read_span(const finder *f, size_t at, span *out)
{
    static size_t (*const readers[])(const finder *, size_t, span *) = {
        read_to_date,       read_last_calendar_unit,
        read_last_quantity, read_calendar,
        read_today,         read_lasting,
        read_ago,           read_adjective,
    };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        span read = { .at = at };
        size_t count = readers[i](f, at, &read);

        if (count > 0) {
            read.count = count;
            *out = read;
            return count;
        }
    }
    return 0;
}

static ape_status collect(finder *f, ape_error *err)
{
    for (size_t at = 0; at < f->tokens->count;) {
        span found;
        size_t count = f->tokens->items[at].role == APE__PLAN_FREE ? read_span(f, at, &found) : 0;

        if (count == 0) {
            at++;
            continue;
        }
        if (f->count == MOST_SPANS)
            return ape__fail(err, APE_ERR_REFUSED,
                             "the question names more than one period; ask for one, as "
                             "\"from 2021-01-01 to 2021-12-31\"");
        f->spans[f->count++] = found;
        ape__plan_take(f->tokens, at, count, APE__PLAN_DATE);
        at += count;
    }
    return APE_OK;
}

static ape_status resolve(span *s, ape_error *err)
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
    if (s->kind == DAY && s->from_its_start)
        s->last = s->first;
    else if (s->kind == DAY)
        s->first = s->last;
    return APE_OK;
}

static bool follows(const finder *f, const span *s, const char *words)
{
    size_t at = s->at;

    while (at > 0 && ape__plan_is_one_of(f->tokens, at - 1, "the|date|year|period|:|год|года"))
        at--;
    return at > 0 && ape__plan_is_one_of(f->tokens, at - 1, words);
}

static bool is_as_of(const finder *f, const span *s)
{
    return s->at > 1 && ape__plan_is(f->tokens, s->at - 1, "of") &&
           ape__plan_is(f->tokens, s->at - 2, "as");
}

/* Nothing but "to" or the like stands between the two spans. "2020 and 2021" is a range only
 * after "between" or "from". */
static bool are_joined(const finder *f)
{
    const span *one = &f->spans[0], *other = &f->spans[1];
    bool opened = follows(f, one, since_words), joined = false;

    for (size_t at = one->at + one->count; at < other->at; at++) {
        bool is_and = ape__plan_is_one_of(f->tokens, at, "and|и");

        if (ape__plan_is_one_of(f->tokens, at, "the|,|year|год|года"))
            continue;
        if (!ape__plan_is_one_of(f->tokens, at, joining_words) || (is_and && !opened))
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

static ape_status use_range(finder *f, ape__plan_period *out, ape_error *err)
{
    span *one = &f->spans[0], *other = &f->spans[1];
    ape_status st;

    if (one->is_calendar && one->calendar.year == 0)
        one->calendar.year = other->calendar.year;
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

static ape_status use_back(const span *s, ape__date end, ape__plan_period *out)
{
    out->end = end;
    if (s->kind == CLOSES) {
        out->closes = (uint32_t)s->back.count;
        return APE_OK;
    }
    out->has_start = true;
    out->start = ape__plan_shift(end, &s->back, -1);
    return APE_OK;
}

static ape_status use_one(finder *f, ape__plan_period *out, ape_error *err)
{
    span *s = &f->spans[0];
    ape_status st = resolve(s, err);

    if (st != APE_OK)
        return st;
    if (s->kind == BACK || s->kind == CLOSES)
        return use_back(s, f->as_of, out);
    if (follows(f, s, "after|после")) {
        out->has_start = true;
        out->start = s->last + 1;
        return APE_OK;
    }
    if (follows(f, s, since_words)) {
        out->has_start = true;
        out->start = s->first;
        return APE_OK;
    }
    if (s->kind == STRETCH && s->is_calendar && (follows(f, s, "на|by") || is_as_of(f, s)))
        return ape__fail(err, APE_ERR_REFUSED,
                         "it is not clear which day is meant; say \"at the end of March 2021\" "
                         "or a date");
    if (s->kind == STRETCH && follows(f, s, until_words) && s->is_calendar)
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question says when the period ends but not when it starts; say "
                         "both, as \"from 2020-01-01 to 2021-12-31\"");
    out->end = follows(f, s, "before") ? s->last - 1 : s->last;
    out->has_start = s->kind == STRETCH;
    out->one_day = s->kind == DAY && !is_as_of(f, s);
    out->start = s->first;
    return APE_OK;
}

/* "over the last 6 months up to 2021-06-30": one span goes back from the day of the other. */
static ape_status use_two(finder *f, ape__plan_period *out, ape_error *err)
{
    span *one = &f->spans[0], *other = &f->spans[1];
    span *back = one->kind == BACK || one->kind == CLOSES ? one : other;
    span *day = back == one ? other : one;
    ape_status st;

    if (are_joined(f) && back->kind != BACK && back->kind != CLOSES)
        return use_range(f, out, err);
    if ((back->kind != BACK && back->kind != CLOSES) || day->kind != DAY ||
        !(follows(f, day, until_words) || follows(f, day, on_words)))
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question names two periods; ask for one at a time, or join them, "
                         "as \"from 2020 to 2021\"");
    st = resolve(day, err);
    return st == APE_OK ? use_back(back, day->last, out) : st;
}

ape_status ape__plan_find_period(ape__plan_tokens *tokens, ape__date as_of, bool days_are_window,
                                 ape__plan_period *out, ape_error *err)
{
    finder f = { .tokens = tokens, .as_of = as_of, .days_are_window = days_are_window };
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
