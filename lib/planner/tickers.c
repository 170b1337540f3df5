/* SPDX-License-Identifier: MIT */
#include "planner/tickers.h"

#include <string.h>

#include "planner/companies.h"

enum { LONGEST_UNKNOWN = 5 };

/* Capitals that are no tickers, as far as they are not words of a metric or a date. */
static const char *const other_capitals =
    "usd|eur|gbp|rub|jpy|chf|us|usa|uk|eu|un|etf|etfs|nyse|amex|otc|ceo|cfo|cto|ipo|gdp|cpi|fed|"
    "fomc|sec|irs|ai|api|json|csv|pdf|html|http|sql|ok|faq|asap|fyi|ttm|yoy|qoq|mom|eod|eoy|std|"
    "sd|rf|fx|pnl|aum|nav|esg|reit|reits|llc|inc|ltd|plc|corp|co|ag|sa|nv|se|id|tv|pc|it|am|pm|"
    "is|in|on|at|to|of|or|and|the|for|are|was|what|how|with|from|not|all|any|can|you|me|my|we|"
    "do|did|does|has|by|be|as|an|no|yes|please|pls|plz|high|low|price|max|min|ratio|ratios|risk|"
    "rate|daily|annual|year|month|week|day|days|stock|stocks|share|shares|index|market|jan|feb|"
    "mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|ist|est|edt|utc|"
    "gmt|pst|who|why|when|where|will|vs|ie|eg|etc|drop|table|select|insert|delete|update|calc|"
    "fy|cagr|give|show|tell|find|get|compute|using|use|data|since|last|past|per|than|then|that|"
    "this";

static void add(ape__plan_tickers *tickers, const char *symbol, size_t at, bool is_market)
{
    size_t place = tickers->count;

    for (size_t i = 0; i < tickers->count; i++)
        if (strcmp(tickers->items[i].symbol, symbol) == 0)
            return;
    if (place == APE__PLAN_MOST_TICKERS)
        return;
    while (place > 0 && tickers->items[place - 1].at > at) {
        tickers->items[place] = tickers->items[place - 1];
        place--;
    }
    tickers->items[place] = (ape__plan_ticker){ .at = at, .is_market = is_market };
    memcpy(tickers->items[place].symbol, symbol, strlen(symbol) + 1);
    tickers->count++;
}

static size_t find_name(const ape__plan_tokens *tokens, size_t at, const char **symbol)
{
    size_t longest = 0;

    for (size_t i = 0; i < ape__plan_companies_count; i++) {
        const ape__plan_company *company = &ape__plan_companies[i];
        size_t count = ape__plan_match_any(tokens, at, company->names);

        if (count > longest) {
            longest = count;
            *symbol = company->symbol;
        }
    }
    return longest;
}

void ape__plan_find_names(ape__plan_tokens *tokens, ape__plan_tickers *tickers)
{
    for (size_t at = 0; at < tokens->count;) {
        const char *symbol = NULL;
        size_t count =
            tokens->items[at].role == APE__PLAN_FREE ? find_name(tokens, at, &symbol) : 0;

        if (count > 0) {
            add(tickers, symbol, at, false);
            ape__plan_take(tokens, at, count, APE__PLAN_TICKER);
        }
        at += count > 0 ? count : 1;
    }
}

static bool is_marked(const ape__plan_tokens *tokens, size_t at, const char *mark)
{
    return at > 0 && ape__plan_is(tokens, at - 1, mark) && tokens->items[at].glued;
}

