# SPDX-License-Identifier: MIT
"""Brings prices into a folder that a Market reads: from services over HTTP, or from files."""
from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Dict, Iterable, Optional, Union

from ape._native import Handle, Out, check, declarations, initialised, library, string, take_text
from ape.host import Host, pointer_of
from ape.settings import Settings


class PriceFeed(Handle):
    """Fetches prices from Yahoo, Stooq and Alpha Vantage into ``data_dir``, which is made if its
    parent is there. The settings name the sources and their addresses. ``options``: timeout_ms,
    retries, retry_wait_ms, max_age_s, breaker_failures, breaker_open_ms.
    """

    __slots__ = ()

    def __init__(self, data_dir: Union[str, "os.PathLike[str]"], *,
                 settings: Optional[Settings] = None, host: Optional[Host] = None,
                 **options: int) -> None:
        opts = initialised(declarations.ape_price_feed_options)
        for name, value in options.items():
            if name not in ("timeout_ms", "retries", "retry_wait_ms", "max_age_s",
                            "breaker_failures", "breaker_open_ms"):
                raise TypeError(f"PriceFeed has no option {name}")
            setattr(opts, name, value)
        opts.data_dir = os.fsencode(data_dir)
        opts.settings = pointer_of(settings)
        out = Out()
        check(library.ape_price_feed_new, pointer_of(host), ctypes.byref(opts), ctypes.byref(out))
        self._own(out, library.ape_price_feed_free, host)

    def fetch(self, tickers: Iterable[str], *, start: Optional[str] = None,
              end: Optional[str] = None, refresh: bool = False, replace: bool = False,
              total_ms: Optional[int] = None) -> Dict[str, Any]:
        """Fetch tickers; waits for the services.

        {"fetched", "kept", "failed", "tickers": [{"ticker", "status", "source", "first", "last",
        "rows", "actions", "error", "reason"}]}. One that fails spoils no other. A market that is
        open sees the new files after Market.reload()."""
        names = [string(ticker, "ticker") for ticker in tickers]
        request = initialised(declarations.ape_price_feed_request)
        request.tickers = (ctypes.c_char_p * len(names))(*names)
        request.ticker_count = len(names)
        request.start, request.end = string(start, "start"), string(end, "end")
        request.refresh, request.replace = refresh, replace
        if total_ms is not None:
            request.total_ms = total_ms
        out = Out()
        check(library.ape_price_feed_fetch, self._pointer, ctypes.byref(request),
              ctypes.byref(out))
        report: Dict[str, Any] = json.loads(take_text(out))
        return report

    def put(self, ticker: str, prices: Union[str, bytes], *,
            actions: Optional[Union[str, bytes]] = None, format: str = "csv",
            replace: bool = False) -> Dict[str, Any]:
        """Put prices that somebody has into the folder: a CSV text as in a <TICKER>.csv, or with
        ``format`` a reply of yahoo, stooq or alphavantage. FormatError names the line."""
        given = initialised(declarations.ape_price_feed_import)
        given.ticker, given.format = string(ticker, "ticker"), string(format, "format")
        content, events = _content(prices), _content(actions)
        given.prices, given.prices_size = _address(content), len(content or b"")
        given.actions, given.actions_size = _address(events), len(events or b"")
        given.replace = replace
        out = Out()
        check(library.ape_price_feed_put, self._pointer, ctypes.byref(given), ctypes.byref(out))
        outcome: Dict[str, Any] = json.loads(take_text(out))
        return outcome


def _content(text: Optional[Union[str, bytes]]) -> Optional[bytes]:
    return text.encode() if isinstance(text, str) else text


def _address(content: Optional[bytes]) -> Optional[int]:
    """Good for as long as the bytes are referred to."""
    return ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p).value
