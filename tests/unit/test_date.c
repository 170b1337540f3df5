/* SPDX-License-Identifier: MIT */
#include "core/date.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

static ape__date parse(const char *text)
{
    ape__date date;

    cr_assert(ape__date_parse(text, strlen(text), &date), "%s", text);
    return date;
}

Test(date, known_days)
{
    cr_assert_eq(parse("1970-01-01"), 0);
    cr_assert_eq(parse("2000-03-01"), 11017);
    cr_assert_eq(parse("1969-12-31"), -1);
    cr_assert_eq(parse("2022-12-28"), 19354);
}

Test(date, every_day_of_a_thousand_years_comes_back)
{
    ape__date first = parse("1600-01-01"), last = parse("2600-12-31");

    for (ape__date d = first; d <= last; d++) {
        char text[11];

        ape__date_format(d, text);
        cr_assert_eq(parse(text), d, "%s", text);
    }
}

ParameterizedTestParameters(date, refuses)
{
    static char bad[][24] = { "2021-02-29", "2021-13-01",  "2021-00-10", "2021-1-01",
                              "2021-01-32", "0000-01-01",  "20210101",   "2021-01-1x",
                              "2021/01/01", "2021-01-01 ", "",           "2100-02-29" };

    return cr_make_param_array(char[24], bad, sizeof(bad) / sizeof(bad[0]));
}

ParameterizedTest(char text[24], date, refuses)
{
    ape__date date;

    cr_assert(!ape__date_parse(text, strlen(text), &date), "%s", text);
}

Test(date, months_are_clipped)
{
    cr_assert_eq(ape__date_add_months(parse("2021-03-31"), -1), parse("2021-02-28"));
    cr_assert_eq(ape__date_add_months(parse("2020-01-31"), 1), parse("2020-02-29"));
    cr_assert_eq(ape__date_add_months(parse("2022-12-28"), -12), parse("2021-12-28"));
    cr_assert_eq(ape__date_add_months(parse("2022-01-15"), -1), parse("2021-12-15"));
}

Test(date, wall_clock)
{
    cr_assert_eq(ape__date_from_wall_ms(0), 0);
    cr_assert_eq(ape__date_from_wall_ms(86399999), 0);
    cr_assert_eq(ape__date_from_wall_ms(-1), -1);
}
