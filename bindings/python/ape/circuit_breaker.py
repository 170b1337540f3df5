# SPDX-License-Identifier: MIT
"""Stop calling a service that keeps failing, and try it again once it has had a while."""
from __future__ import annotations

import asyncio
import ctypes
import functools
import inspect
from typing import Any, Callable, Dict, Optional, Tuple, Type, TypeVar, Union

from ape._native import (
    Handle,
    Out,
    callback_type,
    check,
    declarations,
    initialised,
    library,
    unattended,
)
from ape.errors import UnavailableError
from ape.host import Host, pointer_of

Function = TypeVar("Function", bound=Callable[..., Any])
Exceptions = Union[Type[BaseException], Tuple[Type[BaseException], ...]]
_STATES = {
    declarations.APE_CIRCUIT_BREAKER_CLOSED: "closed",
    declarations.APE_CIRCUIT_BREAKER_OPEN: "open",
    declarations.APE_CIRCUIT_BREAKER_HALF_OPEN: "half_open",
}
_MODES = {
    "automatic": declarations.APE_CIRCUIT_BREAKER_AUTOMATIC,
    "forced_open": declarations.APE_CIRCUIT_BREAKER_FORCED_OPEN,
    "forced_closed": declarations.APE_CIRCUIT_BREAKER_FORCED_CLOSED,
    "disabled": declarations.APE_CIRCUIT_BREAKER_DISABLED,
    "observe": declarations.APE_CIRCUIT_BREAKER_OBSERVE,
}
_REASONS = ("failures", "slowness", "rejection", "time", "probe", "hand", "fellow")
_OnEvent = callback_type(declarations.ape_circuit_breaker_options, "on_event")


