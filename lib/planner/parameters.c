/* SPDX-License-Identifier: MIT */
#include "planner/parameters.h"

#include "core/error.h"

enum { LARGEST_WINDOW = 1000 };

static const char *const percent_words = "%|percent|pct|процент|процента|процентов|проц";
static const char *const rate_phrases =
    "risk free rate|risk free rates|risk free rate of return|risk free return|risk free|riskfree|"
    "riskfree rate|rf|безрисков* ставк*|безрисков* доходност*|безрисков* процентн* ставк*|"
    "ставк* без риска|безрисков*";

static bool is_number(const ape__plan_tokens *tokens, size_t at)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);

    return token->kind == APE__PLAN_NUMBER && token->role == APE__PLAN_FREE && !token->too_long;
}

/* "4%", "4 percent": tokens of it; out is the fraction. */
static size_t read_percent(const ape__plan_tokens *tokens, size_t at, ape__plan_decimal *out)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);
    size_t sign;

    if (!is_number(tokens, at))
        return 0;
    sign = ape__plan_match_any(tokens, at + 1, "per cent") ? 2 : 1;
    if (sign == 1 && ape__plan_is(tokens, at + 1, "-")) /* "95-percent", "95-процентный" */
        sign = 2;
    if (!ape__plan_is_one_of(tokens, at + sign, percent_words) &&
        !ape__plan_match_any(tokens, at + sign, "процентн*") &&
        !ape__plan_match_any(tokens, at + 1, "per cent"))
        return 0;
    *out = (ape__plan_decimal){ (int64_t)token->mantissa, (uint8_t)(token->scale + 2) };
    return sign + 1;
}

/* "4%", "0.04", "0"; a bare "4" is neither 4 % nor 400 %. */
static size_t read_rate(const ape__plan_tokens *tokens, size_t at, ape__plan_decimal *out)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);
    size_t count = read_percent(tokens, at, out);

    if (count == 0 && ape__plan_match_any(tokens, at, "zero|no|без|нулев*|ноль")) {
        *out = (ape__plan_decimal){ 0, 0 };
        return 1;
    }
    if (count > 0 || !is_number(tokens, at))
        return count;
    if (token->mantissa != 0 && (token->scale == 0 || token->text[0] != '0'))
        return 0;
    *out = (ape__plan_decimal){ (int64_t)token->mantissa, token->scale };
    return 1;
}

/* A rate behind its name, over words as in "rate of return = 4%". */
static size_t find_rate_after(const ape__plan_tokens *tokens, size_t at, ape__plan_decimal *out)
{
    size_t count = 0, rate;
    bool negative;

    while (ape__plan_is_one_of(tokens, at + count,
                               "of|is|at|=|:|rate|to|as|equal|being|in|в|на|"
                               "уровне|равной|равна|составляет|(|годовых|about"))
        count++;
    negative = ape__plan_is(tokens, at + count, "-") || ape__plan_is(tokens, at + count, "minus");
    count += negative;
    rate = read_rate(tokens, at + count, out);
    if (negative)
        out->mantissa = -out->mantissa;
    return rate > 0 ? count + rate : 0;
}

/* A rate before its name: "4% annual risk-free rate", "нулевой безрисковой ставке". */
static size_t find_rate_before(const ape__plan_tokens *tokens, size_t at, ape__plan_decimal *out)
{
    for (size_t back = 1; back <= 4 && back <= at; back++) {
        size_t rate = read_rate(tokens, at - back, out), between;

        for (between = rate; rate > 0 && between < back; between++)
            if (!ape__plan_is_one_of(tokens, at - back + between,
                                     "annual|annualized|годовой|-|constant"))
                break;
        if (rate > 0 && between >= back) {
            if (at > back && ape__plan_is(tokens, at - back - 1, "-"))
                out->mantissa = -out->mantissa;
            return back;
        }
    }
    return 0;
}

