/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_TICKERS_H
#define APE_PLANNER_TICKERS_H

#include "planner/tokens.h"

enum { APE__PLAN_MOST_TICKERS = 3, APE__PLAN_TICKER_SIZE = 16 };

/** The S&P 500 index, which stands for "the market". */
#define APE__PLAN_MARKET "^GSPC"

typedef struct ape__plan_ticker {
    char symbol[APE__PLAN_TICKER_SIZE];
    size_t at;      /* its first token */
    bool is_market; /* "the market": SPY where there are prices of it, else the index */
} ape__plan_ticker;

/** Different tickers in the order of the text; one more than is ever needed. */
typedef struct ape__plan_tickers {
    ape__plan_ticker items[APE__PLAN_MOST_TICKERS];
    size_t count;
} ape__plan_tickers;

/** Find companies, funds and indices by name. Goes before dates: "Russell 2000" is no year. */
void ape__plan_find_names(ape__plan_tokens *tokens, ape__plan_tickers *tickers);

/** Find symbols: $aapl, ^GSPC, BRK.B, known ones, and unknown ones in capitals. */
void ape__plan_find_symbols(ape__plan_tokens *tokens, ape__plan_tickers *tickers);

/** Find "the market", for the S&P 500. */
void ape__plan_find_market(ape__plan_tokens *tokens, ape__plan_tickers *tickers);

#endif /* APE_PLANNER_TICKERS_H */
