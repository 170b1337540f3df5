/* SPDX-License-Identifier: MIT */
#include "planner/calendar.h"

static const char *const months[] = {
    "january|jan|январ*|янв",
    "february|feb|феврал*|фев",
    "march|mar|март|марта|марте|марту|мартом|мар",
    "april|apr|апрел*|апр",
    "may|май|мая|мае|маю|маем",
    "june|jun|июнь|июня|июне|июню|июнем|июн",
    "july|jul|июль|июля|июле|июлю|июлем|июл",
    "august|aug|август|августа|августе|августу|авг",
    "september|sep|sept|сентябр*|сен|сент",
    "october|oct|октябр*|окт",
    "november|nov|ноябр*|ноя|нояб",
    "december|dec|декабр*|дек",
};

static const char *const ordinals[] = {
    "first|1st|i|перв*",
    "second|2nd|ii|втор*",
    "third|3rd|iii|треть*|трети*",
    "fourth|4th|iv|четверт*",
};

static bool is_number(const ape__plan_tokens *tokens, size_t at, uint32_t digits, int low, int high)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);

    return ape__plan_is_integer(tokens, at) && token->size <= digits &&
           token->mantissa >= (uint64_t)low && token->mantissa <= (uint64_t)high;
}

static int number_of(const ape__plan_tokens *tokens, size_t at)
{
    return (int)ape__plan_at(tokens, at)->mantissa;
}

static bool is_year(const ape__plan_tokens *tokens, size_t at)
{
    return is_number(tokens, at, 4, 1900, 2099);
}

int ape__plan_read_month(const ape__plan_tokens *tokens, size_t at)
{
    for (int month = 1; month <= 12; month++)
        if (ape__plan_match_any(tokens, at, months[month - 1]) == 1)
            return month;
    return 0;
}

/* "1st", "5-го", "2021-й": the tail of a number written as an ordinal. */
static size_t skip_ordinal_tail(const ape__plan_tokens *tokens, size_t at)
{
    size_t count = ape__plan_is(tokens, at, "-") && ape__plan_at(tokens, at)->glued ? 1 : 0;

    if (!ape__plan_at(tokens, at + count)->glued ||
        !ape__plan_is_one_of(tokens, at + count, "st|nd|rd|th|й|го|м|му|ый|ого"))
        return 0;
    return count + 1;
}

/* "2010s", "2010-х", "2010-е" */
static bool is_decade(const ape__plan_tokens *tokens, size_t at)
{
    size_t tail = at + (ape__plan_is(tokens, at, "-") ? 1 : 0);

    return ape__plan_at(tokens, tail)->glued && ape__plan_is_one_of(tokens, tail, "s|х|е");
}

/* "2000 days" is no year. */
static bool is_count(const ape__plan_tokens *tokens, size_t at)
{
    return ape__plan_match_any(tokens, at,
                               "day|days|trading days|sessions|weeks|months|periods|"
                               "дней|торгов* дней|недель|месяцев") > 0;
}

/* "2021", "2021 года", "of 2021", ", 2021", "2021 г." */
static size_t read_year(const ape__plan_tokens *tokens, size_t at, int *year)
{
    size_t count = ape__plan_is_one_of(tokens, at, "of|,|in|-|'|в") ? 1 : 0;

    if (!is_year(tokens, at + count))
        return 0;
    *year = number_of(tokens, at + count);
    count++;
    if (is_decade(tokens, at + count) || is_count(tokens, at + count))
        return 0;
    count += skip_ordinal_tail(tokens, at + count);
    if (ape__plan_is_one_of(tokens, at + count, "год|года|году|годом|годов|годы|годах|г|гг"))
        count++;
    return count;
}

static bool is_separator(const ape__plan_tokens *tokens, size_t at, const char *sign)
{
    return ape__plan_is(tokens, at, sign) && ape__plan_at(tokens, at)->glued &&
           ape__plan_at(tokens, at + 1)->glued;
}

/* "2021-01-05", "2021/1/5", "05.01.2021". A slash after a day is not read: Americans put the
 * month first. */
static size_t read_digits_date(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out)
{
    static const char *const signs[] = { "-", "/", "." };

    for (size_t i = 0; i < 3; i++) {
        if (!is_separator(tokens, at + 1, signs[i]) || !is_separator(tokens, at + 3, signs[i]) ||
            !ape__plan_is_integer(tokens, at) || !ape__plan_is_integer(tokens, at + 2) ||
            !ape__plan_is_integer(tokens, at + 4))
            continue;
        if (is_year(tokens, at) && is_number(tokens, at + 4, 2, 0, 99)) {
            *out = (ape__plan_calendar){ number_of(tokens, at), number_of(tokens, at + 2),
                                         number_of(tokens, at + 2), number_of(tokens, at + 4) };
            return 5;
        }
        if (i == 2 && is_number(tokens, at, 2, 0, 99) && is_year(tokens, at + 4)) {
            *out = (ape__plan_calendar){ number_of(tokens, at + 4), number_of(tokens, at + 2),
                                         number_of(tokens, at + 2), number_of(tokens, at) };
            return 5;
        }
    }
    return 0;
}

