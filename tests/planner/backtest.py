#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How often the price corridors that the builtin planner forecasts would have held the price.

backtest.py PLAN_PROGRAM SOURCE_ROOT [--full]

Every forecast is the planner's own program, run on the bundled prices cut at its as-of date. The
corridors say 80 %; exit 1 if the share over all of them is further than 5 points from it.
"""
import argparse
import pathlib
import sys

import plans

NOMINAL, ALLOWED = 0.80, 0.05


def cases(tickers, count, horizons):
    """Forecasts spread evenly over five years, the tickers taking turns: many forecasts made on
    one day would all stand or fall with that day's market."""
    import pandas as pd
    first, last = pd.Timestamp("2018-01-02"), pd.Timestamp("2022-12-28")
    for horizon in horizons:
        span = (last - first).days - horizon
        for i in range(count):
            day = first + pd.Timedelta(days=span * i // (count - 1))
            # A step that shares no factor with the number of tickers visits all of them.
            yield tickers[i * 7 % len(tickers)], day.strftime("%Y-%m-%d"), horizon


def outcome(ticker, target):
    import yfinance
    yfinance.LAST = "2200-01-01"
    return yfinance.download(ticker, start="2014-01-01", end="2023-01-01", auto_adjust=True,
                             progress=False, multi_level_index=False)["Close"][:target].iloc[-1]


def judge(ticker, as_of, plan):
    result = plans.run(plan, as_of)
    price = outcome(ticker, result["target_date"])
    width = (result["price_high"] - result["price_low"]) / result["last_close"]
    return result["price_low"] <= price <= result["price_high"], width


def report(title, rows):
    share = sum(held for held, _ in rows) / len(rows)
    width = sum(width for _, width in rows) / len(rows)
    print(f"{title:12} {len(rows):6} forecasts   nominal {NOMINAL:.1%}   real {share:.1%}   "
          f"mean width {width:.1%} of the price")
    return share


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("plan_program")
    parser.add_argument("source_root", type=pathlib.Path)
    parser.add_argument("--full", action="store_true", help="more forecasts, over 7, 30, 90 and 180 days")
    arguments = parser.parse_args()
    plans.prepare(arguments.source_root)
    tickers = sorted(path.stem for path in (arguments.source_root / "data" / "market").glob("*.csv"))
    size = (780, (7, 30, 90, 180)) if arguments.full else (260, (30,))
    todo = list(cases(tickers, *size))
    questions = [(as_of, f"Where will {'' if ticker[0] == '^' else '$'}{ticker} be in {horizon} days?")
                 for ticker, as_of, horizon in todo]
    by_horizon = {}
    for (ticker, as_of, horizon), (understood, plan) in zip(
            todo, plans.ask(arguments.plan_program, questions)):
        if not understood:
            sys.exit(f"{ticker}: {plan}")
        by_horizon.setdefault(horizon, []).append(judge(ticker, as_of, plan))
    for horizon, rows in sorted(by_horizon.items()):
        report(f"{horizon} days", rows)
    share = report("all", [row for rows in by_horizon.values() for row in rows])
    sys.exit(0 if abs(share - NOMINAL) <= ALLOWED else 1)


main()
