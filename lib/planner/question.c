/* SPDX-License-Identifier: MIT */
#include "planner/question.h"

#include <string.h>

#include "core/error.h"
#include "planner/calendar.h"
#include "planner/parameters.h"

enum { LONGEST_FORECAST_DAYS = 366 };

static const char *const against_words =
    "relative|against|vs|versus|compared|respect|относительно|против|отношению|сравнению";

/* Words of time that nothing made sense of change what is asked; to drop them would be to guess. */
static const char *const telling_words =
    "summer|winter|autumn|spring|monday|tuesday|wednesday|thursday|friday|decade|century|crisis|"
    "pandemic|inception|ipo|half|mid|middle|month|months|quarter|quarters|week|weeks|fiscal|fy|"
    "than|чем|forty|fifty|seventy|eighty|hundred|thousand|triple|double|except|excluding|without|"
    "average|"
    "mean|median|minimum|maximum|min|max|highest|lowest|best|worst|high|low|highs|lows|open|"
    "opening|inflation|percentile|euro|euros|pounds|rubles|roubles|yen|duration|length|recovery|"
    "history|treasury|treasuries|bill|"
    "bills|libor|sofr|"
    "лето|лета|летом|зима|зиму|зимой|осень|осени|осенью|весна|весну|весной|понедельник|вторник|"
    "среда|среду|четверг|пятница|пятницу|кризис|кризиса|пандемии|середина|середине|середины|"
    "квартал|квартале|квартала|месяц|месяца|месяцев|недель|недели|неделя|неделю|финансовый|"
    "сорок|пятьдесят|семьдесят|восемьдесят|сто|двести|кроме|без|исключая|среднее|средняя|средний|"
    "среднюю|медиана|медиану|минимум|максимум|минимальная|максимальная|минимальную|максимальную|"
    "лучший|худший|лучшая|худшая|открытия|открытие|длительность|истории|историю|инфляции|инфляция|"
    "рублях|евро|облигаций|"
    "облигациям";

static ape_status refuse_word(const ape__plan_token *token, ape_error *err)
{
    int size = token->size > 40 ? 40 : (int)token->size;

    return ape__fail(err, APE_ERR_REFUSED,
                     "I do not know what to make of \"%.*s\"; give dates as 2021-12-31 and "
                     "periods as \"Q3 2022\" or \"last 6 months\"",
                     size, token->text);
}

static bool has_date(const ape__plan_tokens *tokens)
{
    for (size_t at = 0; at < tokens->count; at++)
        if (tokens->items[at].role == APE__PLAN_DATE)
            return true;
    return false;
}

/* "since the merger" tells of a time that is not known here. */
static bool dates_nothing(const ape__plan_tokens *tokens, size_t at)
{
    return ape__plan_is_one_of(tokens, at, "since|until|till|before|during") && !has_date(tokens);
}

static ape_status check_leftovers(const ape__plan_tokens *tokens, ape_error *err)
{
    for (size_t at = 0; at < tokens->count; at++) {
        ape__plan_quantity quantity;
        int month;

        if (tokens->items[at].role != APE__PLAN_FREE)
            continue;
        month = ape__plan_read_month(tokens, at);
        if (ape__plan_is_one_of(tokens, at, telling_words) || dates_nothing(tokens, at) ||
            (month != 0 && month != 5) ||
            (ape__plan_read_quantity(tokens, at, &quantity) > 1 &&
             !(quantity.count == 1 && quantity.unit == APE__PLAN_DAY)))
            return refuse_word(&tokens->items[at], err);
    }
    return APE_OK;
}

static bool is_index_like(const char *symbol)
{
    return symbol[0] == '^' || strcmp(symbol, "SPY") == 0;
}

