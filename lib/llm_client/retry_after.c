/* SPDX-License-Identifier: MIT */
#include "llm_client/retry_after.h"

#include <curl/curl.h>
#include <string.h>

/* Longer than anybody waits, and far from any overflow. */
static const double longest_ms = 366.0 * 86400000;

/* Digits and at most one point, in any locale; NULL if there are none. */
static const char *read_number(const char *text, double *out)
{
    const char *at = text;
    double value = 0, place = 0;

    for (; (*at >= '0' && *at <= '9') || (*at == '.' && place == 0); at++) {
        if (*at == '.') {
            place = 1;
            continue;
        }
        value = value * 10 + (*at - '0');
        place *= 10;
    }
    *out = place > 1 ? value / place : value;
    return at > text && !(at == text + 1 && *text == '.') ? at : NULL;
}

static int64_t clamp(double ms)
{
    return (int64_t)(ms > longest_ms ? longest_ms : ms);
}

int64_t ape__retry_after_ms(const char *value, int64_t wall_ms)
{
    double seconds;
    const char *end;
    time_t date;

    value += strspn(value, " \t");
    end = read_number(value, &seconds);
    if (end)
        return end[strspn(end, " \t")] == '\0' ? clamp(seconds * 1000) : -1;
    date = curl_getdate(value, NULL);
    if (date == -1)
        return -1;
    return (int64_t)date * 1000 > wall_ms ? clamp((double)date * 1000 - (double)wall_ms) : 0;
}

static double unit_ms(const char **at)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = { { "ms", 1 },   { "us", 0.001 }, { "ns", 0.000001 },
                  { "s", 1000 }, { "m", 60000 },  { "h", 3600000 } };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strncmp(*at, units[i].name, strlen(units[i].name)) == 0) {
            *at += strlen(units[i].name);
            return units[i].ms;
        }
    return -1;
}

int64_t ape__duration_ms(const char *value)
{
    double total = 0;

    if (!*value)
        return -1;
    while (*value) {
        double number, unit;

        value = read_number(value, &number);
        unit = value ? unit_ms(&value) : -1;
        if (unit < 0)
            return -1;
        total += number * unit;
    }
    return clamp(total);
}
