# SPDX-License-Identifier: MIT
"""download() of yfinance over the bundled prices, to run plans without a sandbox in tests."""
import functools
import os
import pathlib

import pandas as pd

LAST = "2200-01-01"  # the as-of date


@functools.lru_cache(maxsize=None)
def _load(ticker):
    path = pathlib.Path(os.environ["STANDIN_DATA"]) / f"{ticker}.csv"
    if not path.exists():
        return pd.DataFrame({"Close": []}, index=pd.DatetimeIndex([], name="Date"))
    frame = pd.read_csv(path, index_col="Date", parse_dates=["Date"])
    return frame.rename(columns={"Adj Close": "Close"})[["Close"]]


def _read(ticker, start, end):
    frame = _load(ticker)
    return frame[(frame.index >= start) & (frame.index < end) & (frame.index <= LAST)]


def download(tickers, start, end, auto_adjust, progress, multi_level_index=True):
    assert auto_adjust and not progress and multi_level_index == (not isinstance(tickers, str))
    if isinstance(tickers, str):
        return _read(tickers, start, end)
    frames = {ticker: _read(ticker, start, end) for ticker in sorted(tickers)}
    return pd.concat(frames, axis=1).swaplevel(axis=1).sort_index()
