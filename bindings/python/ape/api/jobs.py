# SPDX-License-Identifier: MIT
"""Questions that nobody waits for, shared by all servers of one Redis.

The queue "queries" holds what was asked; the channel "query:ID" tells how far a query is; the
outcome of a job is the query's record. ``ape-server`` does the same: either takes the other's.
"""
from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional

import ape
from ape.bus import Job

QUEUE = "queries"
RUNNERS = 2
LEASE_MS, WAIT_MS, KEEP_S, AWAY_S, FLUSH_MS, FINISH_TRIES = 15000, 1000, 4.0, 1.0, 1000, 20
logger = logging.getLogger("ape.api")
Record = Dict[str, Any]
Asked = Dict[str, Any]
Tell = Callable[[Record], None]


class Jobs:
    """Takes ``RUNNERS`` questions at a time and has them answered by ``answer(id, asked, tell)``,
    which calls ``tell(record)`` whenever it is a step further.

    What waits for Redis does so on threads of its own.
    """

    def __init__(self, bus: ape.Bus,
                 answer: Callable[[str, Asked, Tell], Awaitable[Record]]) -> None:
        self._bus, self._answer = bus, answer
        self._threads = concurrent.futures.ThreadPoolExecutor(RUNNERS + 4, "ape-jobs")
        self._closing = False
        self._runners: List["asyncio.Task[None]"] = []

    def start(self) -> None:
        """Begin to take questions."""
        self._runners = [asyncio.create_task(self._take_jobs()) for _ in range(RUNNERS)]

    async def close(self) -> None:
        """Take no more, and finish what was taken."""
        self._closing = True
        await asyncio.gather(*self._runners, return_exceptions=True)
        self._threads.shutdown(wait=True)

    async def put(self, record: Record, asked: Asked) -> bool:
        """Hand a question to whoever takes it first; False: Redis is away."""
        # The record first: whoever learns of the id may look for it at once.
        self.tell(record)
        try:
            await self._call(self._bus.flush, FLUSH_MS)
            await self._call(self._bus.put_job, QUEUE, record["query_id"], json.dumps(asked))
        except (ape.UnavailableError, ape.DeadlineError, ape.LimitError):
            return False
        return True

    def tell(self, record: Record) -> None:
        """Let all servers know how far a query is."""
        try:
            self._bus.publish(f"query:{record['query_id']}", json.dumps(record))
        except ape.ApeError as error:
            logger.warning("the state of a query was not told: %s", error)

    async def record(self, query_id: str) -> Optional[Record]:
        """What is known of a query, whichever server has it; None: nothing."""
        try:
            return await self._outcome(query_id)
        except ape.StateError:
            return await self._last_told(query_id)
        except (ape.NotFoundError, ape.UnavailableError, ape.InvalidError):
            return None

    async def _outcome(self, query_id: str) -> Optional[Record]:
        outcome: Record = json.loads(await self._call(self._bus.outcome, QUEUE, query_id))
        if "error" not in outcome:
            return outcome
        # Given up: it took down every server that tried.
        told = await self._last_told(query_id)
        return told and {**told, "status": "failed", "stage": None}

    async def _last_told(self, query_id: str) -> Optional[Record]:
        told = await self._call(self._bus.history, f"query:{query_id}", 1)
        if not told["messages"]:
            return None
        record: Record = json.loads(told["messages"][0]["data"])
        return record

    async def _take_jobs(self) -> None:
        while not self._closing:
            try:
                with await self._call(self._bus.take_job, QUEUE, lease_ms=LEASE_MS,
                                      wait_ms=WAIT_MS) as job:
                    await self._run(job)
            except ape.DeadlineError:
                continue  # there was none
            except ape.ApeError as error:
                logger.debug("no job was taken: %s", error)
                await asyncio.sleep(AWAY_S)

    async def _run(self, job: Job) -> None:
        keeper = asyncio.create_task(self._keep_lease(job))
        try:
            outcome = await self._answer(job.id, json.loads(job.data), self.tell)
        except (ValueError, KeyError, TypeError) as error:
            # Without an outcome it is tried again, and given up in the end.
            logger.warning("job %s makes no sense: %s", job.id, error)
            return
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        await self._finish(job, json.dumps(outcome))

    async def _keep_lease(self, job: Job) -> None:
        """A question may take longer than any lease should."""
        while True:
            await asyncio.sleep(KEEP_S)
            with contextlib.suppress(ape.ApeError):
                await self._call(job.extend)

    async def _finish(self, job: Job, outcome: str) -> None:
        for _ in range(FINISH_TRIES):
            try:
                await self._call(job.finish, outcome)
                return
            except ape.StateError:
                return  # another server was faster
            except ape.UnavailableError:
                await asyncio.sleep(AWAY_S)
        logger.warning("job %s: its outcome never reached Redis", job.id)

    async def _call(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: function(*arguments, **keywords))
