# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import queue

import ape
import pytest
from ape.bus import Position, listen


def test_messages_reach_subscribers() -> None:
    heard: "queue.Queue[ape.bus.Event]" = queue.Queue()
    with ape.Bus() as bus, bus.subscribe("news", heard.put) as subscription:
        assert subscription.recovered
        bus.publish("news", "hello")
        bus.publish("news", b"\x00\xff")
        first, second = heard.get(timeout=30), heard.get(timeout=30)
        assert (first.kind, first.channel, first.data) == ("message", "news", b"hello")
        assert second.data == b"\x00\xff" and second.position.offset == first.position.offset + 1
        assert [m["data"] for m in bus.history("news")["messages"]][0] == "hello"
        assert bus.health()["backend"] == "memory"
        bus.flush()


def test_who_comes_back_gets_what_it_missed() -> None:
    heard: "queue.Queue[ape.bus.Event]" = queue.Queue()
    bus = ape.Bus()
    with bus.subscribe("news", heard.put):
        bus.publish("news", "one")
        seen = heard.get(timeout=30).position
    bus.publish("news", "two")
    with bus.subscribe("news", heard.put, since=seen) as again:
        assert again.recovered
        assert heard.get(timeout=30).data == b"two"
    with bus.subscribe("news", heard.put, since=Position("another-epoch", 1)) as lost:
        assert not lost.recovered


async def test_events_on_the_loop() -> None:
    bus = ape.Bus()

    async def first() -> bytes:
        async for event in listen(bus, "news"):
            return event.data
        return b""

    task = asyncio.create_task(first())
    await asyncio.sleep(0.05)
    bus.publish("news", "hello")
    assert await asyncio.wait_for(task, 5) == b"hello"


def test_presence_and_work() -> None:
    bus = ape.Bus()
    bus.join("me", {"since": 1})
    assert bus.presence()["members"] == {"me": {"since": 1}}
    bus.leave("me")
    assert bus.presence()["members"] == {}
    bus.put_job("work", "job-1", "data")
    with pytest.raises(ape.StateError):
        bus.put_job("work", "job-1", b"data")
    with bus.take_job("work") as job:
        assert (job.id, job.data) == ("job-1", b"data")
        job.extend()
        job.finish("done")
    assert bus.outcome("work", "job-1") == "done"
    with pytest.raises(ape.DeadlineError):
        bus.take_job("work", wait_ms=1)


def test_bad_arguments() -> None:
    with pytest.raises(ape.InvalidError):
        ape.Bus().publish("bad channel", "x")
    with pytest.raises(TypeError, match="no option 'colour'"):
        ape.Bus(colour=1)
    with pytest.raises(ape.InvalidError):
        ape.Bus(ape.Settings({"REDIS_URL": "gopher://x"}, environment=False))
    bus = ape.Bus()
    subscription = bus.subscribe("c", print)
    bus.close()
    subscription.close()