/* A word that says "against" stands before the ticker, with nothing but small words between. */
static bool is_benchmark(const ape__plan_tokens *tokens, const ape__plan_ticker *ticker)
{
    size_t at = ticker->at;

    while (at > 0 && ape__plan_is_one_of(tokens, at - 1,
                                         "the|to|with|$|^|к|ко|с|со|index|индекса|"
                                         "индексу|индекс|as|a"))
        at--;
    if (ape__plan_is_one_of(tokens, at - 1, against_words) && at > 0)
        return true;
    at = ticker->at;
    while (at > 0 && ape__plan_is_one_of(tokens, at - 1, "$|^|the|index|индексу"))
        at--;
    return at > 0 && ape__plan_is_one_of(tokens, at - 1, "to|on|к|ко|benchmark|бенчмарк");
}

/* "with QUAL as the benchmark" */
static bool is_called_benchmark(const ape__plan_tokens *tokens, const ape__plan_ticker *ticker)
{
    size_t at = ticker->at;

    while (ape__plan_at(tokens, at)->role == APE__PLAN_TICKER)
        at++;
    while (ape__plan_is_one_of(tokens, at, "as|the|a|index|market|в|качестве|как"))
        at++;
    return ape__plan_match_any(tokens, at, "benchmark|бенчмарк*|reference") > 0;
}

static bool mentions(const ape__plan_tokens *tokens, const char *words)
{
    for (size_t at = 0; at < tokens->count; at++)
        if (ape__plan_is_one_of(tokens, at, words))
            return true;
    return false;
}

static void swap(ape__plan_tickers *tickers)
{
    ape__plan_ticker first = tickers->items[0];

    tickers->items[0] = tickers->items[1];
    tickers->items[1] = first;
}

static ape_status use_default_market(const ape__plan_tokens *tokens, ape__plan_tickers *tickers,
                                     ape_error *err)
{
    if (mentions(tokens, against_words) || mentions(tokens, "benchmark|бенчмарк"))
        return ape__fail(err, APE_ERR_REFUSED,
                         "I do not recognise the benchmark of the beta; write its symbol, as "
                         "\"beta of AAPL relative to ^GSPC\"");
    tickers->items[1] = (ape__plan_ticker){ .symbol = APE__PLAN_MARKET, .is_market = true };
    tickers->count = 2;
    return APE_OK;
}

static ape_status order_beta(const ape__plan_tokens *tokens, ape__plan_tickers *tickers,
                             ape_error *err)
{
    bool first_marked, second_marked;

    if (tickers->count == 1)
        return use_default_market(tokens, tickers, err);
    first_marked =
        is_benchmark(tokens, &tickers->items[0]) || is_called_benchmark(tokens, &tickers->items[0]);
    second_marked =
        is_benchmark(tokens, &tickers->items[1]) || is_called_benchmark(tokens, &tickers->items[1]);
    if (first_marked == second_marked) {
        first_marked = is_index_like(tickers->items[0].symbol);
        second_marked = is_index_like(tickers->items[1].symbol);
    }
    if (first_marked == second_marked)
        return ape__fail(err, APE_ERR_REFUSED,
                         "it is not clear which of %s and %s is the benchmark; ask for the \"beta "
                         "of %s relative to %s\"",
                         tickers->items[0].symbol, tickers->items[1].symbol,
                         tickers->items[0].symbol, tickers->items[1].symbol);
    if (first_marked)
        swap(tickers);
    return APE_OK;
}

/* The S&P 500 and the fund that tracks it say nothing about each other. */
static ape_status check_market(const ape__plan_tickers *tickers, ape_error *err)
{
    const char *symbol = tickers->items[0].symbol;

    if (tickers->count < 2 || !tickers->items[1].is_market ||
        (strcmp(symbol, APE__PLAN_MARKET) != 0 && strcmp(symbol, "SPY") != 0))
        return APE_OK;
    return ape__fail(err, APE_ERR_REFUSED,
                     "%s is the market itself; name another ticker to compare it with", symbol);
}

