# SPDX-License-Identifier: MIT
"""Is the process alive, may it get work, and how are the services it leans on?"""
from __future__ import annotations

import ctypes
import itertools
import json
import os
from typing import Any, Callable, Dict, Optional, Union

from ape._native import (
    Handle,
    Out,
    callback_type,
    check,
    declarations,
    initialised,
    library,
    string,
    take_text,
    unattended,
)
from ape.bus import Bus
from ape.host import Host, pointer_of
from ape.llm_client import LLMClient
from ape.market import Market
from ape.metrics_registry import MetricsRegistry
from ape.notifier import Notifier
from ape.sandbox import Sandbox
from ape.store import Store

_STATUSES = ("healthy", "degraded", "unhealthy", "unknown")
_FORMATS = {
    "detailed": declarations.APE_HEALTH_DETAILED,
    "health+json": declarations.APE_HEALTH_JSON,
}
_OnChange = callback_type(declarations.ape_health_checker_options, "on_change")
_UserFree = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

#: Probes that the core may still call: one that hangs outlives its checker.
_probes: Dict[int, Any] = {}
_numbers = itertools.count(1)


def _forget(number: int) -> None:
    _probes.pop(number, None)


_forget_in_c = _UserFree(_forget)


class HealthChecker(Handle):
    """Runs checks in the background; whoever asks reads what the last runs found.

    ``metrics`` gets ape_health_* metrics. ``on_change(name, from, to, message)`` is told when
    the status of a check changes, on a thread of the checker; or a ``notifier`` tells people of
    it. ``heartbeat_ms``: a process whose
    last beat() is longer ago is not alive; 0: no beats are expected.

    >>> with HealthChecker() as checker:
    ...     checker.is_live
    True
    """

    __slots__ = ()

    def __init__(self, *, metrics: Optional[MetricsRegistry] = None, workers: int = 4,
                 heartbeat_ms: int = 0,
                 on_change: Optional[Callable[[str, str, str, str], None]] = None,
                 notifier: Optional[Notifier] = None,
                 host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_health_checker_options)
        options.workers, options.heartbeat_ms = workers, heartbeat_ms
        options.metrics = pointer_of(metrics)
        callback = None
        if on_change is not None and notifier is not None:
            raise TypeError("HealthChecker takes on_change or notifier, not both")
        if notifier is not None:
            options.on_change = ctypes.cast(library.ape_notifier_tell_health, _OnChange)
            options.user = notifier._pointer
        if on_change is not None:
            callback = _OnChange(unattended(_change_teller(on_change)))
            options.on_change = callback
        out = Out()
        check(library.ape_health_checker_new, pointer_of(host), ctypes.byref(options),
              ctypes.byref(out))
        self._own(out, library.ape_health_checker_free, host, metrics, callback,
                  notifier and notifier._pointer)

    def add(self, name: str, probe: Callable[[], Optional[str]], **options: Any) -> None:
        """Add a check of the program's own, run on a thread of the checker.

        The probe returns None if all is well, a sentence if somebody should look (degraded), and
        raises what is wrong (unhealthy). Options of every check: ``critical`` (not ready without
        it), ``period_ms``, ``timeout_ms``, ``rise`` and ``fall`` (runs in a row until it counts).
        """
        number = next(_numbers)
        callback = declarations.ape_health_probe(unattended(_probe_caller(probe)))
        _probes[number] = callback
        try:
            check(library.ape_health_checker_add, self._pointer, string(name, "name"),
                  _check_options(options), callback, number, _forget_in_c)
        except BaseException:
            _forget(number)
            raise

    def add_postgres(self, name: str, address: str, **options: Any) -> None:
        """PostgreSQL answers a query; ``address`` is a URL or "host=... dbname=..."."""
        self._add(library.ape_health_checker_add_postgres, name, address, options)

    def add_redis(self, name: str, url: str, **options: Any) -> None:
        """Redis answers PING."""
        self._add(library.ape_health_checker_add_redis, name, url, options)

    def add_sqlite(self, name: str, path: Union[str, "os.PathLike[str]"], **options: Any) -> None:
        """A SQLite database can be read."""
        self._add(library.ape_health_checker_add_sqlite, name, os.fspath(path), options)

    def add_http(self, name: str, url: str, **options: Any) -> None:
        """A GET of a URL gives a status from 200 to 399."""
        self._add(library.ape_health_checker_add_http, name, url, options)

    def add_disk(self, name: str, path: Union[str, "os.PathLike[str]"], min_free_bytes: int,
                 **options: Any) -> None:
        """The file system of a path has so much left for us."""
        check(library.ape_health_checker_add_disk, self._pointer, string(name, "name"),
              os.fsencode(path), min_free_bytes, _check_options(options))

    def add_neo4j(self, name: str, url: str, *, user: Optional[str] = None,
                  password: Optional[str] = None, **options: Any) -> None:
        """Neo4j answers over HTTP, and takes the password."""
        check(library.ape_health_checker_add_neo4j, self._pointer, string(name, "name"),
              string(url, "url"), string(user, "user"), string(password, "password"),
              _check_options(options))

    def add_llm_provider(self, client: LLMClient, provider: str, *, ask: bool = False,
                         **options: Any) -> None:
        """A model of a client's chain, by its circuit breaker; the check has the provider's name.

        ``ask``: it is also asked for its list of models, over the network."""
        check(library.ape_health_checker_add_llm_provider, self._pointer, client._pointer,
              string(provider, "provider"), ask, _check_options(options))

    def add_sandbox(self, name: str, sandbox: Sandbox, **options: Any) -> None:
        """A program of one line runs. Give it a ``timeout_ms`` of 20000: the first run is slow."""
        self._add_part(library.ape_health_checker_add_sandbox, name, sandbox, options)

    def add_market(self, name: str, market: Market, *, max_age_days: int = 0,
                   **options: Any) -> None:
        """There are prices, the newest not older than that; 0: their age does not matter."""
        check(library.ape_health_checker_add_market, self._pointer, string(name, "name"),
              market._pointer, max_age_days, _check_options(options))

    def add_store(self, name: str, store: Store, **options: Any) -> None:
        """Degraded while the database is away, and writes are queued on this machine."""
        self._add_part(library.ape_health_checker_add_store, name, store, options)

    def add_bus(self, name: str, bus: Bus, **options: Any) -> None:
        """Degraded while Redis is away."""
        self._add_part(library.ape_health_checker_add_bus, name, bus, options)
        self._pointer.keep += (bus._pointer,)

    def remove(self, name: str) -> None:
        """Take a check out; NotFoundError."""
        check(library.ape_health_checker_remove, self._pointer, string(name, "name"))

    def _add_part(self, function: Callable[..., int], name: str, part: Handle,
                  options: Dict[str, Any]) -> None:
        check(function, self._pointer, string(name, "name"), part._pointer,
              _check_options(options))

    def _add(self, function: Callable[..., int], name: str, target: str,
             options: Dict[str, Any]) -> None:
        check(function, self._pointer, string(name, "name"), string(target, "the target"),
              _check_options(options))

    def run_due(self) -> int:
        """Run what is due on this thread, for a checker with no workers; ms until the next."""
        return int(library.ape_health_checker_run_due(self._pointer))

    def beat(self) -> None:
        """The program's main loop goes round."""
        library.ape_health_checker_beat(self._pointer)

    def set_draining(self, draining: bool = True) -> None:
        """The process is about to end: not ready from now on."""
        library.ape_health_checker_set_draining(self._pointer, draining)

    @property
    def is_live(self) -> bool:
        """True unless beats are expected and stay away."""
        return bool(library.ape_health_checker_is_live(self._pointer))

    @property
    def is_ready(self) -> bool:
        """Not draining, and no critical check is unhealthy or unknown."""
        return bool(library.ape_health_checker_is_ready(self._pointer))

    @property
    def status(self) -> str:
        """healthy, degraded or unhealthy: all checks together."""
        return _STATUSES[library.ape_health_checker_get_status(self._pointer)]

    def report(self, format: str = "detailed") -> Dict[str, Any]:
        """All checks; ``format`` is "detailed" or "health+json"."""
        if format not in _FORMATS:
            raise ValueError(f"format is one of {', '.join(_FORMATS)}, not {format!r}")
        out = Out()
        check(library.ape_health_checker_to_json, self._pointer, _FORMATS[format],
              ctypes.byref(out))
        report: Dict[str, Any] = json.loads(take_text(out))
        return report


def _check_options(options: Dict[str, Any]) -> Any:
    filled = initialised(declarations.ape_health_check_options)
    names = {name for name, *_ in filled._fields_} - {"size"}
    for name, value in options.items():
        if name not in names:
            raise TypeError(f"a check has no option {name!r}")
        setattr(filled, name, int(value))
    return ctypes.byref(filled)


def _probe_caller(probe: Callable[[], Optional[str]]) -> Callable[..., None]:
    def call(_user: Optional[int], _timeout_ms: int, result: Any) -> None:
        try:
            message, status = probe(), declarations.APE_HEALTH_DEGRADED
        except Exception as error:
            message = str(error) or type(error).__name__
            status = declarations.APE_HEALTH_UNHEALTHY
        if message:
            result.contents.status = status
            result.contents.message = message.encode()[:239].decode("utf-8", "ignore").encode()
    return call


def _change_teller(on_change: Callable[[str, str, str, str], None]) -> Callable[..., None]:
    def told(_user: Optional[int], name: bytes, old: int, new: int, message: bytes) -> None:
        on_change(name.decode(), _STATUSES[old], _STATUSES[new],
                  message.decode("utf-8", "replace"))
    return told