/* "2021-03", but not the start of "2021-03-05". */
static size_t read_digits_month(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out)
{
    if (!is_year(tokens, at) || !is_separator(tokens, at + 1, "-") ||
        ape__plan_at(tokens, at + 2)->size != 2 || !is_number(tokens, at + 2, 2, 1, 12))
        return 0;
    *out = (ape__plan_calendar){ number_of(tokens, at), number_of(tokens, at + 2),
                                 number_of(tokens, at + 2), 0 };
    return 3;
}

/* "5 January 2021", "5th of January", "5-го января 2021 года" */
static size_t read_day_month(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out)
{
    size_t count = 1;

    if (!is_number(tokens, at, 2, 1, 31))
        return 0;
    count += skip_ordinal_tail(tokens, at + count);
    count += ape__plan_is(tokens, at + count, "of") ? 1 : 0;
    out->first_month = out->last_month = ape__plan_read_month(tokens, at + count);
    if (out->first_month == 0)
        return 0;
    out->day = number_of(tokens, at);
    count++;
    count += ape__plan_is(tokens, at + count, ".") ? 1 : 0;
    return count + read_year(tokens, at + count, &out->year);
}

/* The 1 of "с 1 по 31 марта 2021": its month and year come with the other day. */
static size_t read_day_alone(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out)
{
    ape__plan_calendar other = { 0, 0, 0, 0 };

    if (!is_number(tokens, at, 2, 1, 31) ||
        !ape__plan_is_one_of(tokens, at + 1, "to|and|-|по|до|и") ||
        read_day_month(tokens, at + 2, &other) == 0)
        return 0;
    out->day = number_of(tokens, at);
    return 1;
}

/* "January 5, 2021", "January 2021", "January" */
static size_t read_month_first(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out)
{
    size_t count = 1;

    out->first_month = out->last_month = ape__plan_read_month(tokens, at);
    if (out->first_month == 0)
        return 0;
    count += ape__plan_is(tokens, at + count, ".") ? 1 : 0;
    if (is_number(tokens, at + count, 2, 1, 31)) {
        out->day = number_of(tokens, at + count);
        count++;
        count += skip_ordinal_tail(tokens, at + count);
    }
    return count + read_year(tokens, at + count, &out->year);
}

static size_t read_ordinal(const ape__plan_tokens *tokens, size_t at, int *out)
{
    if (is_number(tokens, at, 1, 1, 4)) {
        *out = number_of(tokens, at);
        return 1 + skip_ordinal_tail(tokens, at + 1);
    }
    for (int i = 0; i < 4; i++)
        if (ape__plan_match_any(tokens, at, ordinals[i]) == 1) {
            *out = i + 1;
            return 1;
        }
    return 0;
}

/* "Q3", "H1", "third quarter", "III квартал", "первое полугодие" */
static size_t read_part_of_year(const ape__plan_tokens *tokens, size_t at, int *part, int *length)
{
    size_t count;

    if (ape__plan_is_one_of(tokens, at, "q|h") && ape__plan_at(tokens, at + 1)->glued &&
        is_number(tokens, at + 1, 1, 1, 4)) {
        *part = number_of(tokens, at + 1);
        *length = ape__plan_is(tokens, at, "q") ? 3 : 6;
        return 2;
    }
    count = read_ordinal(tokens, at, part);
    if (count == 0)
        return 0;
    if (ape__plan_match_any(tokens, at + count, "quarter|квартал*|кв"))
        *length = 3;
    else if (ape__plan_match_any(tokens, at + count, "half|полугоди*|половин*"))
        *length = 6;
    else
        return 0;
    count++;
    return count + (ape__plan_is(tokens, at + count, ".") ? 1 : 0);
}

static size_t read_quarter_or_half(const ape__plan_tokens *tokens, size_t at,
                                   ape__plan_calendar *out)
{
    int part, length;
    size_t year_first = read_year(tokens, at, &out->year);
    size_t count = read_part_of_year(tokens, at + year_first, &part, &length);

    if (count == 0 || part * length > 12)
        return 0;
    out->first_month = (part - 1) * length + 1;
    out->last_month = part * length;
    count += year_first;
    return count + (year_first ? 0 : read_year(tokens, at + count, &out->year));
}

static size_t read_whole_year(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out)
{
    out->first_month = 1;
    out->last_month = 12;
    return ape__plan_is_integer(tokens, at) ? read_year(tokens, at, &out->year) : 0;
}

size_t ape__plan_read_calendar(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out)
{
    static size_t (*const readers[])(const ape__plan_tokens *, size_t, ape__plan_calendar *) = {
        read_digits_date, read_digits_month,    read_day_month,  read_day_alone,
        read_month_first, read_quarter_or_half, read_whole_year,
    };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        ape__plan_calendar read = { 0, 0, 0, 0 };
        size_t count = readers[i](tokens, at, &read);

        if (count > 0) {
            *out = read;
            return count;
        }
    }
    return 0;
}

bool ape__plan_calendar_days(const ape__plan_calendar *calendar, ape__date *first, ape__date *last)
{
    int day = calendar->day ? calendar->day : 1;

    if (!ape__date_from_parts(calendar->year, calendar->first_month, day, first))
        return false;
    *last = *first;
    if (calendar->day == 0)
        *last = ape__date_add_months(*first, calendar->last_month - calendar->first_month + 1) - 1;
    return true;
}
