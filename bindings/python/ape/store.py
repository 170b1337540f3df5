# SPDX-License-Identifier: MIT
"""Queries and predictions, kept: in a SQLite file, or in PostgreSQL."""
from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Union

from ape._native import Handle, Out, check, declarations, initialised, library, string, take_text
from ape.host import Host, pointer_of
from ape.market import Market
from ape.metrics_registry import MetricsRegistry
from ape.settings import Settings


class Store(Handle):
    """Where queries and predictions are kept; ``settings`` say which database, else SQLite.

    ``state_dir`` is the folder of the SQLite file and of the outbox. What put_query() and
    put_prediction() acknowledge with "stored" is in the database; "queued" means PostgreSQL is
    away, and the write is in the outbox of this machine until it is back. Reads then raise
    UnavailableError. Every method waits for a disk or a server. ``metrics`` gets ape_store_*.

    >>> import tempfile
    >>> with Store(state_dir=tempfile.mkdtemp()) as store:
    ...     store.health()["backend"]
    'sqlite'
    """

    __slots__ = ()

    def __init__(self, settings: Optional[Settings] = None, *,
                 state_dir: Optional[Union[str, "os.PathLike[str]"]] = None,
                 statement_timeout_ms: int = 10000, metrics: Optional[MetricsRegistry] = None,
                 host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_store_options)
        options.settings = pointer_of(settings)
        options.state_dir = None if state_dir is None else os.fsencode(state_dir)
        options.statement_timeout_ms = statement_timeout_ms
        out = Out()
        check(library.ape_store_new, pointer_of(host), ctypes.byref(options), ctypes.byref(out))
        self._own(out, library.ape_store_free, host)
        if metrics is not None:
            check(library.ape_store_set_metrics, self._pointer, metrics._pointer)

    def put_query(self, answer: Mapping[str, Any]) -> str:
        """Keep a query in the form of an answer; one of the same id is replaced.

        Returns "stored" or "queued"."""
        text = json.dumps(answer).encode()
        place = ctypes.c_int32()
        check(library.ape_store_put_query, self._pointer, text, len(text), ctypes.byref(place))
        return _place(place)

    def get_query(self, query_id: str) -> Dict[str, Any]:
        """A past query with its answer; NotFoundError."""
        return self._read(library.ape_store_get_query, string(query_id, "query_id"))

    def queries(self, limit: int = 50, cursor: Optional[str] = None) -> Dict[str, Any]:
        """{"queries": [...], "next": cursor}, newest first, without their answers."""
        return self._read(library.ape_store_list_queries, limit, string(cursor, "cursor"))

    def put_prediction(self, *, ticker: str, as_of: str, target_date: str, low: float,
                       base: float, high: float, confidence: float, id: Optional[str] = None,
                       query_id: Optional[str] = None,
                       created_ms: int = 0) -> Tuple[str, str]:
        """Keep a price corridor: low <= base <= high > 0, that holds with ``confidence``.

        Returns its id, and "stored" or "queued". One of the same id is left as it is, so that a
        write may be repeated when its outcome is not known."""
        prediction = initialised(declarations.ape_prediction)
        for name, value in (("id", id), ("query_id", query_id), ("ticker", ticker),
                            ("as_of", as_of), ("target_date", target_date)):
            setattr(prediction, name, string(value, name))
        prediction.low, prediction.base, prediction.high = low, base, high
        prediction.confidence, prediction.created_ms = confidence, created_ms
        made, place = ctypes.create_string_buffer(65), ctypes.c_int32()
        check(library.ape_store_put_prediction, self._pointer, ctypes.byref(prediction), made,
              ctypes.byref(place))
        return made.value.decode(), _place(place)

    def predictions(self, *, ticker: Optional[str] = None, outcome: Optional[str] = None,
                    target_from: Optional[str] = None, target_to: Optional[str] = None,
                    limit: int = 50, cursor: Optional[str] = None) -> Dict[str, Any]:
        """{"predictions": [...], "next": cursor}, newest first.

        ``outcome`` is HIT, NEAR, MISS or PENDING; InvalidError names a field that is wrong."""
        filter = initialised(declarations.ape_prediction_filter)
        filter.limit = limit
        for name, value in (("ticker", ticker), ("outcome", outcome),
                            ("target_from", target_from), ("target_to", target_to),
                            ("cursor", cursor)):
            setattr(filter, name, string(value, name))
        return self._read(library.ape_store_list_predictions, ctypes.byref(filter))

    def latest_prediction(self, ticker: str) -> Dict[str, Any]:
        """The newest prediction of a ticker; NotFoundError."""
        return self._read(library.ape_store_latest_prediction, string(ticker, "ticker"))

    def corridor(self, ticker: str, start: Optional[str] = None,
                 end: Optional[str] = None) -> Dict[str, Any]:
        """For each target date from ``start`` to ``end`` its newest prediction, by date."""
        return self._read(library.ape_store_corridor, string(ticker, "ticker"),
                          string(start, "start"), string(end, "end"))

    def track_record(self, ticker: Optional[str] = None, start: Optional[str] = None,
                     end: Optional[str] = None) -> Dict[str, Any]:
        """How good the predictions were: hits, nears, misses, errors, calibration."""
        return self._read(library.ape_store_track_record, string(ticker, "ticker"),
                          string(start, "start"), string(end, "end"))

    def check_actuals(self, market: Market, today: Optional[str] = None) -> Dict[str, Any]:
        """Fill in what became of predictions whose target date has a price by now."""
        return self._read(library.ape_store_check_actuals, market._pointer,
                          string(today, "today"))

    def health(self) -> Dict[str, Any]:
        """{"backend", "state", "reason", "queued", "set_aside"}; never waits for a server."""
        return self._read(library.ape_store_health)

    def flush(self, timeout_ms: int = 10000) -> None:
        """Wait until the outbox is empty; DeadlineError if it is not in time."""
        check(library.ape_store_flush, self._pointer, timeout_ms)

    def _read(self, function: Callable[..., int], *arguments: Any) -> Dict[str, Any]:
        out = Out()
        check(function, self._pointer, *arguments, ctypes.byref(out))
        read: Dict[str, Any] = json.loads(take_text(out))
        return read


def _place(place: ctypes.c_int32) -> str:
    name: bytes = library.ape_store_place_name(place)
    return name.decode()
