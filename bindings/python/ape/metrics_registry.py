# SPDX-License-Identifier: MIT
"""Metrics for Prometheus, counted in the core."""
from __future__ import annotations

import ctypes
import functools
import math
from typing import Any, Callable, Dict, Generic, List, Optional, Sequence, Tuple, Type, TypeVar

from ape._native import (
    Handle,
    Out,
    check,
    declarations,
    initialised,
    library,
    string,
    take_text,
    unattended,
)
from ape.errors import InvalidError
from ape.host import Host, pointer_of


class _SeriesPointer(ctypes.c_void_p):
    """A series of the core; it belongs to its registry and keeps it alive."""

    registry: Any = None


class Counter:
    """A number that only grows. ``inc()`` counts one."""

    __slots__ = ("_series", "inc")

    def __init__(self, series: _SeriesPointer) -> None:
        self._series = series
        # The C function itself with its argument: nothing of Python lies in between.
        self.inc: Callable[[], None] = functools.partial(library.ape_counter_inc, series)

    def add(self, value: float) -> None:
        """Count more at once; InvalidError for a value that is negative or not finite."""
        _accept(library.ape_counter_add(self._series, value), value)

    @property
    def value(self) -> float:
        """What was counted so far, all threads together."""
        return float(library.ape_counter_value(self._series))


class Gauge:
    """A number that goes up and down. ``set(value)`` and ``add(difference)`` change it."""

    __slots__ = ("_series", "add", "set")

    def __init__(self, series: _SeriesPointer) -> None:
        self._series = series
        self.set: Callable[[float], None] = functools.partial(library.ape_gauge_set, series)
        self.add: Callable[[float], None] = functools.partial(library.ape_gauge_add, series)

    @property
    def value(self) -> float:
        """What it stands at."""
        return float(library.ape_gauge_value(self._series))


class Histogram:
    """How many observations were at or below each bound."""

    __slots__ = ("_series",)

    def __init__(self, series: _SeriesPointer) -> None:
        self._series = series

    def observe(self, value: float) -> None:
        """Count an observation, in the unit of the bounds; InvalidError if it is not finite."""
        _accept(library.ape_histogram_observe(self._series, value), value)

    @property
    def count(self) -> int:
        """Number of observations."""
        return int(library.ape_histogram_count(self._series))

    @property
    def sum(self) -> float:
        """Sum of the observations."""
        return float(library.ape_histogram_sum(self._series))


Series = TypeVar("Series", Counter, Gauge, Histogram)
_LOOK_UP: Dict[Type[Any], str] = {
    Counter: "ape_metric_family_get_counter",
    Gauge: "ape_metric_family_get_gauge",
    Histogram: "ape_metric_family_get_histogram",
}


class Family(Generic[Series]):
    """A name and its label names; ``labels()`` gives the series with these label values.

    >>> queries = MetricsRegistry().counter("queries_total", "Queries by outcome.", ["status"])
    >>> queries.labels("success").inc()
    """

    __slots__ = ("_kind", "_known", "_pointer")

    def __init__(self, pointer: _SeriesPointer, kind: Type[Series]) -> None:
        self._pointer = pointer
        self._kind: Type[Series] = kind
        self._known: Dict[Tuple[str, ...], Series] = {}

    def labels(self, *values: str) -> Series:
        """The series with these values, in the order of the label names; made if it is new."""
        series = self._known.get(values)
        if series is None:
            out = Out()
            check(getattr(library, _LOOK_UP[self._kind]), self._pointer, _strings(values),
                  ctypes.byref(out))
            series = self._kind(_series(out, self._pointer.registry))
            self._known[values] = series
        return series

    def set_function(self, function: Callable[[], float], *values: str) -> None:
        """Let a function give the value when the registry is written out; NaN: no value now.

        Counters and gauges only. It must return soon, and not use its own registry."""
        callback = declarations.ape_metric_callback(
            unattended(lambda _user: float(function()), math.nan))
        # Kept before it is set: from then on C may call it as long as the registry lives.
        self._pointer.registry.keep += (callback,)
        check(library.ape_metric_family_set_callback, self._pointer, _strings(values), callback,
              None)


