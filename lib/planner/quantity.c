/* SPDX-License-Identifier: MIT */
#include "planner/quantity.h"

enum { LARGEST_COUNT = 10000, LONGEST_DAYS = 36600 };

static const struct {
    const char *phrases;
    ape__plan_unit unit;
} units[] = {
    { "day|days|d|calendar day|calendar days|день|дня|дней|дню|дням|днями|дн|сутки|суток|"
      "дневн*|календарн* дня|календарн* дней|календарн* день",
      APE__PLAN_DAY },
    { "trading day|trading days|business day|business days|session|sessions|trading session|"
      "trading sessions|торгов* день|торгов* дня|торгов* дней|торгов* сесси*|рабоч* день|"
      "рабоч* дня|рабоч* дней",
      APE__PLAN_TRADING_DAY },
    { "week|weeks|w|wk|wks|недел*|неделя|недельн*", APE__PLAN_WEEK },
    { "month|months|mo|mos|m|месяц|месяца|месяцев|месяцу|месяце|месячн*|мес", APE__PLAN_MONTH },
    { "quarter|quarters|квартал|квартала|кварталов|квартале", APE__PLAN_QUARTER },
    { "year|years|yr|yrs|y|год|года|году|годов|лет|летн*|летие|летия|годичн*", APE__PLAN_YEAR },
};

static const struct {
    const char *words;
    int count;
} number_words[] = {
    { "a|an|one|один|одну|одного|одна|одной", 1 },
    { "two|couple|два|две|двух|двумя", 2 },
    { "three|три|трех|тремя", 3 },
    { "four|четыре|четырех", 4 },
    { "five|пять|пяти", 5 },
    { "six|шесть|шести", 6 },
    { "seven|семь|семи", 7 },
    { "eight|восемь|восьми", 8 },
    { "nine|девять|девяти", 9 },
    { "ten|десять|десяти", 10 },
    { "eleven|одиннадцать|одиннадцати", 11 },
    { "twelve|двенадцать|двенадцати", 12 },
    { "fifteen|пятнадцать|пятнадцати", 15 },
    { "twenty|двадцать|двадцати", 20 },
    { "thirty|тридцать|тридцати", 30 },
    { "sixty|шестьдесят|шестидесяти", 60 },
    { "ninety|девяносто", 90 },
};

size_t ape__plan_read_unit(const ape__plan_tokens *tokens, size_t at, ape__plan_unit *out)
{
    size_t longest = 0;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t count = ape__plan_match_any(tokens, at, units[i].phrases);

        if (count > longest) {
            longest = count;
            *out = units[i].unit;
        }
    }
    return longest;
}

size_t ape__plan_read_count(const ape__plan_tokens *tokens, size_t at, int *out)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);

    if (token->role != APE__PLAN_FREE)
        return 0;
    if (ape__plan_is_integer(tokens, at) && token->mantissa <= LARGEST_COUNT) {
        *out = (int)token->mantissa;
        return 1;
    }
    for (size_t i = 0; i < sizeof(number_words) / sizeof(number_words[0]); i++)
        if (ape__plan_is_one_of(tokens, at, number_words[i].words)) {
            *out = number_words[i].count;
            return 1;
        }
    return 0;
}

/* Longer than a century is no stretch of time that anybody means. */
static bool is_too_long(const ape__plan_quantity *q)
{
    static const int days[] = {
        [APE__PLAN_NO_UNIT] = 1, [APE__PLAN_DAY] = 1,    [APE__PLAN_TRADING_DAY] = 1,
        [APE__PLAN_WEEK] = 7,    [APE__PLAN_MONTH] = 30, [APE__PLAN_QUARTER] = 91,
        [APE__PLAN_YEAR] = 365,
    };

    return q->count > LONGEST_DAYS / days[q->unit];
}

static size_t read_half_year(const ape__plan_tokens *tokens, size_t at, ape__plan_quantity *out)
{
    size_t count = ape__plan_match_any(tokens, at,
                                       "half a year|half year|полгода|полугода|"
                                       "полугодие|полгоду");

    if (count > 0)
        *out = (ape__plan_quantity){ 6, APE__PLAN_MONTH, true };
    return count;
}

/* "6-", "6-ти", "couple of": what may stand between the count and its unit. */
static size_t skip_joint(const ape__plan_tokens *tokens, size_t at)
{
    size_t count = ape__plan_is(tokens, at, "-") ? 1 : 0;

    if (ape__plan_at(tokens, at + count)->glued &&
        ape__plan_is_one_of(tokens, at + count, "ти|х|и")) {
        count++;
        count += ape__plan_is(tokens, at + count, "-") ? 1 : 0;
    }
    return count + (ape__plan_is(tokens, at + count, "of") ? 1 : 0);
}

size_t ape__plan_read_quantity(const ape__plan_tokens *tokens, size_t at, ape__plan_quantity *out)
{
    ape__plan_quantity read = { 1, APE__PLAN_NO_UNIT, false };
    size_t count = read_half_year(tokens, at, out), unit;

    if (count > 0)
        return count;
    count = ape__plan_read_count(tokens, at, &read.count);
    if (count == 1 && ape__plan_is(tokens, at, "a") && ape__plan_is(tokens, at + 1, "couple"))
        count += ape__plan_read_count(tokens, at + 1, &read.count);
    read.counted = count > 0;
    if (count > 0)
        count += skip_joint(tokens, at + count);
    unit = ape__plan_read_unit(tokens, at + count, &read.unit);
    /* "d", "m" and "y" are units only when a number leads them. */
    if (unit == 0 || read.count < 1 || is_too_long(&read) ||
        (!read.counted && ape__plan_at(tokens, at)->size < sizeof("mo")))
        return 0;
    *out = read;
    return count + unit;
}

static bool is_weekday(ape__date date)
{
    int day = ((date + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 is Sunday */

    return day != 0 && day != 6;
}

static ape__date shift_weekdays(ape__date date, int count, int sign)
{
    while (count > 0) {
        date += sign;
        count -= is_weekday(date);
    }
    return date;
}

ape__date ape__plan_shift(ape__date date, const ape__plan_quantity *by, int sign)
{
    switch (by->unit) {
    case APE__PLAN_TRADING_DAY:
        return shift_weekdays(date, by->count, sign);
    case APE__PLAN_WEEK:
        return date + sign * by->count * 7;
    case APE__PLAN_MONTH:
        return ape__date_add_months(date, sign * by->count);
    case APE__PLAN_QUARTER:
        return ape__date_add_months(date, sign * by->count * 3);
    case APE__PLAN_YEAR:
        return ape__date_add_months(date, sign * by->count * 12);
    default:
        return date + sign * by->count;
    }
}