class CircuitBreakerOpen(UnavailableError):
    """No call was made: the service is resting, for ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"the circuit breaker is open; try again in {retry_after:.3g} s")
        self.retry_after = retry_after


class Ticket(declarations.ape_circuit_breaker_ticket):
    """Leave for one call; from acquire(), for report() or cancel()."""

    __slots__ = ()


class CircuitBreaker(Handle):
    """Opens after ``failure_threshold`` failures in a row, for ``timeout`` seconds; then lets
    trial calls through, and closes once ``probe_count`` of them have succeeded.

    ``expected``: exceptions that count as failures; others are passed on and say nothing of the
    service. ``on_change(from, to, reason)`` is told of every change, on the thread that caused
    it. ``options`` are further fields of ape_circuit_breaker_options, as ``window_size=50``.

    >>> breaker = CircuitBreaker(failure_threshold=5, timeout=60)
    >>> breaker.state
    'closed'
    >>> @breaker
    ... def service(x):
    ...     return x + 1
    >>> service(1)
    2
    """

    __slots__ = ("_expected",)

    def __init__(self, failure_threshold: int = 5, timeout: float = 60, *, probe_count: int = 1,
                 expected: Exceptions = Exception,
                 on_change: Optional[Callable[[str, str, str], None]] = None,
                 host: Optional[Host] = None, **options: int) -> None:
        filled = initialised(declarations.ape_circuit_breaker_options)
        _set(filled, failure_threshold=failure_threshold, open_ms=round(timeout * 1000),
             probe_count=probe_count, **options)
        callback = None
        if on_change is not None:
            callback = _OnEvent(unattended(_event_teller(on_change)))
            filled.on_event = callback
        out = Out()
        check(library.ape_circuit_breaker_new, pointer_of(host), ctypes.byref(filled),
              ctypes.byref(out))
        self._own(out, library.ape_circuit_breaker_free, host, callback)
        self._expected = expected

    @property
    def state(self) -> str:
        """"closed", "open" or "half_open"."""
        return _STATES[library.ape_circuit_breaker_get_state(self._pointer)]

    @property
    def retry_after(self) -> float:
        """Seconds until a call can next be admitted; 0 if it can now."""
        return float(library.ape_circuit_breaker_retry_after_ms(self._pointer)) / 1000

    def stats(self) -> Dict[str, Any]:
        """Totals since it was made: successes, failures, not_permitted, openings, ..."""
        stats = declarations.ape_circuit_breaker_stats()
        stats.size = ctypes.sizeof(stats)
        library.ape_circuit_breaker_get_stats(self._pointer, ctypes.byref(stats))
        return {name: getattr(stats, name) for name, *_ in stats._fields_
                if name not in ("size", "reserved")}

    def set_mode(self, mode: str) -> None:
        """Who decides: automatic, forced_open, forced_closed, disabled or observe."""
        if mode not in _MODES:
            raise ValueError(f"mode is one of {', '.join(_MODES)}, not {mode!r}")
        library.ape_circuit_breaker_set_mode(self._pointer, _MODES[mode])

    def reset(self) -> None:
        """Closed, and nothing remembered but the totals."""
        library.ape_circuit_breaker_reset(self._pointer)

    def acquire(self) -> Ticket:
        """Leave for one call; CircuitBreakerOpen if the service is resting."""
        owned, ticket = self._owned, Ticket()
        if owned is None:
            raise self._closed_error()
        if _acquire(owned, ticket) != declarations.APE_OK:
            raise CircuitBreakerOpen(self.retry_after)
        return ticket

    def report(self, ticket: Ticket, ok: bool = True) -> None:
        """Say how the call went. A late report, from before a change of state, is ignored."""
        owned = self._owned
        if owned is None:
            raise self._closed_error()
        _report(owned, ticket, 0 if ok else 1)

    def report_rejected(self, ticket: Ticket, retry_after: float) -> None:
        """The service asked to be left alone (Retry-After): open at once, for so many seconds."""
        library.ape_circuit_breaker_report_rejected(self._pointer, ctypes.byref(ticket),
                                                    round(retry_after * 1000))

    def cancel(self, ticket: Ticket) -> None:
        """Give the ticket back: the call was not made, or nobody waits for its end."""
        library.ape_circuit_breaker_cancel(self._pointer, ctypes.byref(ticket))

    def _report_error(self, ticket: Ticket, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self.cancel(ticket)
        elif isinstance(error, self._expected):
            self.report(ticket, ok=False)
        else:
            _report(self._pointer, ticket, declarations.APE_CIRCUIT_BREAKER_IGNORED)

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function, sync or async, and count how it went.

        A sync function runs on the event loop, so it should be short."""
        ticket = self.acquire()
        try:
            result = function(*args, **kwargs)
            if inspect.isawaitable(result):
                result = await result
        except BaseException as error:
            self._report_error(ticket, error)
            raise
        self.report(ticket)
        return result

    def call_sync(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """call() for code that does not await."""
        ticket = self.acquire()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            self._report_error(ticket, error)
            raise
        self.report(ticket)
        return result

    def __call__(self, function: Function) -> Function:
        """Decorate a function, sync or async."""
        if inspect.iscoroutinefunction(function):
            @functools.wraps(function)
            async def guarded(*args: Any, **kwargs: Any) -> Any:
                return await self.call(function, *args, **kwargs)
        else:
            @functools.wraps(function)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                return self.call_sync(function, *args, **kwargs)
        return guarded  # type: ignore[return-value]


_acquire = library.ape_circuit_breaker_acquire
_report = library.ape_circuit_breaker_report


def _set(options: Any, **values: int) -> None:
    names = {name for name, *_ in options._fields_} - {"size", "on_event", "user", "reserved"}
    for name, value in values.items():
        if name not in names:
            raise TypeError(f"CircuitBreaker has no option {name!r}")
        if value < 0:
            raise ValueError(f"{name} must not be negative")
        setattr(options, name, value)


def _event_teller(on_change: Callable[[str, str, str], None]) -> Callable[..., None]:
    def told(_user: Optional[int], event: Any) -> None:
        change = event.contents
        on_change(_STATES[getattr(change, "from")], _STATES[change.to], _REASONS[change.reason])
    return told