static bool has_number_near(const ape__plan_tokens *tokens, size_t at, size_t count)
{
    return ape__plan_is_one_of(tokens, at + count, "=|:|of") || is_number(tokens, at + count);
}

ape_status ape__plan_find_risk_free_rate(ape__plan_tokens *tokens, ape__plan_question *question,
                                         ape_error *err)
{
    for (size_t at = 0; at < tokens->count; at++) {
        size_t count = ape__plan_match_any(tokens, at, rate_phrases);
        ape__plan_decimal rate = { 0, 0 };
        size_t after, before;

        if (count == 0)
            continue;
        after = find_rate_after(tokens, at + count, &rate);
        before = after ? 0 : find_rate_before(tokens, at, &rate);
        if (after == 0 && before == 0 && has_number_near(tokens, at, count))
            return ape__fail(err, APE_ERR_REFUSED,
                             "I cannot read the risk-free rate; write it as 4%% or 0.04");
        if (after > 0 || before > 0)
            question->risk_free_rate = rate;
        ape__plan_take(tokens, at - before, before + count + after, APE__PLAN_PARAMETER);
        at += count + after - 1;
    }
    return APE_OK;
}

static const char *const ahead_words = "in|через|спустя|within|next|следующ*|ближайш*|на|for|over|"
                                       "after|за|в ближайш*|в течение";

/* "30 days", "in a month", "next week": tokens of it. */
static size_t read_horizon(const ape__plan_tokens *tokens, size_t at, ape__plan_quantity *out)
{
    size_t marker = ape__plan_match_any(tokens, at, ahead_words), count;

    if (marker > 0 && ape__plan_is_one_of(tokens, at + marker, "the|about|roughly|примерно|около"))
        marker++;
    if (marker > 0)
        marker += ape__plan_match_any(tokens, at + marker,
                                      "next|coming|ближайш*|следующ*|"
                                      "предстоящ*")
                      ? 1
                      : 0;
    count = ape__plan_read_quantity(tokens, at + marker, out);
    if (count == 0 || (marker == 0 && !out->counted) ||
        ape__plan_is_one_of(tokens, at + marker + count, "ago|earlier|назад"))
        return 0;
    return marker + count +
           ape__plan_match_any(tokens, at + marker + count,
                               "from now|from today|"
                               "ahead|hence|later|вперед");
}

static bool goes_back(const ape__plan_tokens *tokens, size_t at)
{
    return at > 0 && ape__plan_match_any(tokens, at - 1,
                                         "last|past|previous|trailing|последн*|"
                                         "прошл*|предыдущ*") > 0;
}

/* A price that lies "in 30 days" is to be forecast. */
static bool is_of_the_future(const ape__plan_tokens *tokens, size_t at)
{
    return ape__plan_is_one_of(tokens, at, "in|через|спустя|next");
}

bool ape__plan_find_horizon(ape__plan_tokens *tokens, ape__plan_question *question,
                            ape__plan_quantity *out)
{
    bool is_forecast = question->metric == APE__PLAN_FORECAST;

    if (!is_forecast && question->metric != APE__PLAN_LAST_PRICE)
        return false;
    for (size_t at = 0; at < tokens->count; at++) {
        size_t count = ape__plan_match_any(tokens, at, "tomorrow|завтра");

        if (count > 0)
            *out = (ape__plan_quantity){ 1, APE__PLAN_DAY, true };
        else if (is_forecast || is_of_the_future(tokens, at))
            count = read_horizon(tokens, at, out);
        if (count == 0 || goes_back(tokens, at))
            continue;
        question->metric = APE__PLAN_FORECAST;
        ape__plan_take(tokens, at, count, APE__PLAN_PARAMETER);
        return true;
    }
    return false;
}

static ape_status refuse_number(const ape__plan_tokens *tokens, size_t at, ape_error *err)
{
    const ape__plan_token *token = &tokens->items[at];
    int size = token->size > 20 ? 20 : (int)token->size;

    return ape__fail(err, APE_ERR_REFUSED,
                     "I do not know what the number %.*s stands for; give dates as 2021-12-31, "
                     "periods as \"last 6 months\", windows as \"50-day SMA\"",
                     size, token->text);
}

