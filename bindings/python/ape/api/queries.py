# SPDX-License-Identifier: MIT
"""Queries: started, watched while they run, kept when they end."""
from __future__ import annotations

import asyncio
import collections
import datetime
import logging
import os
import time
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

import ape
from ape.api import problems
from ape.api.problems import Problem
from ape.api.services import QUEUE, WORKERS, Services

logger = logging.getLogger("ape.api")
KEPT = 512
COUNTED_AS = {"verified": "success", "undefined": "undefined", "refused": "refused",
              "failed": "error"}
Event = Tuple[str, Dict[str, Any]]


class Ask(NamedTuple):
    """What a client asks for."""

    question: str
    as_of: Optional[str] = None
    provider: Optional[str] = None
    timeout_ms: int = 0


class Query:
    """One run of a question."""

    def __init__(self, ask: Ask) -> None:
        self.id = make_id()
        self.ask = ask
        self.status = "running"
        self.stage: Optional[str] = None
        self.created = self.updated = now()
        self.answer: Optional[Dict[str, Any]] = None
        self.problem: Optional[Problem] = None
        self.begun = time.monotonic()
        self._watchers: List["asyncio.Queue[Optional[Event]]"] = []
        self.ended = asyncio.Event()

    def watch(self) -> "asyncio.Queue[Optional[Event]]":
        """Events from now on; None at the end."""
        queue: "asyncio.Queue[Optional[Event]]" = asyncio.Queue()
        self._watchers.append(queue)
        return queue

    def tell(self, kind: str, data: Dict[str, Any]) -> None:
        """Hand an event to those who watch."""
        for watcher in self._watchers:
            watcher.put_nowait((kind, data))

    def enter(self, stage: str) -> None:
        """A stage begins."""
        self.stage, self.updated = stage, now()
        self.tell("stage", {"query_id": self.id, "stage": stage,
                            "elapsed_ms": round((time.monotonic() - self.begun) * 1000)})

    def end(self, status: str, answer: Optional[Dict[str, Any]] = None,
            problem: Optional[Problem] = None) -> None:
        """It came to its end."""
        self.status, self.stage, self.updated = status, None, now()
        self.answer, self.problem = answer, problem
        if answer is not None:
            self.tell("answer", answer)
        elif problem is not None:
            self.tell("error", {"title": problems.KINDS[problem.status].title,
                                "status": problem.status, "detail": problem.detail,
                                "query_id": self.id})
        for watcher in self._watchers:
            watcher.put_nowait(None)
        self.ended.set()

    def record(self) -> Dict[str, Any]:
        """What GET /api/query/{id} says of it."""
        return {"query_id": self.id, "question": self.ask.question, "status": self.status,
                "stage": self.stage, "created": self.created, "updated": self.updated,
                "answer": self.answer}


class Queries:
    """The queries of one process: those that run, and the newest of those that ended."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kept: "collections.OrderedDict[str, Query]" = collections.OrderedDict()
        self._tasks: Set["asyncio.Task[None]"] = set()

    def start(self, ask: Ask) -> Query:
        """Begin a query; Problem if too many are waiting."""
        if len(self._tasks) >= WORKERS + QUEUE:
            raise Problem(503, "every worker is busy and the queue is full; try again")
        query = Query(ask)
        self._kept[query.id] = query
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        task = asyncio.create_task(self._run(query))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return query

    async def record(self, query_id: str) -> Dict[str, Any]:
        """A running or past query; Problem 404."""
        query = self._kept.get(query_id)
        if query is not None:
            return query.record()
        store = self._services.store
        try:
            if store is not None:
                return {"stage": None, **await self._services.run(store.get_query, query_id)}
        except (ape.NotFoundError, ape.InvalidError):
            pass
        raise Problem(404, "there is no query with this id")

    async def drain(self, timeout_s: float) -> None:
        """Wait for what is running."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout_s)

    async def _run(self, query: Query) -> None:
        try:
            answer = await self._ask(query)
        except Exception as error:
            logger.warning("query %s: %s", query.id, error)
            self._count("timeout" if isinstance(error, ape.DeadlineError) else "error", query)
            query.end("failed", problem=problems.problem_of(error))
            return
        self._count(COUNTED_AS[answer["status"]], query)
        query.end(answer["status"], answer)

    async def _ask(self, query: Query) -> Dict[str, Any]:
        ask = query.ask
        answer = await self._services.orchestrator.aquery(
            ask.question, as_of=ask.as_of, provider=ask.provider, timeout_ms=ask.timeout_ms,
            on_stage=query.enter)
        data = {**answer.data, "query_id": query.id}
        await self._services.run(self._keep, data)
        return data

    def _count(self, status: str, query: Query) -> None:
        self._services.monitoring.record_query(status, time.monotonic() - query.begun)

    def _keep(self, data: Dict[str, Any]) -> None:
        """Write the answer down, and the prediction that it made. What cannot be written is
        logged: the client still gets its answer, with no prediction_id."""
        store = self._services.store
        if store is None:
            return
        try:
            found = prediction_in(data)
            if found is not None:
                data["prediction_id"], _ = store.put_prediction(**found)
            store.put_query(data)
        except ape.ApeError as error:
            logger.error("query %s could not be kept: %s", data["query_id"], error)


def prediction_in(answer: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """A prediction is an answer that knows ticker, target date, corridor and confidence."""
    result = answer.get("result") or {}
    values = {**(result.get("values") or {}), result.get("metric"): result.get("value")}
    tickers = result.get("tickers")
    tickers = [tickers] if isinstance(tickers, str) else tickers or []
    numbers = {name: values.get(key) for name, key in (
        ("low", "price_low"), ("base", "price_base"), ("high", "price_high"),
        ("confidence", "confidence"))}
    as_of = (answer.get("provenance") or {}).get("as_of")
    known = (answer["status"] == "verified" and len(tickers) == 1 and as_of
             and isinstance(values.get("target_date"), str)
             and all(isinstance(number, (int, float)) for number in numbers.values()))
    if not known:
        return None
    return {"id": answer["query_id"], "query_id": answer["query_id"], "ticker": tickers[0],
            "as_of": as_of, "target_date": values["target_date"], **numbers}


def now() -> str:
    """This moment, as the answers write it."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def make_id() -> str:
    """RFC 9562, version 7: sorted by the time of its making."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (7 << 76)
    value = (value & ~(3 << 62)) | (2 << 62)
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
