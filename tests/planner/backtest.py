#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How often the price corridors that the builtin planner forecasts would have held the price.

backtest.py PLAN_PROGRAM WAY_PROGRAM SOURCE_ROOT [--full]

Every forecast is the planner's own program, run in the sandbox on the sample prices cut at its
as-of date. The corridors say 80 %; exit 1 if the share over all of them is further than 5 points
from it. --full makes more forecasts, over 7, 30, 90 and 180 days instead of 30.
"""
import bisect
import csv
import datetime
import functools
import pathlib
import sys

import plans

NOMINAL, ALLOWED = 0.80, 0.05
FIRST, LAST = datetime.date(2018, 1, 2), datetime.date(2022, 12, 28)
PLAN, WAY, ROOT = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
DATA = ROOT / "data" / "market"


def cases(tickers, count, horizons):
    """Forecasts spread evenly over five years, the tickers taking turns: many forecasts made on
    one day would all stand or fall with that day's market."""
    for horizon in horizons:
        span = (LAST - FIRST).days - horizon
        for i in range(count):
            day = FIRST + datetime.timedelta(days=span * i // (count - 1))
            # A step that shares no factor with the number of tickers visits all of them.
            yield tickers[i * 7 % len(tickers)], day.isoformat(), horizon


@functools.lru_cache(maxsize=None)
def closes(ticker):
    with open(DATA / f"{ticker}.csv", newline="") as file:
        rows = [(row["Date"], float(row["Adj Close"])) for row in csv.DictReader(file)]
    return [day for day, _ in rows], [price for _, price in rows]


def price_on(ticker, day):
    days, prices = closes(ticker)
    return prices[bisect.bisect_right(days, day) - 1]


def judge(way, ticker, as_of, plan):
    """Whether the corridor held the price, and its width as a share of the last close."""
    good, result = way.run(plan, as_of)
    if not good:
        sys.exit(f"{ticker} as of {as_of}: {result}")
    held = result["price_low"] <= price_on(ticker, result["target_date"]) <= result["price_high"]
    return held, (result["price_high"] - result["price_low"]) / result["last_close"]


def report(title, rows):
    share = sum(held for held, _ in rows) / len(rows)
    width = sum(width for _, width in rows) / len(rows)
    print(f"| {title} | {len(rows)} | {NOMINAL:.1%} | {share:.1%} | {width:.1%} |")
    return share


def main():
    tickers = sorted(path.stem for path in DATA.glob("*.csv"))
    size = (780, (7, 30, 90, 180)) if "--full" in sys.argv else (260, (30,))
    todo = list(cases(tickers, *size))
    questions = [(as_of, f"Where will {'' if ticker[0] == '^' else '$'}{ticker} be in {horizon} days?")
                 for ticker, as_of, horizon in todo]
    by_horizon = {}
    with plans.Way(WAY, DATA) as way:
        for (ticker, as_of, horizon), (understood, plan) in zip(todo, plans.ask(PLAN, questions)):
            if not understood:
                sys.exit(f"{ticker}: {plan}")
            by_horizon.setdefault(horizon, []).append(judge(way, ticker, as_of, plan))
    print("| target | forecasts | nominal | real | mean width of the corridor |\n|---|---|---|---|---|")
    for horizon, rows in sorted(by_horizon.items()):
        report(f"in {horizon} days", rows)
    share = report("all", [row for rows in by_horizon.values() for row in rows])
    sys.exit(0 if abs(share - NOMINAL) <= ALLOWED else 1)


main()
