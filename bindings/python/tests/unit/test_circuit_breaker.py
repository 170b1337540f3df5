# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import sys

import ape
import pytest
from ape.resilience.circuit_breaker import CircuitBreaker, CircuitBreakerOpen


class Clock:
    """Time that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000

    def __call__(self) -> int:
        return self.now


def failing() -> None:
    raise ConnectionError("down")


async def failing_later() -> None:
    await asyncio.sleep(0)
    raise ConnectionError("down")


async def test_opens_rests_and_closes_again() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failure_threshold=5, timeout=60, host=ape.Host(now_ms=clock))
    assert breaker.state == "closed"
    for _ in range(5):
        with pytest.raises(ConnectionError):
            await breaker.call(failing_later)
    assert breaker.state == "open"
    with pytest.raises(CircuitBreakerOpen, match="try again in 60 s") as refused:
        await breaker.call(failing_later)
    assert refused.value.retry_after == 60.0
    clock.now += 60000
    assert await breaker.call(lambda value, plus=0: value + plus, 1, plus=2) == 3
    assert breaker.state == "closed"
    assert breaker.stats()["openings"] == 1


def test_decorates_sync_functions() -> None:
    breaker = CircuitBreaker(2, 60)
    guarded = breaker(failing)
    assert guarded.__name__ == "failing"
    for _ in range(2):
        with pytest.raises(ConnectionError):
            guarded()
    with pytest.raises(CircuitBreakerOpen):
        guarded()


async def test_decorates_async_functions() -> None:
    breaker = CircuitBreaker(1, 60)
    guarded = breaker(failing_later)
    assert asyncio.iscoroutinefunction(guarded)
    with pytest.raises(ConnectionError):
        await guarded()
    with pytest.raises(CircuitBreakerOpen):
        await guarded()


async def test_a_cancelled_call_says_nothing_of_the_service() -> None:
    breaker = CircuitBreaker(1, 60)
    task = asyncio.create_task(breaker.call(asyncio.sleep, 60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert breaker.state == "closed"
    assert breaker.stats()["cancelled"] == 1


def test_other_exceptions_are_ignored() -> None:
    breaker = CircuitBreaker(1, 60, expected=(ConnectionError,))
    with pytest.raises(KeyError):
        breaker.call_sync({}.__getitem__, "x")
    assert breaker.state == "closed"
    assert breaker.stats()["ignored"] == 1


def test_a_service_may_ask_to_be_left_alone() -> None:
    breaker = CircuitBreaker()
    breaker.report_rejected(breaker.acquire(), retry_after=30)
    assert breaker.state == "open"
    assert 29 < breaker.retry_after <= 30


def test_changes_are_told() -> None:
    changes = []
    breaker = CircuitBreaker(1, 60, on_change=lambda *change: changes.append(change))
    breaker.report(breaker.acquire(), ok=False)
    breaker.reset()
    assert changes == [("closed", "open", "failures"), ("open", "closed", "hand")]


def test_a_listener_that_raises_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)

    def listener(*_change: str) -> None:
        raise RuntimeError("deaf")

    breaker = CircuitBreaker(1, 60, on_change=listener)
    breaker.report(breaker.acquire(), ok=False)
    assert breaker.state == "open"
    assert [str(event.exc_value) for event in seen] == ["deaf"]


def test_modes() -> None:
    breaker = CircuitBreaker()
    breaker.set_mode("forced_open")
    with pytest.raises(CircuitBreakerOpen):
        breaker.acquire()
    breaker.set_mode("automatic")
    breaker.cancel(breaker.acquire())
    with pytest.raises(ValueError, match="mode is one of"):
        breaker.set_mode("ajar")


@pytest.mark.parametrize(("arguments", "message"), [
    ({"failure_threshold": 0}, "failure_threshold"),
    ({"timeout": -1}, "open_ms"),
    ({"probe_count": 33}, "probe_count"),
])
def test_bad_options_are_named(arguments: "dict[str, int]", message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CircuitBreaker(**arguments)


def test_an_unknown_option_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="no option 'colour'"):
        CircuitBreaker(colour=3)
    with pytest.raises(TypeError):
        CircuitBreaker("five")  # type: ignore[arg-type]


def test_a_closed_breaker_is_not_called() -> None:
    breaker = CircuitBreaker()
    ticket = breaker.acquire()
    breaker.close()
    with pytest.raises(ape.ClosedError):
        breaker.report(ticket)
