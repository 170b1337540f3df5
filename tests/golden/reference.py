#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compute the expected values of golden.json from data/market with pandas and numpy.

    reference.py --check    exit 1 if a value in golden.json differs from the one computed here
    reference.py --write    fill in `expected` and `tolerance` of every question

This is the independent half of the golden set: it shares no code with the library and does
not read the questions. What a question means (metric, tickers, window, parameters) is stated
by hand in TABLE below. The formulas are those of README.md. Needs pandas 1.5 or later.
"""

import argparse
import json
import math
import pathlib
import sys

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "data" / "market"
GOLDEN = HERE / "golden.json"

YEAR = 252            # trading days
NEWEST = "2022-12-28"  # the newest date in data/market: the as-of date unless a row says otherwise
MARKET = "^GSPC"      # the benchmark when a question names none

# id, metric, tickers, start, end (both inclusive), parameters.
# start and end None: the last 252 closes up to the as-of date.
# A metric that needs only an end (last_price, sma, high_52w, low_52w) takes it from `end`, else as-of.
TABLE = [
    ("gs_001", "sharpe_ratio", ["MSFT"], "2021-01-01", "2021-12-31", {}),
    ("gs_002", "sharpe_ratio", ["JPM"], "2019-01-01", "2019-12-31", {}),
    ("gs_003", "sharpe_ratio", ["KO"], "2021-01-01", "2021-12-31", {}),
    ("gs_004", "sharpe_ratio", ["XOM"], "2022-01-01", "2022-12-28", {}),
    ("gs_005", "sharpe_ratio", ["AAPL"], "2021-01-01", "2021-12-31", {}),
    ("gs_006", "sharpe_ratio", ["AAPL"], "2020-01-01", "2020-12-31", {}),
    ("gs_007", "sharpe_ratio", ["JNJ"], "2020-01-01", "2022-12-28", {"rf": 0.0}),
    ("gs_008", "sharpe_ratio", ["AAPL"], "2021-01-01", "2021-12-31", {}),
    ("gs_009", "sharpe_ratio", ["PG"], "2022-07-01", "2022-09-30", {}),
    ("gs_010", "sharpe_ratio", ["MSFT"], "2019-01-01", "2021-12-31", {"rf": 0.01}),
    ("gs_011", "sortino_ratio", ["UNH"], "2021-01-01", "2021-12-31", {}),
    ("gs_012", "sortino_ratio", ["LLY"], "2018-01-01", "2022-12-28", {}),
    ("gs_013", "sortino_ratio", ["WMT"], "2022-06-28", "2022-12-28", {}),
    ("gs_014", "sortino_ratio", ["HD"], "2020-12-28", "2022-12-28", {}),
    ("gs_015", "volatility", ["AMD"], "2022-01-01", "2022-12-28", {}),
    ("gs_016", "volatility", ["GE"], "2020-02-01", "2020-06-30", {}),
    ("gs_017", "volatility", ["BAC"], None, None, {}),
    ("gs_018", "volatility", ["XOM"], "2022-01-01", "2022-12-28", {}),
    ("gs_019", "volatility", ["KO"], "2020-01-01", "2020-12-31", {}),
    ("gs_020", "volatility", ["KO"], "2021-01-01", "2021-09-30", {"as_of": "2021-09-30"}),
    ("gs_021", "beta", ["KO", "^GSPC"], "2021-01-01", "2021-12-31", {}),
    ("gs_022", "beta", ["AMD", MARKET], None, None, {}),
    ("gs_023", "beta", ["JPM", "^GSPC"], "2020-01-01", "2020-12-31", {}),
    ("gs_024", "beta", ["AAPL", MARKET], "2019-01-01", "2022-12-28", {}),
    ("gs_025", "beta", ["CVX", "^GSPC"], "2022-01-01", "2022-12-28", {}),
    ("gs_026", "beta", ["PEP", "KO"], "2021-01-01", "2021-12-31", {}),
    ("gs_027", "beta", ["MSFT", MARKET], "2022-07-01", "2022-09-30", {}),
    ("gs_028", "correlation", ["AAPL", "MSFT"], "2021-01-01", "2021-12-31", {}),
    ("gs_029", "correlation", ["KO", "PEP"], None, None, {}),
    ("gs_030", "correlation", ["XOM", "CVX"], "2020-01-01", "2020-03-31", {}),
    ("gs_031", "correlation", ["JPM", "BAC"], "2020-01-01", "2022-12-28", {}),
    ("gs_032", "correlation", ["PFE", "MRK"], "2021-12-28", "2022-12-28", {}),
    ("gs_033", "correlation", ["AAPL", "^GSPC"], "2022-01-01", "2022-12-28", {}),
    ("gs_034", "correlation", ["USMV", "MTUM"], "2018-01-01", "2022-12-28", {}),
    ("gs_035", "max_drawdown", ["^GSPC"], "2020-01-01", "2020-12-31", {}),
    ("gs_036", "max_drawdown", ["RRC"], "2014-01-01", "2022-12-28", {}),
    ("gs_037", "max_drawdown", ["BBY"], "2021-06-01", "2022-06-30", {}),
    ("gs_038", "max_drawdown", ["AMD"], "2022-01-01", "2022-12-28", {}),
    ("gs_039", "max_drawdown", ["HD"], "2021-11-01", "2022-06-30", {}),
    ("gs_040", "cagr", ["AAPL"], "2015-01-01", "2021-12-31", {}),
    ("gs_041", "cagr", ["LLY"], "2016-01-01", "2022-12-28", {}),
    ("gs_042", "cagr", ["WMT"], "2015-01-01", "2022-12-28", {}),
    ("gs_043", "cagr", ["MSFT"], "2017-12-28", "2022-12-28", {}),
    ("gs_044", "total_return", ["XOM"], "2022-01-01", "2022-12-28", {}),
    ("gs_045", "total_return", ["AAPL"], "2019-01-01", "2019-12-31", {}),
    ("gs_046", "total_return", ["PFE"], "2021-01-01", "2021-12-31", {}),
    ("gs_047", "total_return", ["CVX"], "2022-01-01", "2022-12-28", {}),
    ("gs_048", "total_return", ["KO"], "2020-03-01", "2020-03-31", {}),
    ("gs_049", "var", ["JPM"], "2020-01-01", "2020-12-31", {}),
    ("gs_050", "var", ["AMD"], "2018-01-01", "2022-06-30", {"confidence": 0.99}),
    ("gs_051", "var", ["UNH"], "2021-01-01", "2022-06-30", {}),
    ("gs_052", "var", ["^GSPC"], "2020-01-01", "2022-12-28", {}),
    ("gs_053", "cvar", ["AAPL"], "2022-01-01", "2022-12-28", {}),
    ("gs_054", "cvar", ["BAC"], "2015-01-01", "2022-12-28", {"confidence": 0.99}),
    ("gs_055", "cvar", ["GE"], "2020-01-01", "2020-12-31", {}),
    ("gs_056", "sma", ["AAPL"], None, None, {"n": 50}),
    ("gs_057", "sma", ["MRK"], None, None, {}),
    ("gs_058", "sma", ["MSFT"], None, "2021-06-30", {"n": 200}),
    ("gs_059", "sma", ["PG"], None, None, {"n": 20}),
    ("gs_060", "ema", ["KO"], None, None, {"n": 12}),
    ("gs_061", "ema", ["JNJ"], "2022-01-01", "2022-09-30", {"n": 50}),
    ("gs_062", "ema", ["HD"], None, None, {}),
    ("gs_063", "rsi", ["AAPL"], None, None, {}),
    ("gs_064", "rsi", ["XOM"], "2021-01-01", "2021-12-31", {}),
    ("gs_065", "rsi", ["WMT"], None, None, {"n": 9}),
    ("gs_066", "rsi", ["MSFT"], None, None, {}),
    ("gs_067", "last_price", ["AAPL"], None, None, {}),
    ("gs_068", "last_price", ["KO"], None, "2021-06-30", {}),
    ("gs_069", "last_price", ["JNJ"], None, None, {}),
    ("gs_070", "high_52w", ["LLY"], None, None, {}),
    ("gs_071", "low_52w", ["BAC"], None, None, {}),
    ("gs_072", "high_52w", ["XOM"], None, None, {}),
    ("gs_073", "low_52w", ["MSFT"], None, None, {"as_of": "2020-07-04"}),
    ("gs_074", "low_52w", ["AMD"], None, None, {}),
    ("gs_075", "sharpe_ratio", ["QUAL"], "2022-09-29", "2022-12-28", {}),
    ("gs_076", "sharpe_ratio", ["SIZE"], "2016-01-01", "2017-12-31", {}),
    ("gs_077", "max_drawdown", ["CVX"], "2019-12-23", "2020-03-23", {"as_of": "2020-03-23"}),
    ("gs_078", "volatility", ["AAPL"], "2021-02-28", "2021-08-31", {"as_of": "2021-08-31"}),
    ("gs_079", "sharpe_ratio", ["VLUE"], None, None, {"as_of": "2019-06-28"}),
    ("gs_080", "var", ["PFE"], None, None, {}),
]


def load(tickers, last_day):
    """Adjusted closes, one column per ticker, on the days common to all, nothing after last_day."""
    columns = [pd.read_csv(DATA / f"{ticker}.csv", index_col="Date", parse_dates=["Date"])["Adj Close"]
               for ticker in tickers]
    frame = pd.concat(columns, axis=1, join="inner", keys=tickers).sort_index()
    return frame[frame.index <= pd.Timestamp(last_day)]


def window(frame, start, end):
    if start is None:
        return frame.iloc[-YEAR:]
    return frame[(frame.index >= pd.Timestamp(start)) & (frame.index <= pd.Timestamp(end))]


def returns_of(prices):
    values = np.asarray(prices, dtype=float)
    return values[1:] / values[:-1] - 1.0


def sharpe_ratio(p, rf=0.02):
    r = returns_of(p)
    return (r.mean() * YEAR - rf) / (r.std(ddof=1) * math.sqrt(YEAR))


def sortino_ratio(p, rf=0.02):
    r = returns_of(p)
    downside = math.sqrt(np.mean(np.minimum(r, 0.0) ** 2))
    return (r.mean() * YEAR - rf) / (downside * math.sqrt(YEAR))


def volatility(p):
    return returns_of(p).std(ddof=1) * math.sqrt(YEAR)


def beta(asset, benchmark):
    a, b = returns_of(asset), returns_of(benchmark)
    covariance = np.sum((a - a.mean()) * (b - b.mean())) / (len(a) - 1)
    return covariance / b.var(ddof=1)


def correlation(one, other):
    return np.corrcoef(returns_of(one), returns_of(other))[0, 1]


def max_drawdown(p):
    values = np.asarray(p, dtype=float)
    return np.min(values / np.maximum.accumulate(values) - 1.0)


def cagr(p):
    days = (p.index[-1] - p.index[0]).days
    return (p.iloc[-1] / p.iloc[0]) ** (365.25 / days) - 1.0


def total_return(p):
    return p.iloc[-1] / p.iloc[0] - 1.0


def var(p, confidence=0.95):
    return -np.quantile(returns_of(p), 1.0 - confidence)


def cvar(p, confidence=0.95):
    r = returns_of(p)
    threshold = np.quantile(r, 1.0 - confidence)
    nearest = np.min(np.abs(r - threshold))
    if nearest < 1e-12:
        raise ValueError("a return lies on the quantile: the tail depends on rounding, choose another window")
    return -r[r <= threshold].mean()


def ema(p, n=20):
    return p.ewm(span=n, adjust=False).mean().iloc[-1]


def rsi(p, n=14):
    change = p.diff().iloc[1:]
    gain = change.clip(lower=0.0).ewm(alpha=1.0 / n, adjust=False).mean().iloc[-1]
    loss = (-change).clip(lower=0.0).ewm(alpha=1.0 / n, adjust=False).mean().iloc[-1]
    return 100.0 * gain / (gain + loss)


WINDOWED = {f.__name__: f for f in (sharpe_ratio, sortino_ratio, volatility, beta, correlation,
                                    max_drawdown, cagr, total_return, var, cvar, ema, rsi)}


def compute(metric, tickers, start, end, parameters):
    parameters = dict(parameters)
    as_of = parameters.pop("as_of", NEWEST)
    end = min(end or as_of, as_of)
    frame = load(tickers, end)
    if metric == "sma":
        n = parameters.pop("n", 20)
        if len(frame) < n:
            raise ValueError("fewer closes than the average needs")
        value = frame.iloc[-n:, 0].mean()
    elif metric == "last_price":
        value = frame.iloc[-1, 0]
    elif metric in ("high_52w", "low_52w"):
        first = pd.Timestamp(end) - pd.Timedelta(days=365)
        closes = frame[frame.index >= first].iloc[:, 0]
        value = closes.max() if metric == "high_52w" else closes.min()
    else:
        cut = window(frame, start, end)
        value = WINDOWED[metric](*(cut[ticker] for ticker in tickers), **parameters)
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(f"{metric} of {tickers} is not a finite number")
    return value


def tolerance_for(expected):
    """A power of ten that is at most 1e-9 * |expected| and at most 1e-9."""
    if expected == 0.0:
        return 1e-12
    return float(f"1e{min(0, math.floor(math.log10(abs(expected)))) - 9}")


def render(golden):
    """The file's own layout: one question per line, so that a change is one line of a diff."""
    head = {key: value for key, value in golden.items() if key != "queries"}
    lines = ["{"]
    lines += [f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}," for k, v in head.items()]
    lines.append('  "queries": [')
    rows = [f"    {json.dumps(q, ensure_ascii=False)}" for q in golden["queries"]]
    lines.append(",\n".join(rows))
    return "\n".join(lines) + "\n  ]\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="compare, exit 1 on any difference")
    mode.add_argument("--write", action="store_true", help="rewrite expected and tolerance")
    arguments = parser.parse_args()

    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    table = {row[0]: row[1:] for row in TABLE}
    ids = [query["id"] for query in golden["queries"]]
    problems = []
    if len(table) != len(TABLE) or len(set(ids)) != len(ids):
        problems.append("an id occurs twice")
    for name in sorted(set(table) ^ set(ids)):
        problems.append(f"{name}: stands in only one of TABLE and golden.json")
    newest = max(pd.read_csv(path)["Date"].iloc[-1] for path in DATA.glob("*.csv")
                 if not path.name.endswith(".actions.csv"))
    if newest != NEWEST:
        problems.append(f"the data end on {newest}, this script assumes {NEWEST}")

    for query in golden["queries"]:
        if query["id"] not in table:
            continue
        metric, tickers, start, end, parameters = table[query["id"]]
        if query["metric"] != metric or query.get("as_of") != parameters.get("as_of"):
            problems.append(f"{query['id']}: metric or as_of is not that of TABLE")
            continue
        value = compute(metric, tickers, start, end, parameters)
        if arguments.write:
            query["expected"], query["tolerance"] = value, tolerance_for(value)
            continue
        expected = query.get("expected")
        if not isinstance(expected, (int, float)) or not abs(value - expected) <= 1e-12 * abs(value):
            problems.append(f"{query['id']}: golden.json says {expected!r}, computed {value!r}")
        elif query.get("tolerance") != tolerance_for(expected):
            problems.append(f"{query['id']}: tolerance should be {tolerance_for(expected)!r}")

    for problem in problems:
        print(problem, file=sys.stderr)
    if arguments.write and not problems:
        order = ("id", "query", "as_of", "metric", "expected", "tolerance")
        golden["queries"] = [{key: query[key] for key in order if key in query}
                             for query in golden["queries"]]
        GOLDEN.write_text(render(golden), encoding="utf-8")
    if not problems:
        print(f"{len(ids)} questions, {'written' if arguments.write else 'all agree'} "
              f"(pandas {pd.__version__}, numpy {np.__version__})")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