/* "1-day VaR" is the only one computed. */
static size_t skip_one_day(const ape__plan_tokens *tokens, size_t at)
{
    ape__plan_quantity quantity;
    size_t count = ape__plan_read_quantity(tokens, at, &quantity);

    return count > 0 && quantity.counted && quantity.count == 1 && quantity.unit == APE__PLAN_DAY
               ? count
               : 0;
}

/* 0.95 from "95%", "0.95", "VaR(95)", and from the other side "5%". */
static bool to_confidence(ape__plan_decimal read, ape__plan_decimal *out)
{
    int64_t one = 1;

    for (int i = 0; i < read.scale; i++)
        one *= 10;
    if (read.mantissa * 2 < one)
        read.mantissa = one - read.mantissa;
    *out = read;
    return read.mantissa * 2 > one && read.mantissa < one;
}

static size_t read_confidence(const ape__plan_tokens *tokens, size_t at, ape__plan_decimal *out)
{
    const ape__plan_token *token = ape__plan_at(tokens, at);
    ape__plan_decimal read;
    size_t count = read_percent(tokens, at, &read);
    bool is_fraction = token->scale > 0 && token->scale < 9 && token->text[0] == '0';

    if (count == 0 && is_number(tokens, at) && (is_fraction || token->mantissa >= 80)) {
        read = (ape__plan_decimal){ (int64_t)token->mantissa,
                                    (uint8_t)(token->scale + (is_fraction ? 0 : 2)) };
        count = 1;
    }
    if (count == 0 || read.scale > 9 || !to_confidence(read, out))
        return 0;
    return count;
}

static size_t read_window(const ape__plan_tokens *tokens, size_t at, int *out)
{
    ape__plan_unit unit = APE__PLAN_NO_UNIT;
    size_t count = 1, unit_count;

    if (!ape__plan_is_integer(tokens, at))
        return 0;
    *out = (int)(ape__plan_at(tokens, at)->mantissa % (LARGEST_WINDOW + 1));
    if (ape__plan_at(tokens, at)->mantissa > LARGEST_WINDOW || *out < 2)
        return 0;
    count += ape__plan_is(tokens, at + count, "-") ? 1 : 0;
    unit_count = ape__plan_read_unit(tokens, at + count, &unit);
    return unit == APE__PLAN_NO_UNIT || unit == APE__PLAN_DAY || unit == APE__PLAN_TRADING_DAY
               ? count + unit_count
               : 0;
}

/* Tokens of the parameter that a number belongs to; 0 if none. */
static size_t read_value(const ape__plan_tokens *tokens, size_t at, ape__plan_question *question)
{
    if (question->metric == APE__PLAN_VAR || question->metric == APE__PLAN_CVAR)
        return read_confidence(tokens, at, &question->confidence);
    if (ape__plan_metric_get(question->metric)->has_window)
        return read_window(tokens, at, &question->window);
    return 0;
}

ape_status ape__plan_find_numbers(ape__plan_tokens *tokens, ape__plan_question *question,
                                  ape_error *err)
{
    bool found = false;

    for (size_t at = 0; at < tokens->count; at++) {
        bool is_var = question->metric == APE__PLAN_VAR || question->metric == APE__PLAN_CVAR;
        size_t one_day = is_var ? skip_one_day(tokens, at) : 0, count;

        if (one_day > 0)
            ape__plan_take(tokens, at, one_day, APE__PLAN_FILLER);
        if (tokens->items[at].kind != APE__PLAN_NUMBER || tokens->items[at].role != APE__PLAN_FREE)
            continue;
        count = found ? 0 : read_value(tokens, at, question);
        if (count == 0)
            return refuse_number(tokens, at, err);
        found = true;
        ape__plan_take(tokens, at, count, APE__PLAN_PARAMETER);
    }
    return APE_OK;
}
