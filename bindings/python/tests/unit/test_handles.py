# SPDX-License-Identifier: MIT
"""Objects of the core are freed once, in any order, and never used after."""
from __future__ import annotations

import gc
import logging
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading
from typing import Any, Callable, Dict

import ape
import pytest

MAKERS: Dict[str, Callable[[], Any]] = {
    "Host": ape.Host,
    "Market": ape.Market,
    "Settings": lambda: ape.Settings(environment=False),
    "CircuitBreaker": ape.CircuitBreaker,
    "MetricsRegistry": lambda: ape.MetricsRegistry(process_metrics=False),
    "CodeSanitizer": ape.CodeSanitizer,
    "LLMClient": ape.LLMClient,
    "Sandbox": ape.Sandbox,
    "Orchestrator": ape.Orchestrator,
    "PriceFeed": lambda: ape.PriceFeed(tempfile.gettempdir()),
    "Bus": ape.Bus,
    "Store": lambda: ape.Store(state_dir=os.environ["APE_STATE_DIR"]),
    "HealthChecker": ape.HealthChecker,
    "Notifier": lambda: ape.Notifier("https://127.0.0.1:9/make-believe"),
}
USES: Dict[str, Callable[[Any], Any]] = {
    "Market": lambda market: market.newest_date(),
    "Settings": lambda settings: settings.get("ENVIRONMENT"),
    "CircuitBreaker": lambda breaker: breaker.acquire(),
    "MetricsRegistry": lambda registry: registry.text(),
    "CodeSanitizer": lambda sanitizer: sanitizer.sanitize("x = 1"),
    "LLMClient": lambda client: client.generate("hello"),
    "Sandbox": lambda sandbox: sandbox.run("print(1)"),
    "Orchestrator": lambda orchestrator: orchestrator.query("hello"),
    "PriceFeed": lambda feed: feed.put("SHOP", ""),
    "Bus": lambda bus: bus.publish("news", "hello"),
    "Store": lambda store: store.health(),
    "HealthChecker": lambda checker: checker.report(),
    "Notifier": lambda notifier: notifier.flush(),
}
#: Their use takes milliseconds, or ends in an error.
SLOW = ("LLMClient", "Orchestrator", "PriceFeed", "Sandbox")


@pytest.mark.parametrize("name", MAKERS)
def test_closing_is_final_and_may_be_repeated(name: str) -> None:
    with MAKERS[name]() as handle:
        assert not handle.closed
    assert handle.closed
    handle.close()
    with pytest.raises(ape.ClosedError, match=f"this {name} is closed"), handle:
        pass


@pytest.mark.parametrize("name", USES)
def test_a_closed_object_says_so(name: str) -> None:
    handle = MAKERS[name]()
    handle.close()
    with pytest.raises(ape.ClosedError, match=f"this {name} is closed"):
        USES[name](handle)


def test_handles_are_not_pickled() -> None:
    with pytest.raises(TypeError, match="belongs to this process"):
        pickle.dumps(ape.CircuitBreaker())


def test_parts_may_go_first() -> None:
    host = ape.Host(logger=logging.getLogger("ape"))
    market = ape.Market(host=host)
    sandbox = ape.Sandbox(market, host=host)
    host.close()
    market.close()
    del market
    gc.collect()
    sandbox.close()


def test_a_child_of_a_fork_gets_its_own() -> None:
    market = ape.Market()
    child = os.fork()
    if child == 0:
        try:
            market.newest_date()
        except ape.ClosedError as error:
            told = "before this process was forked" in str(error)
            fresh = ape.Market().newest_date() == "2022-12-28"
            os._exit(0 if told and fresh else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert market.newest_date() == "2022-12-28"


def test_live_objects_at_the_end_of_the_process() -> None:
    code = """
import ape, threading, time
keep = [ape.Market(), ape.CircuitBreaker(on_change=print), ape.MetricsRegistry(),
        ape.Host(now_ms=lambda: 1)]
keep.append(keep)
def use():
    while True:
        keep[0].tickers()
threading.Thread(target=use, daemon=True).start()
time.sleep(0.1)
"""
    run = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert run.returncode == 0, run.stderr
    assert "Fatal" not in run.stderr


def test_requests_under_way_at_the_end_of_the_process() -> None:
    code = """
import ape, asyncio, socket
silent = socket.create_server(("127.0.0.1", 0))
client = ape.LLMClient(ape.Settings({
    "LLM_CHAIN": "silent", "SILENT_API_KEY": "make-believe-key", "SILENT_MODEL": "none",
    "SILENT_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/v1"}, environment=False))
loop = asyncio.new_event_loop()
task = loop.create_task(client.agenerate("is anybody there?"))
loop.run_until_complete(asyncio.sleep(0.3))
print("leaving")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and run.stdout == "leaving\n", run.stderr
    assert "Fatal" not in run.stderr


def test_closing_while_another_thread_is_inside() -> None:
    errors = []

    def use(market: ape.Market) -> None:
        try:
            while True:
                market.tickers()
        except ape.ClosedError:
            pass
        except Exception as error:
            errors.append(error)

    for _ in range(20):
        market = ape.Market()
        thread = threading.Thread(target=use, args=(market,))
        thread.start()
        market.tickers()
        market.close()
        thread.join()
    assert not errors


def resident_bytes() -> int:
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("name", MAKERS)
def test_memory_is_flat_over_many_lives(name: str) -> None:
    count = int(os.environ.get("APE_TEST_CYCLES", "3000"))

    use = USES.get(name, id) if name not in SLOW else id

    def live(times: int) -> None:
        for _ in range(times):
            with MAKERS[name]() as handle:
                use(handle)

    live(max(500, count // 4))
    before = resident_bytes()
    live(count)
    assert resident_bytes() - before < 2 * 1024 * 1024


def test_a_log_that_raises_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)

    def clock() -> int:
        raise RuntimeError("no time")

    breaker = ape.CircuitBreaker(1, 60, host=ape.Host(now_ms=clock))
    breaker.report(breaker.acquire(), ok=False)
    assert breaker.state == "open"
    assert seen and isinstance(seen[0].exc_value, RuntimeError)
