/* SPDX-License-Identifier: MIT */
#include "planner/prices.h"

enum { WEEKS_52_DAYS = 365, FORECAST_CLOSES = 1260 /* five years */ };

static uint32_t count_closes(const ape__plan_question *question)
{
    switch (question->metric) {
    case APE__PLAN_LAST_PRICE:
        return 1;
    case APE__PLAN_SMA:
        return (uint32_t)question->window;
    case APE__PLAN_FORECAST:
        return FORECAST_CLOSES;
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

ape__plan_asked ape__plan_ask_prices(const ape__plan_question *question)
{
    const ape__plan_period *period = &question->period;
    ape__plan_asked out = { .fewest = ape__plan_metric_get(question->metric)->min_closes };
    ape__date start = period->start;

    if (question->metric == APE__PLAN_HIGH_52W || question->metric == APE__PLAN_LOW_52W) {
        start = subtract_days(period->end, WEEKS_52_DAYS);
    } else if (!period->has_start || !ape__plan_metric_get(question->metric)->takes_period) {
        out.closes = count_closes(question);
        /* 252 trading days take 365 days; half as much again, and a month, leaves room. */
        start = subtract_days(period->end, out.closes * 3 / 2 + 30);
    }
    if (question->metric == APE__PLAN_SMA)
        out.fewest = (uint32_t)question->window;
    ape__date_format(start, out.start);
    ape__date_format(period->end, out.end);
    return out;
}

bool ape__plan_has_market(const ape__plan_question *question)
{
    return question->tickers.count == 2 && question->tickers.items[1].is_market;
}

static void write_download(ape__buffer *out, const char *tickers, const char *last_argument)
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
                       tickers, last_argument);
}

static void write_empty_check(ape__buffer *out, const char *condition, const char *indent,
                              const char *ticker)
{
    ape__buffer_printf(out,
                       "%sif %s:\n"
                       "%s    raise SystemExit(f\"no prices for {%s} from {START} to {END}\")\n",
                       indent, condition, indent, ticker);
}

static void write_one(ape__buffer *out)
{
    write_download(out, "TICKER", "    multi_level_index=False,\n");
    write_empty_check(out, "data.empty", "", "TICKER");
    ape__buffer_puts(out, "close = data[\"Close\"].dropna()");
}

static void write_pair(ape__buffer *out)
{
    write_download(out, "TICKERS", "");
    write_empty_check(out, "data.empty", "", "TICKERS");
    ape__buffer_puts(out, "close = data[\"Close\"].reindex(columns=TICKERS)\n");
}

/* The market is the fund that tracks it, with its dividends, or else the index. */
static void write_market(ape__buffer *out)
{
    write_download(out, "[TICKER, *MARKET]", "");
    write_empty_check(out, "data.empty", "", "TICKER");
    ape__buffer_puts(out, "close = data[\"Close\"].reindex(columns=[TICKER, *MARKET])\n"
                          "market = MARKET[0] if close[MARKET[0]].notna().any() else MARKET[1]\n"
                          "TICKERS = [TICKER, market]\n"
                          "close = close[TICKERS]\n");
}

static void write_two(ape__buffer *out, const ape__plan_question *question)
{
    if (ape__plan_has_market(question))
        write_market(out);
    else
        write_pair(out);
    ape__buffer_puts(out, "for ticker in TICKERS:\n");
    write_empty_check(out, "close[ticker].isna().all()", "    ", "ticker");
    ape__buffer_puts(out, "close = close.dropna()");
}

static void write_tail(ape__buffer *out, const ape__plan_question *question,
                       const ape__plan_asked *asked)
{
    if (asked->closes)
        ape__buffer_printf(out, ".tail(%s)",
                           question->metric == APE__PLAN_SMA ? "WINDOW" : "CLOSES");
    ape__buffer_puts(out, "\n");
}

static void write_count_check(ape__buffer *out, const ape__plan_question *question,
                              const ape__plan_asked *asked)
{
    const char *ticker = question->tickers.count == 2 ? "TICKERS" : "TICKER";

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

void ape__plan_write_prices(ape__buffer *out, const ape__plan_question *question,
                            const ape__plan_asked *asked)
{
    if (question->tickers.count == 2)
        write_two(out, question);
    else
        write_one(out);
    write_tail(out, question, asked);
    write_count_check(out, question, asked);
}
