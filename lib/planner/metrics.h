/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_METRICS_H
#define APE_PLANNER_METRICS_H

#include "planner/tokens.h"

typedef enum ape__plan_metric {
    APE__PLAN_NO_METRIC = 0,
    APE__PLAN_SHARPE_RATIO,
    APE__PLAN_SORTINO_RATIO,
    APE__PLAN_VOLATILITY,
    APE__PLAN_BETA,
    APE__PLAN_CORRELATION,
    APE__PLAN_MAX_DRAWDOWN,
    APE__PLAN_CAGR,
    APE__PLAN_TOTAL_RETURN,
    APE__PLAN_VAR,
    APE__PLAN_CVAR,
    APE__PLAN_SMA,
    APE__PLAN_EMA,
    APE__PLAN_RSI,
    APE__PLAN_LAST_PRICE,
    APE__PLAN_HIGH_52W,
    APE__PLAN_LOW_52W,
    APE__PLAN_FORECAST,
    APE__PLAN_METRIC_COUNT,
} ape__plan_metric;

/** What a metric needs and is called. */
typedef struct ape__plan_metric_info {
    const char *key;    /* in the JSON that a plan prints */
    const char *name;   /* in messages */
    uint8_t tickers;    /* how many the program takes */
    uint8_t min_closes; /* fewer give no value */
    bool has_window;    /* a number of days is part of it: SMA, EMA, RSI */
    bool takes_period;  /* looks at a period; else only at its last day */
    uint16_t window;    /* default of has_window */
} ape__plan_metric_info;

const ape__plan_metric_info *ape__plan_metric_get(ape__plan_metric metric);

/** "Sharpe and Sortino ratio, volatility, ...": what a refusal tells that is known. */
#define APE__PLAN_KNOWN_METRICS                                                                    \
    "Sharpe, Sortino, volatility, beta, correlation, max drawdown, CAGR, return, VaR, CVaR, "      \
    "SMA, EMA, RSI, price, 52-week high/low, forecast"

/**
 * Find the metric that a question asks for and give its words their role.
 *
 * @return APE_OK with @p out, APE__PLAN_NO_METRIC where none is named; APE_ERR_REFUSED
 *         for two, or for something known that is not on the list, as MACD.
 */
ape_status ape__plan_find_metric(ape__plan_tokens *tokens, ape__plan_metric *out, ape_error *err);

#endif /* APE_PLANNER_METRICS_H */
