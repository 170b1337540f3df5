/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/settings_check.h"

static bool check_integer(ape__check *c, const ape__setting *s, const char *name, const char *value)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(value, &end, 10);
    if (errno == 0 && *end == '\0' && (double)number >= s->min && (double)number <= s->max)
        return true;
    ape__check_error(c, name, "must be a whole number from %.0f to %.0f", s->min, s->max);
    return false;
}

/* Only digits and one point, so that a comma locale makes no difference. */
bool ape__setting_parse_number(const char *text, double *out)
{
    double number = 0, place = 0;

    for (const char *at = text; *at; at++) {
        if (*at == '.' && place == 0) {
            place = 1;
        } else if (*at >= '0' && *at <= '9') {
            number = number * 10 + (*at - '0');
            place *= 10;
        } else {
            return false;
        }
    }
    *out = place > 1 ? number / place : number;
    return true;
}

static bool check_number(ape__check *c, const ape__setting *s, const char *name, const char *value)
{
    double number;

    if (ape__setting_parse_number(value, &number) && number >= s->min && number <= s->max)
        return true;
    ape__check_error(c, name, "must be a number from %g to %g", s->min, s->max);
    return false;
}

static bool check_choice(ape__check *c, const char *words, const char *name, const char *value)
{
    if (ape__word_in(words, value, strlen(value)))
        return true;
    ape__check_error(c, name, "must be one of: %s", words);
    return false;
}

static bool check_url(ape__check *c, const ape__setting *s, const char *name, const char *value)
{
    ape__url url;
    const char *problem = ape__url_parse(value, &url);

    if (problem) {
        ape__check_error(c, name, "is no URL: it %s", problem);
        return false;
    }
    if (!ape__word_in(s->words, url.scheme.at, url.scheme.size)) {
        ape__check_error(c, name, "must have one of these schemes: %s", s->words);
        return false;
    }
    return true;
}

static bool check_list(ape__check *c, const char *name, const char *value)
{
    for (const char *at = value;; at++) {
        size_t size = strcspn(at, ",");

        if (strspn(at, " ") >= size) {
            ape__check_error(c, name, "has an empty item");
            return false;
        }
        at += size;
        if (*at == '\0')
            return true;
    }
}

static bool check_time(ape__check *c, const char *name, const char *value)
{
    int64_t ignored;

    if (ape__time_parse(value, &ignored))
        return true;
    ape__check_error(c, name, "must be a time in UTC such as 2026-11-23T12:00:00Z");
    return false;
}

static bool check_text(ape__check *c, const char *name, const char *value)
{
    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at >= ' ' && *at != 0x7f)
            continue;
        ape__check_error(c, name, "has a control character, perhaps a line end");
        return false;
    }
    return true;
}

bool ape__check_type(ape__check *c, const ape__setting *s, const char *name, const char *value)
{
    if (!check_text(c, name, value))
        return false;
    switch (s->type) {
    case APE__SETTING_INTEGER:
        return check_integer(c, s, name, value);
    case APE__SETTING_NUMBER:
        return check_number(c, s, name, value);
    case APE__SETTING_FLAG:
        return check_choice(c, "0 1 true false yes no on off", name, value);
    case APE__SETTING_CHOICE:
        return check_choice(c, s->words, name, value);
    case APE__SETTING_LIST:
        return check_list(c, name, value);
    case APE__SETTING_URL:
        return check_url(c, s, name, value);
    case APE__SETTING_TIME:
        return check_time(c, name, value);
    case APE__SETTING_TEXT:
        break;
    }
    return true;
}
