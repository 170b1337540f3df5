/* SPDX-License-Identifier: MIT */
#include "orchestrator/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/utf8.h"

/* Length of NaN, Infinity or -Infinity, as Python's json writes them, at a place
 * outside of strings; else 0. */
static size_t undefined_token(const char *at, size_t left)
{
    static const char *const tokens[] = { "NaN", "Infinity", "-Infinity" };

    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        size_t length = strlen(tokens[i]);

        if (left >= length && memcmp(at, tokens[i], length) == 0)
            return length;
    }
    return 0;
}

/* The output with null for every number that is none. */
static void copy_with_nulls(ape__buffer *copy, const char *output, size_t size)
{
    bool in_string = false;

    for (size_t i = 0; i < size; i++) {
        size_t token = in_string ? 0 : undefined_token(output + i, size - i);

        if (token > 0) {
            ape__buffer_puts(copy, "null");
            i += token - 1;
            continue;
        }
        if (in_string && output[i] == '\\' && i + 1 < size)
            ape__buffer_append(copy, output + i++, 1);
        else if (output[i] == '"')
            in_string = !in_string;
        ape__buffer_append(copy, output + i, 1);
    }
}

static ape_status parse(ape_host *host, const char *output, size_t size, cJSON **out,
                        ape_error *err)
{
    ape__buffer copy;
    ape_status st;

    if (!ape__utf8_valid(output, size) || memchr(output, '\0', size))
        return ape__fail(err, APE_ERR_FORMAT, "stdout must be UTF-8 text");
    ape__buffer_init(&copy, host);
    copy_with_nulls(&copy, output, size);
    if (copy.failed)
        st = ape__fail_no_memory(err);
    else if (ape__json_parse(copy.data, copy.size, out, NULL) != APE_OK)
        st = ape__fail(err, APE_ERR_FORMAT, "stdout must be one JSON object and nothing else");
    else
        st = APE_OK;
    ape__buffer_clear(&copy);
    return st;
}

static bool is_plain(const cJSON *item)
{
    return cJSON_IsNumber(item) || cJSON_IsString(item) || cJSON_IsBool(item) || cJSON_IsNull(item);
}

static bool is_plain_or_list(const cJSON *item)
{
    const cJSON *element;

    if (!cJSON_IsArray(item))
        return is_plain(item);
    cJSON_ArrayForEach(element, item) if (!is_plain(element)) return false;
    return true;
}

static bool is_snake_case(const char *name)
{
    if (*name < 'a' || *name > 'z')
        return false;
    for (; *name; name++)
        if (!(*name >= 'a' && *name <= 'z') && !(*name >= '0' && *name <= '9') && *name != '_')
            return false;
    return true;
}

static ape_status check_shape(const cJSON *object, ape_error *err)
{
    const cJSON *member;

    if (!cJSON_IsObject(object))
        return ape__fail(err, APE_ERR_FORMAT, "stdout must be one JSON object, not another value");
    cJSON_ArrayForEach(member, object)
    {
        if (!is_snake_case(member->string))
            return ape__fail(err, APE_ERR_FORMAT, "key \"%.60s\" is not snake_case",
                             member->string);
        if (ape__json_get(object, member->string) != member)
            return ape__fail(err, APE_ERR_FORMAT, "key \"%.60s\" appears twice", member->string);
        if (!is_plain_or_list(member))
            return ape__fail(err, APE_ERR_FORMAT,
                             "\"%.60s\" must be a number, string, boolean, null or a list of them",
                             member->string);
    }
    return APE_OK;
}

/* The only known metric among the keys; NULL if there is none or several. */
static const char *only_metric(const cJSON *object)
{
    const char *found = NULL;
    const ape__metric *m;

    if (ape__json_get(object, "price_base"))
        return "price_base";
    for (size_t i = 0; (m = ape__metric_at(i)) != NULL; i++) {
        if (!ape__json_get(object, m->key))
            continue;
        if (found)
            return NULL;
        found = m->key;
    }
    return found;
}

static ape_status find_value(ape__facts *facts, ape_error *err)
{
    const char *named = ape__json_get_string(facts->object, "metric");
    const cJSON *item;

    facts->metric = named ? named : only_metric(facts->object);
    if (!facts->metric)
        return ape__fail(err, APE_ERR_FORMAT,
                         "name the key that holds the answer: \"metric\": \"sharpe_ratio\"");
    item = ape__json_get(facts->object, facts->metric);
    if (!cJSON_IsNumber(item) && !cJSON_IsNull(item))
        return ape__fail(err, APE_ERR_FORMAT, "\"%.60s\" must be there, as a number or null",
                         facts->metric);
    facts->known = ape__metric_find(facts->metric);
    facts->defined = cJSON_IsNumber(item) && isfinite(item->valuedouble);
    facts->value = facts->defined ? item->valuedouble : (double)NAN;
    return APE_OK;
}

static ape_status check_possible(const cJSON *object, ape_error *err)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, object)
    {
        const ape__metric *m = ape__metric_find(member->string);
        double value = member->valuedouble;

        if (!m || !cJSON_IsNumber(member) || !isfinite(value))
            continue;
        if (value < m->min || value > m->max)
            return ape__fail(err, APE_ERR_REFUSED, "%s cannot be %g", m->key, value);
    }
    return APE_OK;
}

static ape_status check_corridor(const cJSON *object, ape_error *err)
{
    double low, base, high;

    if (!ape__json_get_number(object, "price_low", &low) ||
        !ape__json_get_number(object, "price_base", &base) ||
        !ape__json_get_number(object, "price_high", &high))
        return APE_OK;
    if (low > base || base > high)
        return ape__fail(err, APE_ERR_REFUSED,
                         "price_low, price_base, price_high are not in order");
    return APE_OK;
}