static ape_status order_pair(const ape__plan_tokens *tokens, ape__plan_question *question,
                             ape_error *err)
{
    ape__plan_tickers *tickers = &question->tickers;
    ape_status st = APE_OK;

    if (question->metric == APE__PLAN_BETA)
        st = order_beta(tokens, tickers, err);
    else if (tickers->count == 1)
        st = ape__fail(err, APE_ERR_REFUSED,
                       "correlation needs two different tickers and I recognise only %s; ask for "
                       "the \"correlation between AAPL and MSFT\"",
                       tickers->items[0].symbol);
    else if (tickers->items[0].is_market)
        swap(tickers);
    return st == APE_OK ? check_market(tickers, err) : st;
}

static ape_status check_tickers(const ape__plan_tokens *tokens, ape__plan_question *question,
                                ape_error *err)
{
    const ape__plan_metric_info *info = ape__plan_metric_get(question->metric);
    ape__plan_tickers *tickers = &question->tickers;

    if (tickers->count == 0)
        return ape__fail(err, APE_ERR_REFUSED,
                         "no ticker or company recognised; write its symbol in capitals, as in "
                         "\"%s of AAPL\", or as $AAPL",
                         info->name);
    if (tickers->count > 2)
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question names more than two tickers (%s, %s, %s); ask about %s",
                         tickers->items[0].symbol, tickers->items[1].symbol,
                         tickers->items[2].symbol, info->tickers == 2 ? "two" : "one");
    if (info->tickers == 1 && tickers->count == 2)
        return ape__fail(err, APE_ERR_REFUSED,
                         "%s is of one ticker, and the question names two, %s and %s; ask about "
                         "one at a time",
                         info->name, tickers->items[0].symbol, tickers->items[1].symbol);
    return info->tickers == 2 ? order_pair(tokens, question, err) : APE_OK;
}

static void find_market(ape__plan_tokens *tokens, ape__plan_question *question)
{
    bool is_pair = ape__plan_metric_get(question->metric)->tickers == 2;

    if (question->tickers.count == 0 || (is_pair && question->tickers.count == 1))
        ape__plan_find_market(tokens, &question->tickers);
}

/* "the price in 2021" and "the return on 5 March" could mean many things. */
static ape_status check_kind_of_period(const ape__plan_question *question, ape_error *err)
{
    const ape__plan_period *period = &question->period;
    bool needs_start = question->metric == APE__PLAN_TOTAL_RETURN ||
                       question->metric == APE__PLAN_CAGR ||
                       question->metric == APE__PLAN_MAX_DRAWDOWN;

    if (question->metric == APE__PLAN_LAST_PRICE && period->has_start)
        return ape__fail(err, APE_ERR_REFUSED,
                         "a price is that of one day; say which, as \"price of AAPL on "
                         "2021-06-30\" or \"at the end of 2021\"");
    if (needs_start && period->one_day)
        return ape__fail(err, APE_ERR_REFUSED,
                         "%s is that of a period and the question names a day; say \"from "
                         "2021-01-01 to 2021-06-30\"",
                         ape__plan_metric_get(question->metric)->name);
    return APE_OK;
}

static ape_status check_period(ape__plan_question *question, ape_error *err)
{
    char start[11], as_of[11];
    ape_status st = check_kind_of_period(question, err);

    if (st != APE_OK)
        return st;

    if (question->period.end > question->as_of)
        question->period.end = question->as_of;
    if (!question->period.has_start || question->period.start <= question->as_of)
        return APE_OK;
    ape__date_format(question->period.start, start);
    ape__date_format(question->as_of, as_of);
    return ape__fail(err, APE_ERR_REFUSED,
                     "the period starts on %s, after the as-of date %s; nothing is known of it yet",
                     start, as_of);
}

static ape_status refuse_horizon(ape_error *err)
{
    return ape__fail(err, APE_ERR_REFUSED,
                     "I do not see how far ahead to look, at most a year; ask \"where will AAPL "
                     "be in 30 days?\"");
}

