# SPDX-License-Identifier: MIT
"""Messages by channel, who is there, and a queue of work: in this process, or over Redis."""
from __future__ import annotations

import asyncio
import ctypes
import json
from typing import Any, AsyncIterator, Callable, Dict, NamedTuple, Optional, Union

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
from ape.host import Host, pointer_of
from ape.metrics_registry import MetricsRegistry
from ape.settings import Settings


class Position(NamedTuple):
    """A place in a channel. The epoch changes when history may have been lost."""

    epoch: str
    offset: int


class Event(NamedTuple):
    """What a subscriber is told.

    ``kind`` is "message", or "gap": messages may be missing before this. ``degraded``: Redis is
    away, and only this process knows of the message."""

    kind: str
    channel: str
    id: str
    position: Position
    data: bytes
    degraded: bool


class Bus(Handle):
    """Publishes and subscribes; ``settings`` name the Redis, without one all stays in memory.

    A subscriber that comes back with the position of the last message it saw gets all that it
    missed, in order, or is told that it cannot have it all. While Redis is away, messages reach
    the subscribers of this process at once, and everybody else when it is back. Publishing never
    waits; subscribing with a position, presence and work do, two seconds at most. ``metrics`` gets
    ape_bus_*.

    >>> bus = Bus()
    >>> bus.publish("news", "hello")
    >>> bus.history("news")["messages"][0]["data"]
    'hello'
    """

    __slots__ = ()

    def __init__(self, settings: Optional[Settings] = None, *,
                 metrics: Optional[MetricsRegistry] = None, host: Optional[Host] = None,
                 **options: int) -> None:
        filled = initialised(declarations.ape_bus_options)
        for name, value in options.items():
            if name not in ("history_count", "history_ms", "presence_ms", "queue_count"):
                raise TypeError(f"Bus has no option {name!r}")
            setattr(filled, name, value)
        filled.settings = pointer_of(settings)
        out = Out()
        check(library.ape_bus_new, pointer_of(host), ctypes.byref(filled), ctypes.byref(out))
        self._own(out, library.ape_bus_free, host)
        if metrics is not None:
            check(library.ape_bus_set_metrics, self._pointer, metrics._pointer)

    def publish(self, channel: str, data: Union[str, bytes]) -> None:
        """Number a message and deliver it. LimitError: too many messages wait for Redis."""
        content = data.encode() if isinstance(data, str) else data
        check(library.ape_bus_publish, self._pointer, string(channel, "channel"), content,
              len(content))

    def flush(self, timeout_ms: int = 5000) -> None:
        """Wait until Redis has what was published so far; DeadlineError."""
        check(library.ape_bus_flush, self._pointer, timeout_ms)

    def subscribe(self, channel: str, on_event: Callable[[Event], None],
                  since: Optional[Position] = None) -> "Subscription":
        """Have ``on_event`` called on the thread of the bus, for what comes after ``since``."""
        return Subscription(self, channel, on_event, since)

    def history(self, channel: str, limit: int = 100) -> Dict[str, Any]:
        """The latest messages, oldest first: {"channel", "epoch", "messages": [...]}."""
        return self._read(library.ape_bus_history, string(channel, "channel"), limit)

    def join(self, member: str, info: Any = None, channel: Optional[str] = None) -> None:
        """Say that a member is there; channel None: the server as a whole (ws:connections)."""
        told = None if info is None else json.dumps(info)
        check(library.ape_bus_join, self._pointer, string(channel, "channel"),
              string(member, "member"), string(told, "info"))

    def leave(self, member: str, channel: Optional[str] = None) -> None:
        """Say that a member has gone."""
        check(library.ape_bus_leave, self._pointer, string(channel, "channel"),
              string(member, "member"))

    def presence(self, channel: Optional[str] = None) -> Dict[str, Any]:
        """Who is there: {"members": {MEMBER: INFO}, "degraded"}."""
        return self._read(library.ape_bus_presence, string(channel, "channel"))

    def health(self) -> Dict[str, Any]:
        """{"backend", "state", "reason", "queued", ...}; never waits."""
        return self._read(library.ape_bus_health)

    def put_job(self, queue: str, id: str, data: Union[str, bytes]) -> None:
        """Put a job into a queue, once; StateError if that id was put before."""
        content = data.encode() if isinstance(data, str) else data
        check(library.ape_bus_put_job, self._pointer, string(queue, "queue"), string(id, "id"),
              content, len(content))

    def take_job(self, queue: str, *, lease_ms: int = 60000, wait_ms: int = 1000) -> "Job":
        """Take a job for ``lease_ms``; DeadlineError if there is none within ``wait_ms``."""
        out = Out()
        check(library.ape_bus_take_job, self._pointer, string(queue, "queue"), lease_ms, wait_ms,
              ctypes.byref(out))
        return Job(self, out)

    def outcome(self, queue: str, id: str) -> str:
        """The outcome of a job; StateError: not finished yet; NotFoundError."""
        out = Out()
        check(library.ape_bus_get_outcome, self._pointer, string(queue, "queue"),
              string(id, "id"), ctypes.byref(out))
        return take_text(out)

    def _read(self, function: Callable[..., int], *arguments: Any) -> Dict[str, Any]:
        out = Out()
        check(function, self._pointer, *arguments, ctypes.byref(out))
        read: Dict[str, Any] = json.loads(take_text(out))
        return read


