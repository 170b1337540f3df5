# SPDX-License-Identifier: MIT
"""yfinance as programs know it, on prices as they were known on the run's as-of date.

Signatures and shapes follow yfinance 1.x; the prices come from the market of the program that
started the run, which cuts them at the as-of date. What is not point-in-time is not here."""
import os as _os
import struct as _struct
import sys as _sys

import numpy as _np
import pandas as _pd

__version__ = "1.1.0"
__all__ = ["download", "Ticker", "Tickers", "MarketDataError", "NotPointInTimeError"]

_BROKER_FD = 4
_MAGIC = 0x50455031
_NOT_FOUND = -4
_COLUMNS = ("Open", "High", "Low", "Close", "Adj Close", "Volume")
_EXCHANGE_ZONE = "America/New_York"
_FIRST_DAY, _LAST_DAY = -719162, 2932896
_INTERVALS = {"1d": None, "5d": "5D", "1wk": "W-MON", "1mo": "MS", "3mo": "MS"}
_PERIODS = {"1mo": {"months": 1}, "3mo": {"months": 3}, "6mo": {"months": 6}, "1y": {"years": 1},
            "2y": {"years": 2}, "5y": {"years": 5}, "10y": {"years": 10}}
_NOT_POINT_IN_TIME = frozenset("""
    info fast_info news options option_chain financials income_stmt quarterly_income_stmt
    quarterly_financials balance_sheet quarterly_balance_sheet balancesheet cashflow cash_flow
    quarterly_cashflow quarterly_cash_flow ttm_income_stmt ttm_cash_flow earnings
    quarterly_earnings earnings_dates earnings_history earnings_estimate revenue_estimate
    eps_trend eps_revisions growth_estimates calendar sec_filings recommendations
    recommendations_summary upgrades_downgrades analyst_price_targets sustainability
    major_holders institutional_holders mutualfund_holders insider_transactions
    insider_purchases insider_roster_holders shares get_shares_full isin funds_data
    get_info get_news get_fast_info get_income_stmt get_balance_sheet get_cashflow live
    """.split())


class MarketDataError(Exception):
    """The market could not answer: a broken file, for example."""


class NotPointInTimeError(RuntimeError):
    """Asked for something whose state on the as-of date is not known."""