/* The target is a day named, or so long after the day that the forecast is made on. */
static ape_status set_target(ape__plan_question *question, const ape__plan_quantity *horizon,
                             ape_error *err)
{
    ape__plan_period *period = &question->period;

    if (period->has_start || period->closes != APE__PLAN_DEFAULT_CLOSES)
        return ape__fail(err, APE_ERR_REFUSED,
                         "a forecast chooses the past that it looks at; leave the period out");
    if (!horizon) {
        question->target = period->end;
        period->end = question->as_of;
    } else {
        if (period->end > question->as_of)
            return refuse_horizon(err);
        question->target = ape__plan_shift(period->end, horizon, 1);
    }
    if (question->target <= period->end || question->target - period->end > LONGEST_FORECAST_DAYS)
        return refuse_horizon(err);
    return APE_OK;
}

static ape_status read_time(ape__plan_tokens *tokens, ape__plan_question *question, ape_error *err)
{
    ape__plan_quantity horizon;
    bool has_horizon = ape__plan_find_horizon(tokens, question, &horizon);
    bool is_average = ape__plan_metric_get(question->metric)->has_window;
    ape_status st =
        ape__plan_find_period(tokens, question->as_of, is_average, &question->period, err);

    if (st != APE_OK)
        return st;
    if (question->metric == APE__PLAN_FORECAST)
        return set_target(question, has_horizon ? &horizon : NULL, err);
    return check_period(question, err);
}

static ape_status read_tokens(ape__plan_tokens *tokens, ape__plan_question *question,
                              ape_error *err)
{
    ape_status st = ape__plan_find_risk_free_rate(tokens, question, err);

    if (st == APE_OK)
        st = ape__plan_find_metric(tokens, &question->metric, err);
    if (st != APE_OK)
        return st;
    if (question->metric == APE__PLAN_NO_METRIC)
        return ape__fail(err, APE_ERR_REFUSED, "no metric recognised; I know %s",
                         APE__PLAN_KNOWN_METRICS);
    question->window = ape__plan_metric_get(question->metric)->window;
    ape__plan_find_names(tokens, &question->tickers);
    st = read_time(tokens, question, err);
    if (st != APE_OK)
        return st;
    ape__plan_find_symbols(tokens, &question->tickers);
    find_market(tokens, question);
    st = ape__plan_find_numbers(tokens, question, err);
    if (st != APE_OK)
        return st;
    st = check_tickers(tokens, question, err);
    return st == APE_OK ? check_leftovers(tokens, err) : st;
}

/* A century back or a year ahead of such a date is a date too. */
static bool is_sane(ape__date as_of)
{
    int year, month, day;

    ape__date_to_parts(as_of, &year, &month, &day);
    return year >= 1900 && year <= 2100;
}

ape_status ape__plan_read_question(ape_host *host, const char *text, size_t size, ape__date as_of,
                                   ape__plan_question *out, ape_error *err)
{
    ape__plan_question question = {
        .as_of = as_of,
        .risk_free_rate = { 2, 2 },
        .confidence = { 95, 2 },
    };
    ape__plan_tokens tokens;
    ape_status st;

    if (size > APE__PLAN_LONGEST_QUESTION)
        return ape__fail(err, APE_ERR_REFUSED,
                         "the question is longer than %d bytes; ask a shorter one",
                         APE__PLAN_LONGEST_QUESTION);
    if (!is_sane(as_of))
        return ape__fail(err, APE_ERR_REFUSED, "the as-of date is not between 1900 and 2100");
    st = ape__plan_tokens_read(host, text, size, &tokens, err);
    if (st != APE_OK)
        return st;
    st = read_tokens(&tokens, &question, err);
    ape__plan_tokens_clear(&tokens);
    if (st == APE_OK)
        *out = question;
    return st;
}
