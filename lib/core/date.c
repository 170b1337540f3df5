/* SPDX-License-Identifier: MIT */
#include "core/date.h"

#include <stdio.h>
#include <string.h>

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from civil and back: years begin in March, so that the leap day is the
 * last of its year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static ape__date count_days(int year, int month, int day)
{
    int y = year - (month <= 2);
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

bool ape__date_from_parts(int year, int month, int day, ape__date *out)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    *out = count_days(year, month, day);
    return true;
}

void ape__date_to_parts(ape__date date, int *year, int *month, int *day)
{
    int z = date + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_era = z - era * 146097;
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;

    *day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static bool read_digits(const char *text, size_t count, int *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

bool ape__date_parse(const char *text, size_t size, ape__date *out)
{
    int year, month, day;

    return size == 10 && text[4] == '-' && text[7] == '-' && read_digits(text, 4, &year) &&
           read_digits(text + 5, 2, &month) && read_digits(text + 8, 2, &day) &&
           ape__date_from_parts(year, month, day, out);
}

static void put_digits(char *out, int count, int value)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void ape__date_format(ape__date date, char out[11])
{
    int year, month, day;

    ape__date_to_parts(date, &year, &month, &day);
    put_digits(out, 4, year);
    out[4] = '-';
    put_digits(out + 5, 2, month);
    out[7] = '-';
    put_digits(out + 8, 2, day);
    out[10] = '\0';
}

ape__date ape__date_add_months(ape__date date, int months)
{
    int year, month, day, shifted;

    ape__date_to_parts(date, &year, &month, &day);
    shifted = year * 12 + month - 1 + months;
    year = shifted / 12;
    month = shifted % 12 + 1;
    if (day > days_in_month(year, month))
        day = days_in_month(year, month);
    return count_days(year, month, day);
}

ape__date ape__date_from_wall_ms(int64_t wall_ms)
{
    const int64_t day_ms = 86400000;

    return (ape__date)((wall_ms >= 0 ? wall_ms : wall_ms - day_ms + 1) / day_ms);
}

bool ape__time_parse(const char *text, int64_t *out_ms)
{
    unsigned hour, minute, second;
    ape__date date;
    char end;

    if (strlen(text) != 20 || !ape__date_parse(text, 10, &date) ||
        sscanf(text + 10, "T%2u:%2u:%2u%c", &hour, &minute, &second, &end) != 4 || end != 'Z' ||
        hour > 23 || minute > 59 || second > 59)
        return false;
    *out_ms = ((int64_t)date * 86400 + hour * 3600 + minute * 60 + second) * 1000;
    return true;
}
