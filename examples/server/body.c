/* SPDX-License-Identifier: MIT */
#include "body.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "problem.h"

enum { MAX_MEMBERS = 200, MAX_NESTING = 64 };

/* Length of the sequence that begins here, 0 if it is none. RFC 3629's table. */
static size_t sequence(const unsigned char *c, size_t left)
{
    size_t length = c[0] < 0x80   ? 1
                    : c[0] < 0xc2 ? 0
                    : c[0] < 0xe0 ? 2
                    : c[0] < 0xf0 ? 3
                    : c[0] < 0xf5 ? 4
                                  : 0;

    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return length;
}

bool utf8_valid(const char *text, size_t size)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t at = 0;

    while (at < size) {
        size_t length = sequence(c + at, size - at);

        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

static bool nested_too_deep(const char *text, size_t size)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < size; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '[') && ++depth > MAX_NESTING)
            return true;
        else if (!quoted && (text[i] == '}' || text[i] == ']') && depth > 0)
            depth--;
    }
    return false;
}

static cJSON *parse(request *r)
{
    static const char empty[] = "{}";
    const char *text = r->body ? r->body : empty;
    size_t size = r->body ? r->body_size : strlen(empty);
    const char *end = NULL;
    cJSON *value;

    if (!utf8_valid(text, size) || memchr(text, '\0', size)) {
        problem(r, 400, "the body is not UTF-8 text");
        return NULL;
    }
    if (nested_too_deep(text, size)) {
        problem(r, 400, "the body is nested more than %d deep", MAX_NESTING);
        return NULL;
    }
    value = cJSON_ParseWithLengthOpts(text, size + 1, &end, 1);
    if (!value)
        problem(r, 400, "the body is not JSON: look at byte %zu",
                end ? (size_t)(end - text) : (size_t)0);
    return value;
}

static bool is_listed(const char *const *members, const char *name)
{
    for (; *members; members++)
        if (strcmp(*members, name) == 0)
            return true;
    return false;
}

static bool members_good(request *r, const cJSON *object, const char *const *members)
{
    size_t count = 0;
    const cJSON *member;

    cJSON_ArrayForEach(member, object)
    {
        if (++count > MAX_MEMBERS) {
            problem(r, 400, "the object has more than %d members", MAX_MEMBERS);
            return false;
        }
        if (members && !is_listed(members, member->string)) {
            problem_field(r, member->string, "there is no such field");
            return false;
        }
        for (const cJSON *other = member->next; other && count <= MAX_MEMBERS; other = other->next)
            if (strcmp(member->string, other->string) == 0) {
                problem(r, 400, "the member %.60s is there twice", member->string);
                return false;
            }
    }
    return true;
}

cJSON *body_object(request *r, const char *const *members)
{
    cJSON *value = parse(r);

    if (!value)
        return NULL;
    if (!cJSON_IsObject(value))
        problem(r, 400, "the body must be a JSON object");
    else if (members_good(r, value, members))
        return value;
    cJSON_Delete(value);
    return NULL;
}

static const cJSON *find(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNull(member) ? NULL : member;
}

static bool complain(request *r, const char *name, const char *detail)
{
    problem_field(r, name, "%s", detail);
    return false;
}

bool body_string(request *r, const cJSON *object, const char *name, bool required, size_t max,
                 const char **out)
{
    const cJSON *member = find(object, name);

    if (!member)
        return !required || complain(r, name, "is missing");
    if (!cJSON_IsString(member))
        return complain(r, name, "must be a string");
    if (!member->valuestring[0])
        return complain(r, name, "must not be empty");
    if (strlen(member->valuestring) > max) {
        problem_field(r, name, "is longer than %zu bytes", max);
        return false;
    }
    *out = member->valuestring;
    return true;
}

bool body_integer(request *r, const cJSON *object, const char *name, int64_t min, int64_t max,
                  int64_t *out)
{
    const cJSON *member = find(object, name);
    double value;

    if (!member)
        return true;
    value = cJSON_IsNumber(member) ? member->valuedouble : NAN;
    if (!(value >= (double)min && value <= (double)max) || value != floor(value)) {
        problem_field(r, name, "must be a whole number from %lld to %lld", (long long)min,
                      (long long)max);
        return false;
    }
    *out = (int64_t)value;
    return true;
}

bool body_bool(request *r, const cJSON *object, const char *name, bool *out)
{
    const cJSON *member = find(object, name);

    if (!member)
        return true;
    if (!cJSON_IsBool(member))
        return complain(r, name, "must be true or false");
    *out = cJSON_IsTrue(member);
    return true;
}

bool is_date(const char *text)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year, month, day;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (size_t i = 0; i < 10; i++)
        if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9'))
            return false;
    year = (int)strtol(text, NULL, 10);
    month = (int)strtol(text + 5, NULL, 10);
    day = (int)strtol(text + 8, NULL, 10);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        return day <= 29;
    return day <= days[month - 1];
}

bool body_date(request *r, const cJSON *object, const char *name, const char **out)
{
    const char *text = NULL;

    if (!body_string(r, object, name, false, 64, &text))
        return false;
    if (text && !is_date(text))
        return complain(r, name, "must be a date like 2022-12-28");
    if (text)
        *out = text;
    return true;
}

bool parameter_integer(request *r, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const char *text = request_parameter(r, name);
    char *end;
    long long value;

    if (!text)
        return true;
    value = strtoll(text, &end, 10);
    if (strspn(text, "0123456789") == strlen(text) && *text && *end == '\0' && value >= min &&
        value <= max && strlen(text) < 19) {
        *out = value;
        return true;
    }
    problem_field(r, name, "must be a whole number from %lld to %lld", (long long)min,
                  (long long)max);
    return false;
}

bool parameter_date(request *r, const char *name, const char **out)
{
    const char *text = request_parameter(r, name);

    if (text && !is_date(text))
        return complain(r, name, "must be a date like 2022-12-28");
    if (text)
        *out = text;
    return true;
}

bool is_ticker(const char *text)
{
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789.^=_-");

    return size > 0 && size < 32 && text[size] == '\0' && text[0] != '.';
}