class MetricsRegistry(Handle):
    """Families of metrics, and their text for Prometheus.

    ``max_series`` bounds each family; what comes after is counted in one series whose label
    values are "overflow". ``process_metrics``: also process_* as far as /proc tells.

    >>> registry = MetricsRegistry(process_metrics=False)
    >>> registry.counter("hits_total", "Hits.").labels().inc()
    >>> "hits_total 1" in registry.text()
    True
    """

    __slots__ = ()

    def __init__(self, *, max_series: int = 2000, process_metrics: bool = True,
                 host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_metrics_registry_options)
        options.max_series = max_series
        options.process_metrics = 1 if process_metrics else 0
        out = Out()
        check(library.ape_metrics_registry_new, pointer_of(host), ctypes.byref(options),
              ctypes.byref(out))
        self._own(out, library.ape_metrics_registry_free, host)

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> Family[Counter]:
        """Add a family of counters; its name ends in "_total". The same one twice is one."""
        return self._add("ape_metrics_registry_add_counter", Counter, name, help, labels)

    def gauge(self, name: str, help: str, labels: Sequence[str] = ()) -> Family[Gauge]:
        """Add a family of gauges."""
        return self._add("ape_metrics_registry_add_gauge", Gauge, name, help, labels)

    def histogram(self, name: str, help: str, labels: Sequence[str] = (),
                  bounds: Sequence[float] = ()) -> Family[Histogram]:
        """Add a family of histograms; ``bounds`` ascending, none: 0.005 to 10 (seconds)."""
        array = (ctypes.c_double * len(bounds))(*bounds) if bounds else None
        return self._add("ape_metrics_registry_add_histogram", Histogram, name, help, labels,
                         array, len(bounds))

    def info(self, name: str, help: str, values: Dict[str, str]) -> None:
        """Add a series that is always 1, whose labels say something; its name ends in "_info"."""
        check(library.ape_metrics_registry_add_info, self._pointer, string(name, "name"),
              string(help, "help"), _strings(list(values)), _strings(list(values.values())))

    def _add(self, function: str, kind: Type[Series], name: str, help: str,
             labels: Sequence[str], *bounds: Any) -> Family[Series]:
        owner, out = self._pointer, Out()
        check(getattr(library, function), owner, string(name, "name"), string(help, "help"),
              _strings(labels), *bounds, ctypes.byref(out))
        return Family(_series(out, owner), kind)

    def text(self, format: str = "text") -> str:
        """All metrics; ``format`` is "text" (Prometheus 0.0.4) or "openmetrics" (1.0.0)."""
        if format not in _FORMATS:
            raise ValueError(f"format is one of {', '.join(_FORMATS)}, not {format!r}")
        out = Out()
        check(library.ape_metrics_registry_to_text, self._pointer, _FORMATS[format],
              ctypes.byref(out))
        return take_text(out)

    def negotiated(self, accept: Optional[str]) -> Tuple[str, str]:
        """Content type and text for an HTTP Accept header."""
        wanted = library.ape_metrics_format_for_accept(string(accept, "accept"))
        name = next(name for name, number in _FORMATS.items() if number == wanted)
        content_type: bytes = library.ape_metrics_format_content_type(wanted)
        return content_type.decode(), self.text(name)


_FORMATS = {"text": declarations.APE_METRICS_TEXT,
            "openmetrics": declarations.APE_METRICS_OPENMETRICS}


def _series(out: Out, registry: Any) -> _SeriesPointer:
    pointer = _SeriesPointer(out.value)
    pointer.registry = registry
    return pointer


def _strings(values: Sequence[str]) -> Any:
    """A list of C strings ended by NULL; NULL for an empty one."""
    if not values:
        return None
    encoded: List[Optional[bytes]] = [string(value, "a label") for value in values]
    return (ctypes.c_char_p * (len(encoded) + 1))(*encoded, None)


def _accept(status: int, value: float) -> None:
    if status != declarations.APE_OK:
        raise InvalidError(f"{value!r} cannot be counted")
