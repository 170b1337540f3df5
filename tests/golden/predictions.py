#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compute the price corridors of predictions.json from data/market with pandas and numpy.

    predictions.py --check    exit 1 if a figure in predictions.json differs from the one computed here
    predictions.py --write    write predictions.json

The independent half of these golden forecasts: it shares no code with the library and does not
read the questions; what each means is stated by hand in TABLE. README.md says how a corridor is
made. The generator's seed is part of the definition, so the figures are reproducible.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "data" / "market"
GOLDEN = HERE / "predictions.json"
FIGURES = ("price_low", "price_base", "price_high")

# id, question, ticker, as-of date, target date
TABLE = [
    ("pr_001", "Where will AAPL be in 30 days?", "AAPL", "2022-06-30", "2022-07-30"),
    ("pr_002", "Where will KO be in 30 days?", "KO", "2022-11-01", "2022-12-01"),
    ("pr_003", "Where will Microsoft be in two weeks?", "MSFT", "2022-03-31", "2022-04-14"),
    ("pr_004", "Price forecast for JPM for 3 months", "JPM", "2021-06-30", "2021-09-30"),
    ("pr_005", "Where will XOM be in 10 trading days?", "XOM", "2022-08-12", "2022-08-26"),
    ("pr_006", "Where will AMD be on 2021-12-31?", "AMD", "2021-11-30", "2021-12-31"),
    ("pr_007", "Where will the S&P 500 be in 30 days?", "^GSPC", "2020-02-19", "2020-03-20"),
    ("pr_008", "Where will Pfizer be in 6 months?", "PFE", "2021-03-15", "2021-09-15"),
    ("pr_009", "Where will WMT be tomorrow?", "WMT", "2022-05-16", "2022-05-17"),
    ("pr_010", "Where will JNJ be in one year?", "JNJ", "2021-12-01", "2022-12-01"),
    ("pr_011", "Где будет AAPL через 30 дней?", "AAPL", "2021-01-04", "2021-02-03"),
    ("pr_012", "Прогноз цены Кока-Колы на 2 недели", "KO", "2022-09-30", "2022-10-14"),
    ("pr_013", "Где будет цена Chevron через месяц?", "CVX", "2022-02-28", "2022-03-28"),
    ("pr_014", "Сколько будет стоить Walmart через 10 дней?", "WMT", "2022-12-01", "2022-12-11"),
    ("pr_015", "USMV price in 60 days", "USMV", "2022-07-04", "2022-09-02"),
    ("pr_016", "Where will AAPL be in 30 days?", "AAPL", "2022-12-28", "2023-01-27"),
]


def weekdays_between(last, target):
    """Weekdays after `last` up to and including `target`, at least one."""
    days = pd.date_range(last, target, freq="D")[1:]
    return max(1, int((days.weekday < 5).sum()))


def path_days(horizon):
    """For each of 5000 paths, which of the 252 daily returns it is made of: blocks of ten."""
    blocks = (horizon + 9) // 10
    first = np.random.default_rng(20240229).integers(0, 243, size=(5000, blocks))
    return np.repeat(first, 10, axis=1)[:, :horizon] + np.arange(horizon) % 10


def spread(returns, days):
    """The 10, 50 and 90 % quantiles of a path's sum, with half of the mean return taken out."""
    sums = np.sum(returns[days], axis=1)
    return np.quantile(sums, [0.1, 0.5, 0.9]) - 0.5 * days.shape[1] * returns.mean()


def forecast(ticker, as_of, target):
    closes = pd.read_csv(DATA / f"{ticker}.csv", index_col="Date", parse_dates=["Date"])["Adj Close"]
    known = closes[closes.index <= as_of].iloc[-1260:]
    returns = np.diff(np.log(known.to_numpy()))
    horizon = weekdays_between(known.index[-1], pd.Timestamp(target))
    days = path_days(horizon)

    # Forecasts made every fifth day before, whose outcome was known on the as-of date.
    ratios = []
    for end in range(len(returns) - horizon, 251, -5):
        low, base, high = spread(returns[end - 252:end], days)
        outcome = returns[end:end + horizon].sum()
        ratios.append((outcome - base) / (high - base) if outcome > base else (base - outcome) / (base - low))
    ratios.sort()
    factor = ratios[min(len(ratios), int(np.ceil((len(ratios) + 1) * 0.8))) - 1]

    low, base, high = spread(returns[-252:], days)
    corridor = (base - factor * (base - low), base, base + factor * (high - base))
    figures = {name: float(known.iloc[-1] * np.exp(x)) for name, x in zip(FIGURES, corridor)}
    outcome = closes[closes.index <= target].iloc[-1] if closes.index[-1] >= pd.Timestamp(target) else None
    return figures, None if outcome is None else float(outcome)


def build():
    queries = []
    for name, question, ticker, as_of, target in TABLE:
        figures, actual = forecast(ticker, as_of, target)
        queries.append({"id": name, "query": question, "as_of": as_of, "metric": "price_base",
                        "expected": figures["price_base"], "tolerance": 1e-9, "ticker": ticker,
                        "target_date": target, "price_low": figures["price_low"],
                        "price_high": figures["price_high"], "actual": actual})
    return queries


def differences(stored, computed):
    if [q["id"] for q in stored] != [q["id"] for q in computed]:
        yield "the ids are not those of TABLE"
        return
    for old, new in zip(stored, computed):
        for key, value in new.items():
            same = old.get(key) == value
            if isinstance(value, float) and isinstance(old.get(key), float):
                same = abs(old[key] - value) <= 1e-12 * abs(value)
            if not same:
                yield f"{new['id']}: {key} is {old.get(key)!r}, computed {value!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="compare, exit 1 on any difference")
    mode.add_argument("--write", action="store_true", help="write predictions.json")
    arguments = parser.parse_args()
    queries = build()
    if arguments.write:
        rows = ",\n".join(f"    {json.dumps(q, ensure_ascii=False)}" for q in queries)
        kind = "|value - expected| <= tolerance * max(1, |expected|)"
        GOLDEN.write_text(f'{{\n  "tolerance_kind": "{kind}",\n  "queries": [\n{rows}\n  ]\n}}\n',
                          encoding="utf-8")
    problems = list(differences(json.loads(GOLDEN.read_text(encoding="utf-8"))["queries"], queries))
    for problem in problems:
        print(problem, file=sys.stderr)
    known = [q for q in queries if q["actual"] is not None]
    held = sum(q["price_low"] <= q["actual"] <= q["price_high"] for q in known)
    print(f"{len(queries)} forecasts; the corridor held {held} of the {len(known)} known prices")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