class Subscription(Handle):
    """Events of a channel, until it is closed. ``recovered`` is False where history did not reach
    back to the position that was asked for."""

    __slots__ = ("recovered",)

    def __init__(self, bus: Bus, channel: str, on_event: Callable[[Event], None],
                 since: Optional[Position]) -> None:
        callback = declarations.ape_bus_on_event(unattended(_event_reader(on_event)))
        start, recovered, out = None, ctypes.c_bool(True), Out()
        if since is not None:
            start = ctypes.byref(declarations.ape_bus_position(since.epoch.encode(),
                                                               since.offset))
        owner = bus._pointer
        check(library.ape_bus_subscribe, owner, string(channel, "channel"), start, callback, None,
              ctypes.byref(recovered), ctypes.byref(out))
        self.recovered = since is None or recovered.value
        self._own(out, library.ape_bus_unsubscribe, callback, owner)


async def listen(bus: Bus, channel: str,
                 since: Optional[Position] = None) -> AsyncIterator[Event]:
    """Events of a channel on the event loop, without a thread for each subscriber.

    >>> async def first(bus):
    ...     async for event in listen(bus, "news"):
    ...         return event.data
    """
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Event]()

    def tell(event: Event) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event)

    with bus.subscribe(channel, tell, since):
        while True:
            yield await queue.get()


class Job(Handle):
    """A job that this worker has taken, until its lease ends."""

    __slots__ = ("data", "id")

    def __init__(self, bus: Bus, out: Out) -> None:
        self._own(out, library.ape_job_free, bus._pointer)
        self.id: str = library.ape_job_id(out).decode()
        self.data: bytes = ctypes.string_at(library.ape_job_data(out),
                                            library.ape_job_data_size(out))

    def extend(self) -> None:
        """Begin the lease anew; StateError if the job is another's by now."""
        check(library.ape_job_extend, self._pointer)

    def finish(self, outcome: Union[str, bytes]) -> None:
        """Give the outcome; StateError if there was one already."""
        content = outcome.encode() if isinstance(outcome, str) else outcome
        check(library.ape_job_finish, self._pointer, content, len(content))


def _event_reader(on_event: Callable[[Event], None]) -> Callable[..., None]:
    def told(_user: Optional[int], pointer: Any) -> None:
        event = pointer.contents
        kind = "gap" if event.kind == declarations.APE_BUS_GAP else "message"
        data = ctypes.string_at(event.data, event.data_size) if event.data_size else b""
        on_event(Event(kind, event.channel.decode(), (event.id or b"").decode(),
                       Position(event.position.epoch.decode(), event.position.offset), data,
                       bool(event.degraded)))
    return told
