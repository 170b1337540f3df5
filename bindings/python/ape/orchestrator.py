# SPDX-License-Identifier: MIT
"""A question in plain words goes in; a number that was really computed comes out."""
from __future__ import annotations

import asyncio
import concurrent.futures
import ctypes
import json
from typing import Any, Callable, Dict, Optional

from ape._native import (
    Guarded,
    Handle,
    Out,
    callback_type,
    check,
    declarations,
    initialised,
    library,
    string,
    take_text,
)
from ape.code_sanitizer import CodeSanitizer
from ape.host import Host, pointer_of
from ape.lineage import Lineage
from ape.llm_client import LLMClient
from ape.market import Market
from ape.metrics_registry import MetricsRegistry
from ape.sandbox import Sandbox
from ape.settings import Settings
from ape.store import Store

_STATUSES = ("verified", "undefined", "refused", "failed")
_OnStage = callback_type(declarations.ape_query_options, "on_stage")


class Answer:
    """What came of a question. ``status`` is verified, undefined, refused or failed; ``data`` is
    the whole answer as it is in JSON (docs/answer.md)."""

    def __init__(self, data: Dict[str, Any]) -> None:
        self.data = data
        self.query_id: str = data["query_id"]
        self.status: str = data["status"]
        self.sentence: str = data["answer"]
        result = data.get("result") or {}
        self.metric: Optional[str] = result.get("metric")
        self.value: Any = result.get("value")
        self.unit: Optional[str] = result.get("unit")
        self.values: Dict[str, Any] = result.get("values") or {}
        self.code: Optional[str] = data.get("code")

    @property
    def ok(self) -> bool:
        """True for a verified number."""
        return self.status == "verified"

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"<Answer {self.status}: {self.sentence}>"


