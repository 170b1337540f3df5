/* SPDX-License-Identifier: MIT */
#include "planner/program.h"

#include <inttypes.h>
#include <stdio.h>

#include "planner/computations.h"

enum { WEEKS_52_DAYS = 365, SMALLEST_FORECAST_SAMPLE = 60 };

/** What is asked of the market. */
typedef struct window {
    char start[11];
    char end[11];
    uint32_t closes; /* only the last so many; 0: all */
    uint32_t fewest; /* closes without which there is no value */
} window;

static uint32_t count_closes(const ape__plan_question *question)
{
    switch (question->metric) {
    case APE__PLAN_LAST_PRICE:
        return 1;
    case APE__PLAN_SMA:
        return (uint32_t)question->window;
    default:
        return question->period.closes;
    }
}

static ape__date subtract_days(ape__date date, uint32_t days)
{
    ape__date first = 0;

    (void)ape__date_from_parts(1900, 1, 1, &first);
    return date - first > (int64_t)days ? date - (ape__date)days : first;
}

static window find_window(const ape__plan_question *question)
{
    const ape__plan_metric_info *info = ape__plan_metric_get(question->metric);
    const ape__plan_period *period = &question->period;
    window out = { .fewest = info->min_closes };
    ape__date start = period->start;

    if (question->metric == APE__PLAN_HIGH_52W || question->metric == APE__PLAN_LOW_52W) {
        start = subtract_days(period->end, WEEKS_52_DAYS);
    } else if (!period->has_start || !info->takes_period) {
        out.closes = count_closes(question);
        /* 252 trading days take 365 days; half as much again, and a month, leaves room. */
        start = subtract_days(period->end, out.closes * 3 / 2 + 30);
    }
    if (question->metric == APE__PLAN_SMA)
        out.fewest = (uint32_t)question->window;
    if (question->metric == APE__PLAN_FORECAST)
        out.fewest = SMALLEST_FORECAST_SAMPLE;
    ape__date_format(start, out.start);
    ape__date_format(period->end, out.end);
    return out;
}

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

static void write_constants(ape__buffer *out, const ape__plan_question *question,
                            const window *asked, unsigned uses)
{
    char date[11];

    if (question->tickers.count == 2)
        ape__buffer_printf(out, "TICKERS = [\"%s\", \"%s\"]\n", question->tickers.items[0].symbol,
                           question->tickers.items[1].symbol);
    else
        ape__buffer_printf(out, "TICKER = \"%s\"\n", question->tickers.items[0].symbol);
    ape__buffer_printf(out, "START = \"%s\"%s\nEND = \"%s\"  # inclusive\n", asked->start,
                       asked->closes ? "  # early enough for CLOSES" : "", asked->end);
    if (asked->closes && !(uses & APE__PLAN_USES_WINDOW && question->metric == APE__PLAN_SMA))
        ape__buffer_printf(out, "CLOSES = %u  # trading days to use\n", asked->closes);
    if (uses & APE__PLAN_USES_WINDOW)
        ape__buffer_printf(out, "WINDOW = %d  # trading days\n", question->window);
    if (uses & APE__PLAN_USES_YEAR)
        ape__buffer_puts(out, "TRADING_DAYS = 252  # a year\n");
    if (uses & APE__PLAN_USES_RATE) {
        ape__buffer_puts(out, "RISK_FREE_RATE = ");
        write_decimal(out, &question->risk_free_rate);
        ape__buffer_puts(out, "  # a year\n");
    }
    if (uses & APE__PLAN_USES_CONFIDENCE) {
        ape__buffer_puts(out, "CONFIDENCE = ");
        write_decimal(out, &question->confidence);
        ape__buffer_puts(out, "\n");
    }
    if (uses & APE__PLAN_USES_FORECAST) {
        ape__date_format(question->target, date);
        ape__buffer_printf(out,
                           "TARGET_DATE = \"%s\"\nCONFIDENCE = 0.8  # of the corridor\n"
                           "SEED = 20240229\nPATHS = 10000\nBLOCK = 10  # trading days\n",
                           date);
    }
}

static const char *name_of_count(const ape__plan_question *question)
{
    return question->metric == APE__PLAN_SMA ? "WINDOW" : "CLOSES";
}

static void write_check(ape__buffer *out, const window *asked, const char *ticker)
{
    if (asked->fewest > 1)
        ape__buffer_printf(
            out,
            "if len(close) < %u:\n"
            "    raise SystemExit(\n"
            "        f\"only {len(close)} prices for {%s} from {START} to {END}, \"\n"
            "        \"at least %u are needed\"\n"
            "    )\n",
            asked->fewest, ticker, asked->fewest);
}

static void write_tail(ape__buffer *out, const ape__plan_question *question, const window *asked)
{
    if (asked->closes)
        ape__buffer_printf(out, ".tail(%s)", name_of_count(question));
    ape__buffer_puts(out, "\n");
}

static void write_download(ape__buffer *out, const char *tickers, bool is_single)
{
    ape__buffer_printf(out,
                       "# yfinance leaves the end date out, so ask for one day more.\n"
                       "end = pd.Timestamp(END) + pd.Timedelta(days=1)\n"
                       "data = yf.download(\n"
                       "    %s,\n"
                       "    start=START,\n"
                       "    end=end.strftime(\"%%Y-%%m-%%d\"),\n"
                       "    auto_adjust=True,\n"
                       "    progress=False,\n"
                       "%s"
                       ")\n",
                       tickers, is_single ? "    multi_level_index=False,\n" : "");
}

static void write_one(ape__buffer *out, const ape__plan_question *question, const window *asked)
{
    write_download(out, "TICKER", true);
    ape__buffer_puts(out,
                     "if data.empty:\n"
                     "    raise SystemExit(f\"no prices for {TICKER} from {START} to {END}\")\n"
                     "close = data[\"Close\"].dropna()");
    write_tail(out, question, asked);
    write_check(out, asked, "TICKER");
}

static void write_two(ape__buffer *out, const ape__plan_question *question, const window *asked)
{
    write_download(out, "TICKERS", false);
    ape__buffer_puts(out,
                     "if data.empty:\n"
                     "    raise SystemExit(f\"no prices for {TICKERS} from {START} to {END}\")\n"
                     "close = data[\"Close\"].reindex(columns=TICKERS)\n"
                     "for ticker in TICKERS:\n"
                     "    if close[ticker].dropna().empty:\n"
                     "        raise SystemExit(f\"no prices for {ticker} from {START} to {END}\")\n"
                     "close = close.dropna()");
    write_tail(out, question, asked);
    write_check(out, asked, "TICKERS");
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
    window asked = find_window(question);

    write_imports(out, computation->uses);
    write_constants(out, question, &asked, computation->uses);
    ape__buffer_puts(out, "\n");
    if (question->tickers.count == 2)
        write_two(out, question, &asked);
    else
        write_one(out, question, &asked);
    ape__buffer_puts(out, "\n");
    ape__buffer_puts(out, computation->code);
    ape__buffer_puts(out, "\n");
    write_output(out, question, computation->extras);
}
