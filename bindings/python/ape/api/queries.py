# SPDX-License-Identifier: MIT
"""Queries: started, watched while they run, kept when they end."""
from __future__ import annotations

import asyncio
import collections
import datetime
import json
import logging
import os
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

import ape
from ape.api import problems
from ape.api.problems import Problem
from ape.api.services import QUEUE, WORKERS, Services

logger = logging.getLogger("ape.api")
KEPT = 512
CHANNEL = "queries"
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

    def __init__(self, ask: Ask, publish: Callable[[Dict[str, Any]], None]) -> None:
        self.id = make_id()
        self._publish = publish
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
        """Hand an event to those who watch this query, and to those who watch all."""
        self._publish({"query_id": self.id, **_in_brief(kind, data), "type": kind})
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
        query = Query(ask, self._publish)
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

    def _publish(self, event: Dict[str, Any]) -> None:
        try:
            self._services.bus.publish(CHANNEL, json.dumps(event))
        except ape.ApeError as error:
            logger.warning("an event was not published: %s", error)

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
            on_stage=query.enter, query_id=query.id)
        return answer.data

    def _count(self, status: str, query: Query) -> None:
        self._services.monitoring.record_query(status, time.monotonic() - query.begun)


def _in_brief(kind: str, data: Dict[str, Any]) -> Dict[str, Any]:
    """An answer is told to everybody as its sentence alone."""
    if kind != "answer":
        return data
    return {"status": data["status"], "answer": data["answer"]}


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
