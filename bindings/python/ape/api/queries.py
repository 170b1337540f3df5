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
from ape.api.jobs import Jobs
from ape.api.problems import Problem
from ape.api.services import QUEUE, WORKERS, Services

logger = logging.getLogger("ape.api")
KEPT = 512
CHANNEL = "queries"
Event = Tuple[str, Dict[str, Any]]


class Ask(NamedTuple):
    """What a client asks for."""

    question: str
    as_of: Optional[str] = None
    provider: Optional[str] = None
    timeout_ms: int = 0


class Query:
    """One run of a question."""

    def __init__(self, ask: Ask, publish: Callable[[Dict[str, Any]], None],
                 share: Optional[Callable[[Dict[str, Any]], None]] = None,
                 id: Optional[str] = None, created: Optional[str] = None) -> None:
        self.id = id or make_id()
        self._publish = publish
        self._share = share
        self.ask = ask
        self.status = "running"
        self.stage: Optional[str] = None
        self.created = self.updated = created or now()
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
        if self._share is not None:
            self._share(self.record())
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
    """The queries of one process: those that run, and the newest of those that ended; with Redis
    also those that nobody waits for, of all processes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        core = services.settings.core
        self._jobs = None  # without Redis there is nobody to share with
        if core.get("REDIS_URL") or core.get("REDIS_HOST"):
            self._jobs = Jobs(services.bus, self._answer_job)
        self._kept: "collections.OrderedDict[str, Query]" = collections.OrderedDict()
        self._tasks: Set["asyncio.Task[None]"] = set()

    def start(self, ask: Ask) -> Query:
        """Begin a query; Problem if too many are waiting."""
        if len(self._tasks) >= WORKERS + QUEUE:
            raise Problem(503, "every worker is busy and the queue is full; try again")
        query = Query(ask, self._publish)
        self._keep(query)
        task = asyncio.create_task(self._run(query))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return query

    def open(self) -> None:
        """Begin to take what nobody waits for."""
        if self._jobs is not None:
            self._jobs.start()

    async def start_unattended(self, ask: Ask) -> str:
        """Begin a query that nobody waits for, here or on any server that shares our Redis; its
        id. Problem if too many are waiting."""
        if self._jobs is not None:
            query = Query(ask, self._publish)
            asked = {**ask._asdict(), "created": query.created}
            asked["query"] = asked.pop("question")
            if await self._jobs.put(query.record(), asked):
                return query.id
        return self.start(ask).id

    async def _answer_job(self, query_id: str, asked: Dict[str, Any],
                          tell: Callable[[Dict[str, Any]], None]) -> Dict[str, Any]:
        """Answer a question that some server put into the queue."""
        ask = Ask(asked["query"], asked["as_of"], asked["provider"], int(asked["timeout_ms"]))
        query = Query(ask, self._publish, tell, query_id, asked["created"])
        self._keep(query)
        await self._run(query)
        return query.record()

    def _keep(self, query: Query) -> None:
        self._kept[query.id] = query
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    async def record(self, query_id: str) -> Dict[str, Any]:
        """A running or past query; Problem 404."""
        query = self._kept.get(query_id)
        if query is not None:
            return query.record()
        shared = await self._jobs.record(query_id) if self._jobs is not None else None
        if shared is not None:
            return shared
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
        """Take no more jobs, and wait for what is running."""
        waiting: Set["asyncio.Task[None]"] = set(self._tasks)
        if self._jobs is not None:
            waiting.add(asyncio.create_task(self._jobs.close()))
        if waiting:
            await asyncio.wait(waiting, timeout=timeout_s)

    async def _run(self, query: Query) -> None:
        try:
            answer = await self._ask(query)
        except Exception as error:
            logger.warning("query %s: %s", query.id, error)
            query.end("failed", problem=problems.problem_of(error))
            return
        query.end(answer["status"], answer)

    async def _ask(self, query: Query) -> Dict[str, Any]:
        ask = query.ask
        answer = await self._services.orchestrator.aquery(
            ask.question, as_of=ask.as_of, provider=ask.provider, timeout_ms=ask.timeout_ms,
            on_stage=query.enter, query_id=query.id)
        return answer.data


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
