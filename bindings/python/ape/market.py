# SPDX-License-Identifier: MIT
"""Daily prices, as they were known on a date."""
from __future__ import annotations

import ctypes
import json
import os
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from ape._native import Handle, Out, check, declarations, initialised, library, string, take_text
from ape.host import Host, pointer_of

if TYPE_CHECKING:
    import pandas


class Market(Handle):
    """A folder of <TICKER>.csv files; None means the sample prices that come with the package.

    Raises NotFoundError for a folder that is not there or holds no .csv file.

    >>> Market().newest_date()
    '2022-12-28'
    """

    __slots__ = ()

    def __init__(self, data_dir: Optional[Union[str, "os.PathLike[str]"]] = None, *,
                 host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_market_options)
        options.data_dir = None if data_dir is None else os.fsencode(data_dir)
        out = Out()
        check(library.ape_market_new, pointer_of(host), ctypes.byref(options),
              ctypes.byref(out))
        self._own(out, library.ape_market_free, host)

    def reload(self) -> None:
        """See what was fetched, imported or changed in the folder since it was listed."""
        check(library.ape_market_reload, self._pointer)

    def tickers(self) -> List[Dict[str, Any]]:
        """[{"ticker", "first", "last", "rows"}], by ticker. FormatError names file and line."""
        out = Out()
        check(library.ape_market_list, self._pointer, ctypes.byref(out))
        listed: List[Dict[str, Any]] = json.loads(take_text(out))
        return listed

    def frame(self) -> "pandas.DataFrame":
        """The same as a data frame with the tickers as index; wants the extra ``pandas``."""
        import pandas
        return pandas.DataFrame(self.tickers()).set_index("ticker")

    def series(self, ticker: str, *, as_of: Optional[str] = None, start: Optional[str] = None,
               end: Optional[str] = None) -> Dict[str, Any]:
        """A ticker's adjusted closes as they were known on a date, and what follows from them:
        {"ticker", "as_of", "dates", "close", "drawdown", "rolling_volatility"}.

        ``start`` and ``end`` are both included. NotFoundError for an unknown ticker, InvalidError
        for a date that is none."""
        out = Out()
        check(library.ape_market_series, self._pointer, string(ticker, "ticker"),
              string(as_of, "as_of"), string(start, "start"), string(end, "end"),
              ctypes.byref(out))
        series: Dict[str, Any] = json.loads(take_text(out))
        return series

    def newest_date(self) -> str:
        """Newest date for which any ticker has a price, as "2022-12-28"."""
        date = ctypes.create_string_buffer(11)
        check(library.ape_market_newest_date, self._pointer, date)
        return date.value.decode()