class Orchestrator(Handle):
    """Answers questions: plan, sanitize, execute, gate.

    Parts that are not given are made from ``settings``; without settings: the builtin planner and
    the sample prices. Queries and predictions are kept in ``store``; ``lineage``
    tells where answers come from. ``metrics`` gets
    ape_queries_total, ape_latency_seconds, ape_stage_seconds and ape_accuracy. ``workers`` bounds
    how many queries aquery() runs at the same time.

    >>> with Orchestrator() as orchestrator:
    ...     answer = orchestrator.query("Calculate the Sharpe ratio for AAPL in 2021")
    ...     answer.status, answer.metric
    ('verified', 'sharpe_ratio')
    """

    __slots__ = ("_executor", "_workers")

    def __init__(self, settings: Optional[Settings] = None, *,
                 llm_client: Optional[LLMClient] = None,
                 sanitizer: Optional[CodeSanitizer] = None, market: Optional[Market] = None,
                 sandbox: Optional[Sandbox] = None, store: Optional[Store] = None,
                 lineage: Optional[Lineage] = None,
                 metrics: Optional[MetricsRegistry] = None, workers: int = 8,
                 host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_orchestrator_options)
        parts = {"settings": settings, "llm_client": llm_client, "sanitizer": sanitizer,
                 "market": market, "sandbox": sandbox, "store": store, "lineage": lineage}
        for name, part in parts.items():
            setattr(options, name, pointer_of(part))
        out = Out()
        check(library.ape_orchestrator_new, pointer_of(host), ctypes.byref(options),
              ctypes.byref(out))
        self._own(out, library.ape_orchestrator_free, host, *parts.values())
        if metrics is not None:
            check(library.ape_orchestrator_set_metrics, self._pointer, metrics._pointer)
        self._workers = workers
        self._executor: Optional[concurrent.futures.ThreadPoolExecutor] = None

    def query(self, question: str, *, as_of: Optional[str] = None,
              provider: Optional[str] = None, timeout_ms: int = 0, wall_ms: int = 10000,
              on_stage: Optional[Callable[[str], None]] = None,
              query_id: Optional[str] = None) -> Answer:
        """Ask a question and wait for its answer; "no" is an answer, not an error.

        ``as_of`` as "2022-12-28" (default: the newest date of the market); ``provider``: this
        link of the chain alone; ``timeout_ms``: the whole query, 0 for the settings' own;
        ``wall_ms``: one execution; ``on_stage`` is told "plan", "sanitize", "execute", "gate";
        ``query_id``: for a caller that must know it before the answer.
        Raises InvalidError for an empty or too long question, or an option out of range.
        """
        stage = Guarded(_stage_names(on_stage))
        options = initialised(declarations.ape_query_options)
        options.as_of, options.provider = string(as_of, "as_of"), string(provider, "provider")
        options.timeout_ms, options.wall_ms = timeout_ms, wall_ms
        options.query_id = string(query_id, "query_id")
        if on_stage is not None:
            options.on_stage = _OnStage(stage)
        text = question.encode()
        out = Out()
        check(library.ape_orchestrator_query, self._pointer, text, len(text),
              ctypes.byref(options), ctypes.byref(out))
        answer = _take_answer(out)
        stage.raise_kept()
        return answer

    async def aquery(self, question: str, *, as_of: Optional[str] = None,
                     provider: Optional[str] = None, timeout_ms: int = 0, wall_ms: int = 10000,
                     on_stage: Optional[Callable[[str], None]] = None,
                     query_id: Optional[str] = None) -> Answer:
        """query() that is awaited. ``on_stage`` is called on the event loop."""
        loop = asyncio.get_running_loop()
        told = None if on_stage is None else _on_loop(loop, on_stage)
        return await loop.run_in_executor(self._pool(), lambda: self.query(
            question, as_of=as_of, provider=provider, timeout_ms=timeout_ms, wall_ms=wall_ms,
            on_stage=told, query_id=query_id))

    def set_accuracy(self, window: str, accuracy: float) -> None:
        """Show a share of right answers, 0 to 1, as ape_accuracy{window}."""
        check(library.ape_orchestrator_set_accuracy, self._pointer, string(window, "window"),
              accuracy)

    def check_actuals(self, today: Optional[str] = None) -> Dict[str, Any]:
        """Fill in what became of predictions, by the prices of the market, and show the share of
        hits as ape_accuracy. ``today``: predictions for later dates are left alone; None: the
        newest date. StateError without a store."""
        out = Out()
        check(library.ape_orchestrator_check_actuals, self._pointer, string(today, "today"),
              ctypes.byref(out))
        report: Dict[str, Any] = json.loads(take_text(out))
        return report

    def _pool(self) -> concurrent.futures.ThreadPoolExecutor:
        self._pointer  # noqa: B018  a closed orchestrator starts no threads
        if self._executor is None:
            self._executor = concurrent.futures.ThreadPoolExecutor(self._workers, "ape-query")
        return self._executor

    def close(self) -> None:
        """Give the orchestrator up. Queries that are still running end first."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False)
        super().close()


def _stage_names(on_stage: Optional[Callable[[str], None]]) -> Callable[..., None]:
    def told(_user: Optional[int], stage: int) -> None:
        if on_stage is not None:
            on_stage(library.ape_stage_name(stage).decode())
    return told


def _on_loop(loop: asyncio.AbstractEventLoop,
             function: Callable[[str], None]) -> Callable[[str], None]:
    def told(stage: str) -> None:
        loop.call_soon_threadsafe(function, stage)
    return told


def _take_answer(answer: Out) -> Answer:
    try:
        return Answer(json.loads(library.ape_answer_json(answer)))
    finally:
        library.ape_answer_free(answer)


def query(question: str, *, as_of: Optional[str] = None, provider: Optional[str] = None) -> Answer:
    """Ask one question, with settings from the environment. For several, keep an Orchestrator.

    >>> query("What was the last price of MSFT?").status
    'verified'
    """
    with Settings(dotenv=".env") as settings, Orchestrator(settings) as orchestrator:
        return orchestrator.query(question, as_of=as_of, provider=provider)
