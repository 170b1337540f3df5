/* SPDX-License-Identifier: MIT */
#include "planner/span.h"

static const char *const last_words = "last|past|previous|trailing|recent|preceding|latest|prior|"
                                      "последн*|предыдущ*|прошедш*|крайн*";
static const char *const calendar_last_words = "last|previous|prior|прошл*|предыдущ*";
static const char *const lasting_words = "over|for|during|within|за|в течение|на протяжении";
static const char *const words_before_month = "since|from|starting|beginning|after|between|to|"
                                              "until|till|through|thru|and|in|for|during|of|-|/|"
                                              "с|со|от|начиная|после|между|по|до|и|в|за";

/* First day of the month, quarter or year that a date lies in. */
static ape__date start_of(ape__date date, int months)
{
    int year, month, day;
    ape__date start = date;

    ape__date_to_parts(date, &year, &month, &day);
    (void)ape__date_from_parts(year, (month - 1) / months * months + 1, 1, &start);
    return start;
}

static ape__date first_day(void)
{
    ape__date day = 0;

    (void)ape__date_from_parts(1900, 1, 1, &day);
    return day;
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

/* "over the last year" goes back from the end. */
static bool is_trailing(const ape__plan_span_reader *f, size_t at)
{
    return at > 0 && ape__plan_is(f->tokens, at, "last") && ape__plan_is(f->tokens, at - 1, "the");
}

/* "last year" is the calendar year before this one. */
static size_t read_last_calendar_unit(const ape__plan_span_reader *f, size_t at,
                                      ape__plan_span *out)
{
    size_t count = ape__plan_match_any(f->tokens, at, calendar_last_words), unit_count;
    ape__plan_unit unit = APE__PLAN_NO_UNIT;
    ape__date this_one;

    if (count == 0 || is_trailing(f, at))
        return 0;
    unit_count = ape__plan_read_unit(f->tokens, at + count, &unit);
    if (unit_count == 0 || !is_calendar_unit(unit))
        return 0;
    out->kind = APE__PLAN_SPAN_STRETCH;
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
static size_t read_to_date(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
{
    static const struct {
        const char *phrases;
        int months; /* 0: from the first day there is */
    } table[] = {
        { "all time|all of time|beginning of time|the beginning of time|entire history|whole "
          "history|full history|all available data|"
          "all available history|за все время|за всю историю|все время|всю историю",
          0 },
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
            out->kind = APE__PLAN_SPAN_STRETCH;
            out->first = table[i].months ? start_of(f->as_of, table[i].months) : first_day();
            out->last = f->as_of;
            return count;
        }
    }
    return 0;
}

/* An average over "50 days" takes them as its window, not as a period. */
static bool is_window(const ape__plan_span_reader *f, ape__plan_unit unit)
{
    return f->days_are_window && (unit == APE__PLAN_DAY || unit == APE__PLAN_TRADING_DAY);
}

/* "в 21 году", "за 21 год" mean 2021, not 21 years. */
static bool is_short_year(const ape__plan_span_reader *f, size_t past,
                          const ape__plan_quantity *quantity)
{
    return quantity->counted && quantity->count > 12 && past > 0 &&
           ape__plan_is_one_of(f->tokens, past - 1, "год|году|года");
}

static void go_back(ape__plan_span *out, const ape__plan_quantity *quantity)
{
    out->kind =
        quantity->unit == APE__PLAN_TRADING_DAY ? APE__PLAN_SPAN_CLOSES : APE__PLAN_SPAN_BACK;
    out->back = *quantity;
}

/* "last 6 months", "за последние 6 месяцев", "past year", "the most recent 90 days" */
static size_t read_last_quantity(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
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
static bool names_a_date(const ape__plan_span_reader *f, size_t at)
{
    ape__plan_calendar ignored;

    return ape__plan_read_calendar(f->tokens, at, &ignored) > 0;
}

/* "over 6 months", "за год" */
static size_t read_lasting(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
{
    size_t count = ape__plan_match_any(f->tokens, at, lasting_words), quantity_count;
    ape__plan_quantity quantity;

    if (count == 0)
        return 0;
    count += ape__plan_is_one_of(f->tokens, at + count, "the|весь|всю|все") ? 1 : 0;
    quantity_count = ape__plan_read_quantity(f->tokens, at + count, &quantity);
    if (quantity_count == 0 || is_window(f, quantity.unit) || names_a_date(f, at + count) ||
        is_short_year(f, at + count + quantity_count, &quantity) ||
        ape__plan_is_integer(f->tokens, at + count + quantity_count))
        return 0;
    go_back(out, &quantity);
    return count + quantity_count;
}

static size_t read_ago(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
{
    ape__plan_quantity quantity;
    size_t count = ape__plan_read_quantity(f->tokens, at, &quantity);

    if (count == 0 || !ape__plan_is_one_of(f->tokens, at + count, "ago|earlier|назад"))
        return 0;
    out->kind = APE__PLAN_SPAN_DAY;
    out->first = out->last = ape__plan_shift(f->as_of, &quantity, -1);
    return count + 1;
}

/* "5-year CAGR", "6-month volatility"; what is "30-day" volatility is not clear, so not days. */
static size_t read_adjective(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
{
    ape__plan_quantity quantity;
    size_t count = ape__plan_read_quantity(f->tokens, at, &quantity);

    if (count < 2 || !quantity.counted || is_short_year(f, at + count, &quantity) ||
        (quantity.unit != APE__PLAN_MONTH && quantity.unit != APE__PLAN_YEAR) ||
        ape__plan_is_one_of(f->tokens, at + count, "from|later|ahead|before|after|old|тому|до"))
        return 0;
    go_back(out, &quantity);
    return count;
}

static size_t read_today(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
{
    ape__date day = f->as_of;
    size_t count = ape__plan_match_any(f->tokens, at,
                                       "today|now|right now|сегодня|сейчас|"
                                       "сегодняшн* день|текущ* момент");

    if (count == 0) {
        count = ape__plan_match_any(f->tokens, at, "yesterday|вчера");
        day--;
    }
    out->kind = APE__PLAN_SPAN_DAY;
    out->first = out->last = day;
    return count;
}

/* "end of 2021", "начала 2021 года": one day of what follows. */
static size_t read_edge(const ape__plan_span_reader *f, size_t at, bool *at_end)
{
    size_t count = ape__plan_match_any(f->tokens, at, "end of|the end of|конец|конца|конце|концу");

    *at_end = count > 0;
    if (count > 0)
        return count;
    return ape__plan_match_any(f->tokens, at, "beginning of|start of|начало|начала|начале");
}

/* "Jan-Mar 2021" */
static bool is_joined_to_month(const ape__plan_span_reader *f, size_t at)
{
    return ape__plan_is_one_of(f->tokens, at, "-|to|по") &&
           ape__plan_read_month(f->tokens, at + 1) != 0;
}

/* A month alone needs a word that shows it is one: "may" is mostly not. */
static bool is_clear(const ape__plan_span_reader *f, size_t at, const ape__plan_calendar *calendar)
{
    if (calendar->year != 0 || calendar->day != 0 || calendar->first_month != calendar->last_month)
        return true;
    return at > 0 && (ape__plan_is_one_of(f->tokens, at - 1, words_before_month) ||
                      is_joined_to_month(f, at + 1));
}

static size_t read_calendar(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
{
    bool at_end;
    size_t edge = read_edge(f, at, &at_end);
    size_t count = ape__plan_read_calendar(f->tokens, at + edge, &out->calendar);

    if (count == 0 || (edge == 0 && !is_clear(f, at, &out->calendar)))
        return 0;
    out->is_calendar = true;
    out->kind = out->calendar.day || edge ? APE__PLAN_SPAN_DAY : APE__PLAN_SPAN_STRETCH;
    out->from_its_start = edge > 0 && !at_end;
    return edge + count;
}

size_t ape__plan_read_span(const ape__plan_span_reader *f, size_t at, ape__plan_span *out)
{
    static size_t (*const readers[])(const ape__plan_span_reader *, size_t, ape__plan_span *) = {
        read_to_date,       read_last_calendar_unit,
        read_last_quantity, read_calendar,
        read_today,         read_lasting,
        read_ago,           read_adjective,
    };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        ape__plan_span read = { .at = at };
        size_t count = readers[i](f, at, &read);

        if (count > 0) {
            read.count = count;
            *out = read;
            return count;
        }
    }
    return 0;
}
