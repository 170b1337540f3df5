/* SPDX-License-Identifier: MIT */
#include "planner/program.h"

#include <inttypes.h>
#include <stdio.h>

#include "planner/computations.h"
#include "planner/prices.h"

static void write_decimal(ape__buffer *out, const ape__plan_decimal *value)
{
    int64_t one = 1, whole, rest, mantissa = value->mantissa;

    for (int i = 0; i < value->scale; i++)
        one *= 10;
    whole = (mantissa < 0 ? -mantissa : mantissa) / one;
    rest = (mantissa < 0 ? -mantissa : mantissa) % one;
    ape__buffer_printf(out, "%s%" PRId64 ".%0*" PRId64, mantissa < 0 ? "-" : "", whole,
                       value->scale ? value->scale : 1, rest);
}

static void write_imports(ape__buffer *out, unsigned uses)
{
    ape__buffer_puts(out, "import json\n\n");
    if (uses & APE__PLAN_USES_NUMPY)
        ape__buffer_puts(out, "import numpy as np\n");
    ape__buffer_puts(out, "import pandas as pd\nimport yfinance as yf\n\n");
}

static void write_tickers(ape__buffer *out, const ape__plan_question *question)
{
    const ape__plan_ticker *tickers = question->tickers.items;

    if (question->tickers.count == 1)
        ape__buffer_printf(out, "TICKER = \"%s\"\n", tickers[0].symbol);
    else if (ape__plan_has_market(question))
        ape__buffer_printf(
            out,
            "TICKER = \"%s\"\n"
            "MARKET = [\"SPY\", \"%s\"]  # the fund, or where it is missing the index\n",
            tickers[0].symbol, tickers[1].symbol);
    else
        ape__buffer_printf(out, "TICKERS = [\"%s\", \"%s\"]\n", tickers[0].symbol,
                           tickers[1].symbol);
}

static void write_period(ape__buffer *out, const ape__plan_question *question,
                         const ape__plan_asked *asked)
{
    bool is_sma = question->metric == APE__PLAN_SMA;
    const char *note = is_sma          ? "  # early enough for WINDOW"
                       : asked->closes ? "  # early enough for CLOSES"
                                       : "";

    ape__buffer_printf(out, "START = \"%s\"%s\nEND = \"%s\"  # inclusive\n", asked->start, note,
                       asked->end);
    if (asked->closes && !is_sma)
        ape__buffer_printf(out, "CLOSES = %u  # trading days to use\n", asked->closes);
}

static void write_named(ape__buffer *out, const char *name, const ape__plan_decimal *value,
                        const char *note)
{
    ape__buffer_printf(out, "%s = ", name);
    write_decimal(out, value);
    ape__buffer_puts(out, note);
}

static void write_forecast_constants(ape__buffer *out, ape__date target)
{
    char date[11];

    ape__date_format(target, date);
    ape__buffer_printf(out,
                       "TARGET_DATE = \"%s\"\n"
                       "CONFIDENCE = 0.8  # of the corridor\n"
                       "SEED = 20240229\n"
                       "PATHS = 5000\n"
                       "SAMPLE = 252  # trading days to draw from\n"
                       "BLOCK = 10  # trading days drawn together\n"
                       "KEPT_DRIFT = 0.5  # of the sample's mean return: half of it is chance\n"
                       "STEP = 5  # trading days between two past forecasts\n",
                       date);
}

static void write_parameters(ape__buffer *out, const ape__plan_question *question, unsigned uses)
{
    if (uses & APE__PLAN_USES_WINDOW)
        ape__buffer_printf(out, "WINDOW = %d  # trading days\n", question->window);
    if (uses & APE__PLAN_USES_YEAR)
        ape__buffer_puts(out, "TRADING_DAYS = 252  # a year\n");
    if (uses & APE__PLAN_USES_RATE)
        write_named(out, "RISK_FREE_RATE", &question->risk_free_rate, "  # a year\n");
    if (uses & APE__PLAN_USES_CONFIDENCE)
        write_named(out, "CONFIDENCE", &question->confidence, "\n");
    if (uses & APE__PLAN_USES_FORECAST)
        write_forecast_constants(out, question->target);
}

static void write_output(ape__buffer *out, const ape__plan_question *question, const char *extras)
{
    const char *key = ape__plan_metric_get(question->metric)->key;

    ape__buffer_printf(out,
                       "result = {\n"
                       "    \"metric\": \"%s\",\n"
                       "    \"%s\": %s,\n"
                       "    \"tickers\": %s,\n"
                       "    \"start\": close.index[0].strftime(\"%%Y-%%m-%%d\"),\n"
                       "    \"end\": close.index[-1].strftime(\"%%Y-%%m-%%d\"),\n"
                       "%s"
                       "}\n"
                       "print(json.dumps(result, allow_nan=False))\n",
                       key, key, key, question->tickers.count == 2 ? "TICKERS" : "[TICKER]",
                       extras);
}

void ape__plan_write_program(ape__buffer *out, const ape__plan_question *question)
{
    const ape__plan_computation *computation = ape__plan_computation_get(question->metric);
    ape__plan_asked asked = ape__plan_ask_prices(question);

    write_imports(out, computation->uses);
    write_tickers(out, question);
    write_period(out, question, &asked);
    write_parameters(out, question, computation->uses);
    ape__buffer_puts(out, "\n");
    ape__plan_write_prices(out, question, &asked);
    ape__buffer_puts(out, "\n");
    ape__buffer_puts(out, computation->code);
    ape__buffer_puts(out, "\n");
    write_output(out, question, computation->extras);
}