static ape_status read_date(const cJSON *object, const char *name, ape__date *date, bool *there,
                            ape_error *err)
{
    const cJSON *item = ape__json_get(object, name);

    *there = item && !cJSON_IsNull(item);
    if (!*there)
        return APE_OK;
    if (!cJSON_IsString(item) ||
        !ape__date_parse(item->valuestring, strlen(item->valuestring), date))
        return ape__fail(err, APE_ERR_FORMAT, "\"%s\" must be a date like \"2021-12-31\"", name);
    return APE_OK;
}

static ape_status check_window(const cJSON *object, ape__date as_of, ape_error *err)
{
    ape__date start = 0, end = 0;
    bool has_start, has_end;
    ape_status st;

    st = read_date(object, "start", &start, &has_start, err);
    if (st == APE_OK)
        st = read_date(object, "end", &end, &has_end, err);
    if (st != APE_OK)
        return st;
    if (has_start && has_end && start > end)
        return ape__fail(err, APE_ERR_REFUSED, "\"start\" is after \"end\"");
    if ((has_end && end > as_of) || (has_start && start > as_of))
        return ape__fail(err, APE_ERR_REFUSED, "the window reaches beyond the as-of date");
    return APE_OK;
}

/* A symbol as exchanges write them: AAPL, BRK-B, ^GSPC, EURUSD=X. */
static bool is_symbol(const cJSON *item)
{
    static const char extra[] = "0123456789.^=-";
    const char *text = cJSON_GetStringValue(item);
    size_t length = text ? strlen(text) : 0;

    if (length == 0 || length > 16)
        return false;
    for (; *text; text++)
        if (!(*text >= 'A' && *text <= 'Z') && !strchr(extra, *text))
            return false;
    return true;
}

static ape_status check_tickers(const cJSON *object, ape_error *err)
{
    const cJSON *list = ape__json_get(object, "tickers");
    const cJSON *element;

    if (list && !cJSON_IsArray(list))
        return ape__fail(err, APE_ERR_FORMAT, "\"tickers\" must be a list of symbols");
    cJSON_ArrayForEach(element, list) if (!is_symbol(element)) return ape__fail(
        err, APE_ERR_FORMAT, "\"tickers\" must be a list of symbols");
    return APE_OK;
}

static bool is_value(const cJSON *object, double number)
{
    const cJSON *member, *element;

    cJSON_ArrayForEach(member, object)
    {
        if (cJSON_IsNumber(member) && member->valuedouble == number)
            return true;
        cJSON_ArrayForEach(element, member) if (cJSON_IsNumber(element) &&
                                                element->valuedouble == number) return true;
    }
    return false;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

/* Step over one number in a text; false if it is neither a date, nor part of a
 * name such as high_52w, nor a value of the object. */
static bool pass_number(const cJSON *object, const char *text, const char **at)
{
    bool in_name = *at > text && is_word_char((*at)[-1]);
    ape__date ignored;
    char *end;
    double number;

    if (strlen(*at) >= 10 && ape__date_parse(*at, 10, &ignored)) {
        *at += 10;
        return true;
    }
    number = strtod(*at, &end);
    *at = end;
    return in_name || is_word_char(*end) || is_value(object, number);
}

/* A text that a program prints is prose of the model: it may not bring numbers in. */
static bool has_only_known_numbers(const cJSON *object, const char *text)
{
    const char *at = text;

    while (*at) {
        if (*at < '0' || *at > '9')
            at++;
        else if (!pass_number(object, text, &at))
            return false;
    }
    return true;
}

static ape_status check_texts(const cJSON *object, ape_error *err)
{
    const cJSON *member, *element;

    cJSON_ArrayForEach(member, object)
    {
        const char *text = cJSON_GetStringValue(member);
        bool good = !text || has_only_known_numbers(object, text);

        if (strcmp(member->string, "tickers") == 0)
            continue;
        cJSON_ArrayForEach(element, member)
        {
            text = cJSON_GetStringValue(element);
            good = good && (!text || has_only_known_numbers(object, text));
        }
        if (!good)
            return ape__fail(err, APE_ERR_FORMAT,
                             "the text of \"%.60s\" holds a number that is no value of the object",
                             member->string);
    }
    return APE_OK;
}

static ape_status check_all(ape__facts *facts, ape__date as_of, ape_error *err)
{
    ape_status st = check_shape(facts->object, err);

    if (st == APE_OK)
        st = find_value(facts, err);
    if (st == APE_OK)
        st = check_possible(facts->object, err);
    if (st == APE_OK)
        st = check_corridor(facts->object, err);
    if (st == APE_OK)
        st = check_window(facts->object, as_of, err);
    if (st == APE_OK)
        st = check_tickers(facts->object, err);
    if (st == APE_OK)
        st = check_texts(facts->object, err);
    return st;
}

ape_status ape__gate_check(ape_host *host, const char *output, size_t size, ape__date as_of,
                           ape__facts *out, ape_error *err)
{
    ape__facts facts = { .object = NULL };
    ape_status st = parse(host, output, size, &facts.object, err);

    if (st == APE_OK)
        st = check_all(&facts, as_of, err);
    if (st != APE_OK) {
        ape__facts_clear(&facts);
        return st;
    }
    *out = facts;
    return APE_OK;
}

void ape__facts_clear(ape__facts *facts)
{
    cJSON_Delete(facts->object);
    *facts = (ape__facts){ .object = NULL };
}