def _read_exactly(size):
    parts = []
    while size > 0:
        part = _os.read(_BROKER_FD, min(size, 1 << 20))
        if not part:
            raise MarketDataError("this run has no market data")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _ask(symbol, start_day, end_day):
    """Days, columns by title and actions of a symbol; None if the market does not know it."""
    name = symbol.encode("utf-8")
    if len(name) >= 64:
        return None
    request = _struct.pack("<Iii64s", _MAGIC, start_day, end_day, name)
    try:
        _os.write(_BROKER_FD, request)
    except OSError:
        raise MarketDataError("this run has no market data") from None
    header = _struct.unpack("<IiIIII", _read_exactly(24))
    _, status, rows, columns, action_count, message_size = header
    if status != 0:
        message = _read_exactly(message_size).decode("utf-8", "replace")
        if status == _NOT_FOUND:
            return None
        raise MarketDataError(message)
    days = _np.frombuffer(_read_exactly((rows * 4 + 7) // 8 * 8), dtype="<i4")[:rows]
    table = {}
    for bit, title in enumerate(_COLUMNS):
        if columns >> bit & 1:
            table[title] = _np.frombuffer(_read_exactly(rows * 8), dtype="<f8").copy()
    actions = _np.frombuffer(_read_exactly(action_count * 24),
                             dtype=[("day", "<i4"), ("pad", "<i4"), ("dividend", "<f8"),
                                    ("split", "<f8")])
    return days, table, actions


def _index(days):
    return _pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[ns]"), name="Date")


def _to_day(value):
    """Days since 1970 of whatever yfinance takes for a date."""
    if isinstance(value, (int, float, _np.integer)):
        stamp = _pd.Timestamp(int(value), unit="s")
    else:
        stamp = _pd.Timestamp(value)
    if stamp.tzinfo is not None:
        stamp = stamp.tz_convert(_EXCHANGE_ZONE).tz_localize(None)
    return (stamp.normalize() - _pd.Timestamp(0)).days


def _range(period, start, end):
    """First and last day, both included, and how many rows of them from the end (0: all)."""
    today = _to_day(_pd.Timestamp.now())
    last = today if end is None else _to_day(end) - 1
    if start is not None:
        return _to_day(start), last, 0
    if period is None:
        period = "1mo" if end is None else "max"
    base = _pd.Timestamp(last, unit="D")
    if period == "max":
        return _FIRST_DAY, last, 0
    if period == "ytd":
        return _to_day(_pd.Timestamp(base.year, 1, 1)), last, 0
    if period in _PERIODS:
        return _to_day(base - _pd.DateOffset(**_PERIODS[period])), last, 0
    if period.endswith("d") and period[:-1].isdigit():
        rows = int(period[:-1])
        return last - 2 * rows - 14, last, rows
    raise ValueError(f"period={period!r}: use 1d, 5d, 1mo, 3mo, 6mo, 1y, 2y, 5y, 10y, ytd or max")


# A table is a dict of arrays until it is handed out: frames cost more than the prices in them.

def _complete(table):
    """A file with one close column has it in both places."""
    if "Close" not in table:
        table["Close"] = table["Adj Close"]
    if "Adj Close" not in table:
        table["Adj Close"] = table["Close"]
    return {title: table[title] for title in _COLUMNS if title in table}


def _adjust(table, auto_adjust, back_adjust):
    if not auto_adjust and not back_adjust:
        return table
    adjusted = table.pop("Adj Close")
    ratio = adjusted / table["Close"]
    for title in ("Open", "High", "Low"):
        if title in table:
            table[title] = table[title] * ratio
    if auto_adjust:
        table["Close"] = adjusted
    return table


def _add_actions(days, table, actions):
    table["Dividends"] = _np.zeros(len(days))
    table["Stock Splits"] = _np.zeros(len(days))
    # An ex-date without a price takes effect on the next day that has one.
    for row, action in zip(_np.searchsorted(days, actions["day"]), actions):
        if row < len(days):
            table["Dividends"][row] += action["dividend"]
            table["Stock Splits"][row] += action["split"]


def _resample(table, interval):
    how = {"Open": "first", "High": "max", "Low": "min", "Close": "last", "Adj Close": "last",
           "Volume": "sum", "Dividends": "sum", "Stock Splits": "sum"}
    if interval == "1wk":
        groups = table.resample("W-MON", label="left", closed="left")
    elif interval == "3mo":
        groups = table.resample("3MS")
    else:
        groups = table.resample(_INTERVALS[interval])
    result = groups.agg({title: how[title] for title in table.columns})
    return result[groups.size() > 0]


def _empty():
    return _pd.DataFrame({title: _pd.Series(dtype="float64") for title in
                          ("Open", "High", "Low", "Close", "Adj Close", "Volume")},
                         index=_pd.DatetimeIndex([], name="Date"))


def _integer(volume):
    """Whole numbers, if none is missing."""
    return volume if _np.isnan(volume).any() else volume.round().astype("int64")


class _Prices:
    """A ticker's answer: an index and a dict of columns, or why there is none."""

    def __init__(self, index, columns, why=None):
        self.index, self.columns, self.why = index, columns, why

    def drop_actions(self):
        for title in ("Dividends", "Stock Splits"):
            self.columns.pop(title, None)

    def frame(self):
        return _empty() if self.why else _pd.DataFrame(self.columns, index=self.index)


def _why_empty(period, start, end, first, last):
    shown = [_np.datetime_as_string(_np.datetime64(day, "D")) for day in (first, last + 1)]
    reason = f"(1d {shown[0]} -> {shown[1]})" if start or end else f"(period={period or '1mo'})"
    return "possibly delisted; no price data found  " + reason


def _history(symbol, period, start, end, interval, auto_adjust, back_adjust, rounding):
    if interval not in _INTERVALS:
        raise ValueError(f"interval={interval!r}: prices are daily; use 1d, 5d, 1wk, 1mo or 3mo")
    first, last, tail = _range(period, start, end)
    first, last = max(first, _FIRST_DAY), min(last, _LAST_DAY)
    answer = _ask(symbol, first, last)
    if answer is None:
        return _Prices(None, None, "possibly delisted; no timezone found")
    days, table, actions = answer
    if len(days) == 0:
        return _Prices(None, None, _why_empty(period, start, end, first, last))
    table = _adjust(_complete(table), auto_adjust, back_adjust)
    _add_actions(days, table, actions)
    index = _index(days)
    if _INTERVALS[interval] is not None:
        frame = _resample(_pd.DataFrame(table, index=index), interval)
        index, table = frame.index, {title: frame[title].to_numpy() for title in frame}
    if tail:
        index, table = index[-tail:], {title: table[title][-tail:] for title in table}
    if rounding:
        table = {title: table[title].round(2) for title in table}
    if "Volume" in table:
        table["Volume"] = _integer(table["Volume"])
    return _Prices(index, table)


def _symbols(tickers):
    if isinstance(tickers, str):
        tickers = tickers.replace(",", " ").split()
    return list(dict.fromkeys(str(ticker).upper() for ticker in tickers))


def _report(failures):
    if not failures:
        return
    count = len(failures)
    print(f"\n{count} Failed download{'s' if count > 1 else ''}:", file=_sys.stderr)
    for symbol, why in failures.items():
        print(f"['{symbol}']: {why}", file=_sys.stderr)


def _side_by_side(answers, group_by):
    """One frame of tickers that have the same days and columns, as _concatenate() makes it."""
    symbols, titles = list(answers), list(next(iter(answers.values())).columns)
    if group_by == "column":
        symbols, titles = sorted(symbols), sorted(titles)
        levels, names = [titles, symbols], ["Price", "Ticker"]
        pairs = [(symbol, title) for title in titles for symbol in symbols]
    else:
        levels, names = [symbols, titles], ["Ticker", "Price"]
        pairs = [(symbol, title) for symbol in symbols for title in titles]
    data = _pd.DataFrame({number: answers[symbol].columns[title]
                          for number, (symbol, title) in enumerate(pairs)},
                         index=next(iter(answers.values())).index)
    codes = [_np.repeat(_np.arange(len(levels[0])), len(levels[1])),
             _np.tile(_np.arange(len(levels[1])), len(levels[0]))]
    data.columns = _pd.MultiIndex(levels=levels, codes=codes, names=names,
                                  verify_integrity=False)
    return data


def _concatenate(answers, group_by):
    frames = {symbol: answer.frame() for symbol, answer in answers.items()}
    data = _pd.concat(frames.values(), axis=1, sort=True, keys=frames.keys(),
                      names=["Ticker", "Price"])
    data.index.name = None if all(answer.why for answer in answers.values()) else "Date"
    if group_by == "column":
        data.columns = data.columns.swaplevel(0, 1)
        data = data.sort_index(level=0, axis=1)
    return data


def _are_alike(answers):
    first, *others = answers
    return not first.why and all(
        not other.why and other.columns.keys() == first.columns.keys()
        and other.index.equals(first.index) for other in others)


def download(tickers, start=None, end=None, actions=False, threads=True, ignore_tz=None,
             group_by="column", auto_adjust=True, back_adjust=False, repair=False, keepna=False,
             progress=True, period=None, interval="1d", prepost=False, rounding=False,
             timeout=10, session=None, multi_level_index=True):
    """Prices of one or more tickers, columns (Price, Ticker); end is exclusive."""
    symbols = _symbols(tickers)
    if not symbols:
        raise ValueError("tickers is empty")
    answers = {symbol: _history(symbol, period, start, end, interval, auto_adjust, back_adjust,
                                rounding) for symbol in symbols}
    _report({symbol: answer.why for symbol, answer in answers.items() if answer.why})
    for answer in answers.values():
        if not answer.why and not actions:
            answer.drop_actions()
        if not answer.why and ignore_tz is False:
            answer.index = answer.index.tz_localize(_EXCHANGE_ZONE)
    join = _side_by_side if _are_alike(answers.values()) else _concatenate
    data = join(answers, group_by)
    if not multi_level_index and len(symbols) == 1:
        data.columns = data.columns.get_level_values(0 if group_by == "column" else 1).rename(None)
    return data


class Ticker:
    """One ticker's prices and actions, as known on the as-of date."""

    def __init__(self, ticker, session=None):
        if isinstance(ticker, tuple):
            ticker = ticker[0]
        self.ticker = str(ticker).upper()

    def __repr__(self):
        return f"yfinance.Ticker object <{self.ticker}>"

    def __getattr__(self, name):
        if name in _NOT_POINT_IN_TIME:
            raise NotPointInTimeError(
                f"Ticker.{name} is not point-in-time: its state on the as-of date is not known. "
                "Use history() or yfinance.download().")
        raise AttributeError(f"'Ticker' object has no attribute '{name}'")

    def history(self, period=None, interval="1d", start=None, end=None, prepost=False,
                actions=True, auto_adjust=True, back_adjust=False, repair=False, keepna=False,
                rounding=False, timeout=10, raise_errors=False):
        answer = _history(self.ticker, period, start, end, interval, auto_adjust, back_adjust,
                          rounding)
        if answer.why:
            if raise_errors:
                raise MarketDataError(f"${self.ticker}: {answer.why}")
            print(f"${self.ticker}: {answer.why}", file=_sys.stderr)
            table = answer.frame()
            table.index = table.index.astype(object)
            return table
        if not actions:
            answer.drop_actions()
        answer.index = answer.index.tz_localize(_EXCHANGE_ZONE)
        return answer.frame()

    def get_actions(self, period="max"):
        table = self.history(period=period)
        if table.empty:
            return table.reindex(columns=["Dividends", "Stock Splits"])
        table = table[["Dividends", "Stock Splits"]]
        return table[(table != 0).any(axis=1)]

    def get_dividends(self, period="max"):
        column = self.get_actions(period)["Dividends"]
        return column[column != 0]

    def get_splits(self, period="max"):
        column = self.get_actions(period)["Stock Splits"]
        return column[column != 0]

    @property
    def actions(self):
        return self.get_actions()

    @property
    def dividends(self):
        return self.get_dividends()

    @property
    def splits(self):
        return self.get_splits()


class Tickers:
    """Several tickers."""

    def __init__(self, tickers, session=None):
        self.symbols = _symbols(tickers)
        self.tickers = {symbol: Ticker(symbol) for symbol in self.symbols}

    def __repr__(self):
        return f"yfinance.Tickers object <{','.join(self.symbols)}>"

    def history(self, period=None, interval="1d", start=None, end=None, actions=True,
                auto_adjust=True, group_by="column", **others):
        return self.download(period=period, interval=interval, start=start, end=end,
                             actions=actions, auto_adjust=auto_adjust, group_by=group_by, **others)

    def download(self, period=None, interval="1d", start=None, end=None, actions=True,
                 auto_adjust=True, group_by="column", **others):
        return download(self.symbols, period=period, interval=interval, start=start, end=end,
                        actions=actions, auto_adjust=auto_adjust, group_by=group_by, **others)


def set_tz_cache_location(path):
    """There is no cache here."""


def __getattr__(name):
    if name in ("Search", "Lookup", "screen", "EquityQuery", "FundQuery", "Sector", "Industry",
                "Market", "Calendars", "WebSocket", "AsyncWebSocket"):
        raise NotPointInTimeError(f"yfinance.{name} is not point-in-time: only prices are known "
                                  "as of a date. Use yfinance.download() or Ticker.history().")
    raise AttributeError(f"module 'yfinance' has no attribute '{name}'")
