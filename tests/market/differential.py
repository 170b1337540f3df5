#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The yfinance of the sandbox beside the real package: the same prices in, the same frames out.

    differential.py VENV SHIM        makes the virtual environment if need be; exit 77: cannot
    differential.py --inside SHIM    compares, in an interpreter that has the real package

The real package runs its own parsing code; only its HTTP client is replaced, by one that answers
in the format of Yahoo's chart service.
"""
import importlib.util
import os
import subprocess
import sys

SKIP = 77


def make_environment(folder):
    python = os.path.join(folder, "bin", "python")
    if os.path.exists(python) and subprocess.run([python, "-c", "import yfinance"],
                                                 capture_output=True).returncode == 0:
        return python
    steps = (["/usr/bin/python3", "-m", "venv", "--system-site-packages", folder],
             [python, "-m", "pip", "install", "-q", "yfinance==1.7.0"])
    for step in steps:
        if subprocess.run(step, capture_output=True).returncode != 0:
            return None
    return python


def outside(folder, shim):
    python = make_environment(folder)
    if not python:
        print("SKIPPED: the real yfinance package cannot be installed here")
        sys.exit(SKIP)
    sys.exit(subprocess.run([python, os.path.abspath(__file__), "--inside", shim]).returncode)


def make_prices(seed):
    import numpy
    import pandas
    random = numpy.random.RandomState(seed)
    days = pandas.bdate_range("2020-12-01", "2021-03-31", name="Date")
    close = 100 * numpy.cumprod(1 + random.normal(0, 0.01, len(days)))
    table = pandas.DataFrame({"Open": close * 0.99, "High": close * 1.02, "Low": close * 0.98,
                              "Close": close, "Adj Close": close * 0.97,
                              "Volume": random.randint(1000, 9999, len(days)).astype(float)},
                             index=days)
    return table


DIVIDEND, SPLIT = ("2021-02-05", 0.205), ("2021-03-08", 2.0)


def chart(symbol, table, start, end):
    """Yahoo's answer for daily prices from one second to another."""
    import pandas
    stamps = (table.index.tz_localize("America/New_York") + pandas.Timedelta(hours=9, minutes=30))
    seconds = [int(stamp.timestamp()) for stamp in stamps]
    chosen = [i for i, second in enumerate(seconds) if start <= second < end]

    def column(title):
        return [float(table[title].iloc[i]) for i in chosen]

    def second_of(day):
        return seconds[table.index.get_loc(pandas.Timestamp(day))]

    events = {}
    if start <= second_of(DIVIDEND[0]) < end:
        events["dividends"] = {str(second_of(DIVIDEND[0])): {"amount": DIVIDEND[1],
                                                             "date": second_of(DIVIDEND[0])}}
    if start <= second_of(SPLIT[0]) < end:
        events["splits"] = {str(second_of(SPLIT[0])): {
            "date": second_of(SPLIT[0]), "numerator": SPLIT[1], "denominator": 1.0,
            "splitRatio": "2:1"}}
    meta = {"currency": "USD", "symbol": symbol, "exchangeName": "NMS", "instrumentType": "EQUITY",
            "firstTradeDate": seconds[0], "regularMarketTime": seconds[-1], "gmtoffset": -18000,
            "timezone": "EST", "exchangeTimezoneName": "America/New_York", "priceHint": 2,
            "regularMarketPrice": 1.0, "dataGranularity": "1d", "range": "",
            "validRanges": ["1d", "5d", "1mo", "max"]}
    quote = {name.lower(): column(name) for name in ("Open", "High", "Low", "Close")}
    quote["volume"] = [int(table["Volume"].iloc[i]) for i in chosen]
    return {"chart": {"error": None, "result": [{
        "meta": meta, "timestamp": [seconds[i] for i in chosen], "events": events,
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": column("Adj Close")}]}}]}}


def replace_http(tables):
    from yfinance import base, data

    class Answer:
        status_code = 200

        def __init__(self, body):
            self.body, self.text = body, str(body)

        def json(self):
            return self.body

    def get(self, url, params=None, **others):
        symbol = url.rsplit("/", 1)[-1]
        if symbol not in tables:
            return Answer({"chart": {"result": None, "error": {
                "code": "Not Found", "description": "No data found, symbol may be delisted"}}})
        return Answer(chart(symbol, tables[symbol], int(params["period1"]), int(params["period2"])))

    data.YfData.get = get
    data.YfData.cache_get = get
    base.TickerBase._get_ticker_tz = lambda self, *args, **others: (
        "America/New_York" if self.ticker in tables else None)


def load_shim(path, tables):
    import numpy
    import pandas
    specification = importlib.util.spec_from_file_location("shim", path)
    shim = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(shim)
    actions = numpy.array([(pandas.Timestamp(DIVIDEND[0]).value // 86400 // 10**9, DIVIDEND[1], 0),
                           (pandas.Timestamp(SPLIT[0]).value // 86400 // 10**9, 0, SPLIT[1])],
                          dtype=[("day", "<i4"), ("dividend", "<f8"), ("split", "<f8")])

    def ask(symbol, start, end):
        if symbol not in tables:
            return None
        low, high = (pandas.Timestamp(day * 86400, unit="s") for day in (start, end))
        table = tables[symbol].loc[low:high].copy()
        days = (table.index.asi8 // 86400 // 10**9).astype("<i4")
        columns = {title: table[title].to_numpy().copy() for title in table}
        return days, columns, actions[(start <= actions["day"]) & (actions["day"] <= end)]

    shim._ask = ask
    return shim


WINDOW = {"start": "2021-01-04", "end": "2021-03-26"}


def in_order(frame):
    """The real package has its tickers in a set, and so in another order each time."""
    return frame[sorted(frame.columns.levels[0])]


CASES = {
    "download, one ticker": lambda yf: yf.download("AAA", progress=False, **WINDOW),
    "download, two tickers": lambda yf: yf.download("BBB AAA", progress=False, **WINDOW),
    "download, list": lambda yf: yf.download(["AAA", "BBB"], progress=False, **WINDOW),
    "download, small letters": lambda yf: yf.download("aaa", progress=False, **WINDOW),
    "download, by ticker": lambda yf: in_order(yf.download(
        "AAA BBB", group_by="ticker", progress=False, **WINDOW)),
    "download, flat": lambda yf: yf.download("AAA", multi_level_index=False, progress=False, **WINDOW),
    "download, flat, by ticker": lambda yf: yf.download(
        "AAA", multi_level_index=False, group_by="ticker", progress=False, **WINDOW),
    "download, not adjusted": lambda yf: yf.download("AAA", auto_adjust=False, progress=False, **WINDOW),
    "download, actions": lambda yf: yf.download("AAA", actions=True, progress=False, **WINDOW),
    "download, rounding": lambda yf: yf.download("AAA", rounding=True, progress=False, **WINDOW),
    "download, with time zone": lambda yf: yf.download("AAA", ignore_tz=False, progress=False, **WINDOW),
    "download, unknown": lambda yf: yf.download("NOPE", progress=False, **WINDOW),
    "download, known and unknown": lambda yf: yf.download("NOPE AAA", progress=False, **WINDOW),
    "download, of other days": lambda yf: yf.download("CCC AAA", progress=False, **WINDOW),
    "download, of other days, by ticker": lambda yf: in_order(yf.download(
        "CCC AAA", group_by="ticker", actions=True, progress=False, **WINDOW)),
    "download, two tickers, actions": lambda yf: yf.download(
        "AAA BBB", actions=True, progress=False, **WINDOW),
    "download, two tickers, time zone": lambda yf: yf.download(
        "AAA BBB", ignore_tz=False, progress=False, **WINDOW),
    "download, one day": lambda yf: yf.download("AAA", start="2021-01-05", end="2021-01-06", progress=False),
    "history": lambda yf: yf.Ticker("AAA").history(**WINDOW),
    "history, not adjusted": lambda yf: yf.Ticker("AAA").history(auto_adjust=False, **WINDOW),
    "history, back adjusted": lambda yf: yf.Ticker("AAA").history(
        auto_adjust=False, back_adjust=True, **WINDOW),
    "history, no actions": lambda yf: yf.Ticker("AAA").history(actions=False, **WINDOW),
    "history, rounding": lambda yf: yf.Ticker("AAA").history(rounding=True, **WINDOW),
    "history, unknown": lambda yf: yf.Ticker("NOPE").history(**WINDOW),
}


def differences(real, own):
    """In words; empty if the frames are the same in all that a program can see."""
    import numpy
    if list(map(str, real.columns)) != list(map(str, own.columns)):
        yield f"columns {list(real.columns)} and {list(own.columns)}"
        return
    for what in ("columns.names", "columns.nlevels", "index.name", "index.dtype", "shape"):
        values = []
        for frame in (real, own):
            for part in what.split("."):
                frame = getattr(frame, part)
            values.append(str(frame))
        if values[0] != values[1]:
            yield f"{what}: {values[0]} and {values[1]}"
    if list(map(str, real.dtypes)) != list(map(str, own.dtypes)):
        yield f"dtypes {list(real.dtypes)} and {list(own.dtypes)}"
    if len(real) != len(own) or not (real.index == own.index).all():
        yield "the days differ"
    elif len(real) and not numpy.allclose(real.to_numpy(float), own.to_numpy(float), rtol=1e-9,
                                          equal_nan=True):
        yield "the numbers differ"


def inside(shim_path):
    import logging
    import warnings
    import pandas
    import yfinance
    warnings.simplefilter("ignore")
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    tables = {"AAA": make_prices(1), "BBB": make_prices(2)}
    tables["CCC"] = make_prices(3).drop(index=[pandas.Timestamp("2021-02-10")])
    replace_http(tables)
    shim = load_shim(shim_path, tables)
    print("yfinance", yfinance.__version__, "pandas", pandas.__version__)
    failed = 0
    for name, call in CASES.items():
        found = list(differences(call(yfinance), call(shim)))
        failed += bool(found)
        print("DIFFERENT" if found else "same     ", name, *found, sep="  ", flush=True)
    sys.exit(1 if failed else 0)


if sys.argv[1] == "--inside":
    inside(sys.argv[2])
outside(sys.argv[1], sys.argv[2])
