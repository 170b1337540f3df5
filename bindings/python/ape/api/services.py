# SPDX-License-Identifier: MIT
"""The parts that an application is made of, each made when it is first needed."""
from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import logging
import socket
import threading
from typing import Any, Callable, List, Optional, TypeVar

import ape
from ape.api import checks
from ape.api.auth import Keys
from ape.api.config import Settings
from ape.api.http_metrics import HttpMetrics
from ape.api.rate_limit import RateLimit

logger = logging.getLogger("ape.api")
Result = TypeVar("Result")
WORKERS = 8
QUEUE = 64
RATE = (1200, 60)


class Services:
    """Made from the settings; close() gives back what was made.

    ``rate`` is (requests, seconds) for each client, None: no limit. Thread-safe.
    """

    def __init__(self, settings: Settings, rate: Optional["tuple[int, int]"] = RATE) -> None:
        self.settings = settings
        self.keys = Keys(settings.core)
        self.origins: List[str] = settings.CORS_ORIGINS
        self.rate_limit = None if rate is None else RateLimit(*rate)
        self.host = ape.Host(logger=logging.getLogger("ape"))
        self.registry = ape.MetricsRegistry(host=self.host)
        self.http_metrics = HttpMetrics(self.registry)
        self.pool = concurrent.futures.ThreadPoolExecutor(WORKERS, "ape-api")
        self._lock = threading.RLock()
        self._made: List[Any] = []

    def _keep(self, part: Result) -> Result:
        self._made.append(part)
        return part

    def _once(self, name: str, make: Callable[[], Result]) -> Result:
        with self._lock:
            if name not in self.__dict__:
                self.__dict__[name] = self._keep(make())
            part: Result = self.__dict__[name]
            return part

    @property
    def market(self) -> ape.Market:
        return self._once("_market", lambda: ape.Market(self.settings.APE_DATA_DIR,
                                                        host=self.host))

    @property
    def price_feed(self) -> Optional[ape.PriceFeed]:
        """None without a folder of its own, or where that may only be read."""
        return self._once("_price_feed", self._open_price_feed)

    def _open_price_feed(self) -> Optional[ape.PriceFeed]:
        folder = self.settings.APE_DATA_DIR
        try:
            return ape.PriceFeed(folder, settings=self.settings.core,
                                 host=self.host) if folder else None
        except ape.InputOutputError:
            return None

    @property
    def llm_client(self) -> ape.LLMClient:
        return self._once("_llm_client", lambda: ape.LLMClient(
            self.settings.core, metrics=self.registry, host=self.host,
            share=self.bus if self.settings.LLM_BREAKERS_SHARED else None))

    @property
    def lineage(self) -> ape.Lineage:
        return self._once("_lineage", lambda: ape.Lineage(
            self.settings.core, metrics=self.registry, host=self.host))

    @property
    def sandbox(self) -> ape.Sandbox:
        return self._once("_sandbox", lambda: ape.Sandbox(
            self.market, python_path=self.settings.APE_PYTHON, metrics=self.registry,
            host=self.host))

    @property
    def orchestrator(self) -> ape.Orchestrator:
        return self._once("_orchestrator", lambda: ape.Orchestrator(
            self.settings.core, llm_client=self.llm_client, market=self.market,
            sandbox=self.sandbox, store=self.store, lineage=self.lineage, metrics=self.registry,
            workers=WORKERS, host=self.host))

    @property
    def store(self) -> Optional[ape.Store]:
        """None where the library was built without a database."""
        return self._once("_store", self._open_store)

    def _open_store(self) -> Optional[ape.Store]:
        try:
            return ape.Store(self.settings.core, metrics=self.registry, host=self.host)
        except ape.UnsupportedError:
            return None

    @property
    def bus(self) -> ape.Bus:
        return self._once("_bus", lambda: ape.Bus(
            self.settings.core, metrics=self.registry, host=self.host))

    @property
    def notifier(self) -> Optional[ape.Notifier]:
        """None where nobody is to be told."""
        return self._once("_notifier", self._open_notifier)

    def _open_notifier(self) -> Optional[ape.Notifier]:
        webhook = self.settings.SLACK_WEBHOOK_URL
        return ape.Notifier(webhook, source=f"ape on {socket.gethostname()}",
                            metrics=self.registry, host=self.host) if webhook else None

    @property
    def health(self) -> ape.HealthChecker:
        return self._once("_health", self._start_checks)

    def _start_checks(self) -> ape.HealthChecker:
        checker = ape.HealthChecker(metrics=self.registry, notifier=self.notifier, host=self.host)
        checks.add_checks(checker, self)
        return checker

    async def run(self, function: Callable[..., Result], *arguments: Any,
                  **keywords: Any) -> Result:
        """Call something that waits, on a thread of the pool."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self.pool, functools.partial(function, *arguments, **keywords))

    def open(self) -> None:
        """Make what requests need, so that a mistake shows at the start."""
        self.orchestrator  # noqa: B018
        self.bus  # noqa: B018
        self.health  # noqa: B018

    def reload(self) -> None:
        """Take clients' keys and the chain of models from ``.env`` as it is now. Settings that
        are not allowed are logged, and all stays as it was."""
        try:
            fresh = Settings()
            self.llm_client.reload(fresh.core)
        except ape.ApeError as error:
            logger.error("not reloaded; going on with the old settings: %s", error)
            return
        checks.remove_models(self.health, self.settings)
        checks.add_models(self.health, self.llm_client, fresh)
        self.settings, self.keys = fresh, Keys(fresh.core)
        logger.warning("reloaded")

    def close(self) -> None:
        """Give back what was made, the newest first."""
        self.pool.shutdown(wait=True)
        while self._made:
            part = self._made.pop()
            if part is not None:
                part.close()
