# SPDX-License-Identifier: MIT
"""download() of yfinance over the bundled prices, to run plans without a sandbox in tests."""
import os
import pathlib

import pandas as pd

DATA = pathlib.Path(os.environ["STANDIN_DATA"])
LAST = os.environ.get("STANDIN_AS_OF", "9999-12-31")


def _read(ticker, start, end):
    path = DATA / f"{ticker}.csv"
    if not path.exists():
        return pd.DataFrame(columns=["Close"], dtype=float)
    frame = pd.read_csv(path, index_col="Date", parse_dates=["Date"])
    frame = frame[(frame.index >= start) & (frame.index < end) & (frame.index.astype(str) <= LAST)]
    return frame.rename(columns={"Adj Close": "Close"})[["Close"]]


def download(tickers, start=None, end=None, auto_adjust=True, progress=True, multi_level_index=True):
    if isinstance(tickers, str):
        assert auto_adjust and not multi_level_index
        return _read(tickers, start, end)
    frames = {ticker: _read(ticker, start, end) for ticker in sorted(tickers)}
    frame = pd.concat(frames, axis=1).swaplevel(axis=1)
    return frame.sort_index()