/* Add a token to a symbol in capitals; false if it does not fit. */
static bool append(char symbol[APE__PLAN_TICKER_SIZE], const ape__plan_token *token)
{
    size_t size = strlen(symbol);

    if (size + token->size >= APE__PLAN_TICKER_SIZE)
        return false;
    for (size_t i = 0; i < token->size; i++) {
        char c = token->text[i];

        if ((unsigned char)c >= 0x80)
            return false;
        symbol[size + i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    symbol[size + token->size] = '\0';
    return true;
}

/* ".B" of a share class, ".ME" of an exchange, "-USD", "=X": tokens of it, 0 if none. */
static size_t read_suffix(const ape__plan_tokens *tokens, size_t at,
                          char symbol[APE__PLAN_TICKER_SIZE])
{
    const ape__plan_token *sign = ape__plan_at(tokens, at), *tail = ape__plan_at(tokens, at + 1);
    ape__plan_token dash = *sign;
    size_t size = strlen(symbol);
    bool is_class = tail->size == 1 && ape__plan_is_one_of(tokens, at + 1, "a|b|c");

    if (!sign->glued || !tail->glued || tail->kind != APE__PLAN_WORD || !tail->capitals ||
        sign->role != APE__PLAN_FREE || tail->role != APE__PLAN_FREE)
        return 0;
    if (ape__plan_is(tokens, at, "-") &&
        !(is_class || ape__plan_is_one_of(tokens, at + 1, "usd|eur|gbp|rub|p|w|u")))
        return 0;
    if (!ape__plan_is_one_of(tokens, at, "-|.|=") || tail->size > 3)
        return 0;
    if (is_class && ape__plan_is(tokens, at, "."))
        dash.text = "-"; /* as Yahoo writes share classes */
    if (append(symbol, &dash) && append(symbol, tail))
        return 2;
    symbol[size] = '\0';
    return 0;
}

static const ape__plan_company *find_company(const char *symbol)
{
    for (size_t i = 0; i < ape__plan_companies_count; i++)
        if (strcmp(ape__plan_companies[i].symbol, symbol) == 0)
            return &ape__plan_companies[i];
    return NULL;
}

static bool is_plausible(const ape__plan_tokens *tokens, size_t at, const char *symbol,
                         bool has_suffix)
{
    const ape__plan_token *token = &tokens->items[at];
    const ape__plan_company *company = find_company(symbol);
    bool in_capitals = token->capitals && tokens->has_small;

    if (company && company->form != APE__PLAN_DOLLAR)
        return company->form == APE__PLAN_ANY_CASE || in_capitals;
    if (company || !in_capitals)
        return false;
    return has_suffix || (token->size >= 2 && token->size <= LONGEST_UNKNOWN &&
                          !ape__plan_is_one_of(tokens, at, other_capitals));
}

/* "^N225", "^GSPC": all that is glued together. */
static size_t read_index(const ape__plan_tokens *tokens, size_t at,
                         char symbol[APE__PLAN_TICKER_SIZE])
{
    size_t count = 0;

    memcpy(symbol, "^", 2);
    for (;; count++) {
        const ape__plan_token *token = ape__plan_at(tokens, at + count);

        if (!token->glued || token->kind == APE__PLAN_SIGN || token->role != APE__PLAN_FREE)
            break;
        if (!append(symbol, token))
            return 0;
    }
    return count;
}

static size_t read_symbol(const ape__plan_tokens *tokens, size_t at,
                          char symbol[APE__PLAN_TICKER_SIZE])
{
    size_t suffix;

    if (is_marked(tokens, at, "^"))
        return read_index(tokens, at, symbol);
    symbol[0] = '\0';
    if (tokens->items[at].kind != APE__PLAN_WORD || !append(symbol, &tokens->items[at]))
        return 0;
    suffix = read_suffix(tokens, at + 1, symbol);
    if (!is_marked(tokens, at, "$") && !is_plausible(tokens, at, symbol, suffix > 0))
        return 0;
    return 1 + suffix;
}

void ape__plan_find_symbols(ape__plan_tokens *tokens, ape__plan_tickers *tickers)
{
    for (size_t at = 0; at < tokens->count;) {
        char symbol[APE__PLAN_TICKER_SIZE];
        size_t count =
            tokens->items[at].role == APE__PLAN_FREE ? read_symbol(tokens, at, symbol) : 0;

        if (count > 0) {
            add(tickers, symbol, at, false);
            ape__plan_take(tokens, at, count, APE__PLAN_TICKER);
        }
        at += count > 0 ? count : 1;
    }
}

void ape__plan_find_market(ape__plan_tokens *tokens, ape__plan_tickers *tickers)
{
    for (size_t at = 0; at < tokens->count; at++) {
        size_t count = ape__plan_match_any(tokens, at,
                                           "the market|the stock market|broad market|"
                                           "рынок|рынка|рынку|рынком|рынке");

        if (count > 0) {
            add(tickers, APE__PLAN_MARKET, at, true);
            ape__plan_take(tokens, at, count, APE__PLAN_TICKER);
        }
    }
}
