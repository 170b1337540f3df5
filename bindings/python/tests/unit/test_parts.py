# SPDX-License-Identifier: MIT
"""Market, sandbox, sanitizer, store, health checker and host, each alone."""
from __future__ import annotations

import logging
import math
import pathlib
import sys
import threading
import time
from typing import Iterator

import ape
import pytest


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ape.Sandbox]:
    with ape.Sandbox(ape.Market()) as made:
        yield made


def test_market_lists_what_it_has() -> None:
    market = ape.Market()
    apple = next(entry for entry in market.tickers() if entry["ticker"] == "AAPL")
    assert apple["rows"] > 1000
    series = market.series("AAPL", start="2021-01-04", end="2021-01-08")
    assert series["dates"][0] == "2021-01-04" and len(series["close"]) == 5
    assert all(price > 0 for price in series["close"])


def test_market_names_what_is_wrong(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ape.NotFoundError, match="/no/such/folder"):
        ape.Market("/no/such/folder")
    (tmp_path / "BAD.csv").write_text("Date,Close\n2021-01-04,zero\n")
    with pytest.raises(ape.FormatError, match="BAD.csv"):
        ape.Market(tmp_path).tickers()
    with pytest.raises(ape.NotFoundError, match="NONE"):
        ape.Market().series("NONE")
    with pytest.raises(ape.InvalidError, match="start"):
        ape.Market().series("AAPL", start="soon")


def test_market_as_a_frame() -> None:
    pandas = pytest.importorskip("pandas", reason="the extra pandas is not installed")
    frame = ape.Market().frame()
    assert isinstance(frame, pandas.DataFrame) and "AAPL" in frame.index


def test_a_price_feed_fills_a_market(tmp_path: pathlib.Path) -> None:
    settings = ape.Settings({"APE_DATA_SOURCES": "yahoo", "YAHOO_URL": "http://127.0.0.1:9"},
                            environment=False)
    feed = ape.PriceFeed(tmp_path, settings=settings, retries=0)
    outcome = feed.put("ABC", "Date,Close\n2021-01-04,10\n",
                       actions="Date,Dividends\n2021-01-04,1\n")
    assert (outcome["status"], outcome["rows"], outcome["actions"]) == ("imported", 1, 1)
    market = ape.Market(tmp_path)
    feed.put("DEF", b"Date,Close\n2021-01-05,10\n")
    assert [entry["ticker"] for entry in market.tickers()] == ["ABC"]
    market.reload()
    assert [entry["ticker"] for entry in market.tickers()] == ["ABC", "DEF"]
    report = feed.fetch(["GHI"], start="2021-01-04")
    assert report["failed"] == 1 and report["tickers"][0]["reason"] == "unavailable"
    with pytest.raises(ape.StateError):
        feed.put("ABC", "Date,Close\n2021-01-04,10\n")
    with pytest.raises(ape.FormatError, match="line 2"):
        feed.put("ABC", "Date,Close\n2021-01-04,ten\n", replace=True)
    with pytest.raises(ape.InvalidError):
        feed.fetch(["../ABC"])


def test_sandbox_runs_programs(sandbox: ape.Sandbox) -> None:
    result = sandbox.run("import sys\nprint('out')\nprint('err', file=sys.stderr)", seed=3)
    assert result.ok and result.stdout == "out\n" and result.stderr == "err\n"
    assert result.stdout_bytes == b"out\n" and result.exit_code == 0
    assert result.data["isolation"]["level"] in ("A", "B")
    assert "ok" in repr(result)


def test_sandbox_says_why_a_run_ended(sandbox: ape.Sandbox) -> None:
    assert sandbox.run("raise SystemExit(3)").exit_code == 3
    assert sandbox.run("1 / 0").reason == "error"
    assert sandbox.run("while True: pass", wall_ms=200).reason in ("wall", "cpu")
    assert sandbox.run("print('x' * 10000)", output_bytes=100).reason == "output"
    refused = sandbox.run("import socket; socket.create_connection(('127.0.0.1', 9))")
    assert not refused.ok


def test_sandbox_prices_stop_at_the_date(sandbox: ape.Sandbox) -> None:
    code = ("import yfinance\n"
            "print(yfinance.Ticker('AAPL').history(period='max').index[-1].date())")
    result = sandbox.run(code, as_of="2021-06-30")
    assert result.stdout == "2021-06-30\n", result.stderr


def test_sandbox_names_bad_options(sandbox: ape.Sandbox) -> None:
    with pytest.raises(ape.InvalidError, match="wall_ms"):
        sandbox.run("pass", wall_ms=0)
    with pytest.raises(ape.InvalidError):
        sandbox.run("")
    with pytest.raises(ValueError, match="min_level"):
        ape.Sandbox(min_level="C")
    with pytest.raises(ape.NotFoundError), ape.Sandbox(helper_path="/no/such/ape-vee") as other:
        other.run("pass")


def test_sanitizer_repairs_and_rejects() -> None:
    sanitizer = ape.CodeSanitizer()
    outcome = sanitizer.check("Here:\n```python\nprint(1)\n```\n")
    assert outcome.ok and outcome.code == "print(1)\n" and outcome.reason is None
    rejected = sanitizer.check("import os\nos.system('ls')\n")
    assert not rejected.ok and rejected.reason
    assert any(entry["rule"].startswith("APE7") for entry in rejected.diagnostics)
    with pytest.raises(ape.CodeRejected) as error:
        sanitizer.sanitize("import os\nos.system('ls')\n")
    assert str(error.value) == rejected.reason
    assert not sanitizer.check(b"\xff\xfe\x00").ok
    assert "reject" in repr(rejected)
    with pytest.raises(ape.InvalidError, match="as_of"):
        sanitizer.check("print(1)", as_of="yesterday")
    with pytest.raises(ape.InvalidError):
        ape.CodeSanitizer(profile="cobol=1")


def test_sanitizer_policies_and_what_the_question_is_about() -> None:
    program = ("import yfinance as yf\np = yf.Ticker('MSFT').history(start='2021-06-01')['Close']\n"
               "print(p.mean() / p.std())\n")
    assert "or 1e-10" in ape.CodeSanitizer(division="sketch").sanitize(program)
    assert ape.CodeSanitizer(rules={"APE601": "off"}).sanitize(program) == program
    assert ape.CodeSanitizer(division="off", history="off").sanitize(program) == program
    found = ape.CodeSanitizer().check(program, tickers=["AAPL"], start="2021-01-04",
                                      end="2021-12-31")
    assert {"APE607", "APE608"} <= {entry["rule"] for entry in found.diagnostics}
    assert ape.CodeSanitizer(allow_imports=["os"]).check("import os\nprint(os.getcwd())\n").ok
    with pytest.raises(ape.InvalidError, match="honest"):
        ape.CodeSanitizer(division="typed")
    with pytest.raises(ape.InvalidError, match="before start"):
        ape.CodeSanitizer().check(program, start="2021-12-31", end="2021-01-04")
    with pytest.raises(TypeError, match="list"):
        ape.CodeSanitizer().check(program, tickers="AAPL")


def test_store_keeps_queries_and_predictions(tmp_path: pathlib.Path) -> None:
    with ape.Store(state_dir=tmp_path) as store:
        assert store.put_query({"query_id": "q1", "question": "why?", "status": "refused"}) == (
            "stored")
        assert store.get_query("q1")["question"] == "why?"
        assert [entry["query_id"] for entry in store.queries(limit=5)["queries"]] == ["q1"]
        made, place = store.put_prediction(
            ticker="AAPL", as_of="2022-01-03", target_date="2022-02-03", low=100, base=150,
            high=200, confidence=0.8, query_id="q1")
        assert place == "stored"
        assert store.latest_prediction("AAPL")["id"] == made
        assert len(store.predictions(ticker="AAPL")["predictions"]) == 1
        assert store.predictions(outcome="HIT")["predictions"] == []
        assert len(store.corridor("AAPL")["corridor"]) == 1
        assert store.check_actuals(ape.Market())["checked"] == 1
        assert store.track_record()["hits"] == 1
        assert store.health()["backend"] == "sqlite"
        store.flush()
        with pytest.raises(ape.NotFoundError):
            store.get_query("q2")
        with pytest.raises(ape.InvalidError, match="low"):
            store.put_prediction(ticker="AAPL", as_of="2022-01-03", target_date="2022-02-03",
                                 low=-1, base=150, high=200, confidence=0.8)


def wait_for(condition: "threading.Event", seconds: float = 30) -> None:
    assert condition.wait(seconds)


def test_health_checker_reads_what_probes_find(tmp_path: pathlib.Path) -> None:
    changes, changed = [], threading.Event()

    def on_change(*change: str) -> None:
        changes.append(change)
        changed.set()

    def broken() -> None:
        raise ConnectionError("nobody answers")

    registry = ape.MetricsRegistry(process_metrics=False)
    with ape.HealthChecker(metrics=registry, on_change=on_change) as checker:
        checker.add("broken", broken, critical=True, period_ms=50)
        checker.add("doubtful", lambda: "disk is nearly full")
        checker.add("fine", lambda: None)
        checker.add_disk("disk", tmp_path, 1)
        checker.add_http("page", "http://127.0.0.1:9/", period_ms=100000)
        checker.add_sqlite("file", tmp_path / "none.db")
        wait_for(changed)
        deadline = time.monotonic() + 30
        while "unknown" in (check["status"] for check in checker.report()["checks"].values()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        checks = checker.report()["checks"]
        assert checks["broken"]["last_error"] == "nobody answers"
        assert checks["doubtful"]["status"] == "degraded"
        assert checks["fine"]["status"] == "healthy"
        assert checker.status == "unhealthy" and not checker.is_ready and checker.is_live
        assert checker.report("health+json")["status"] == "fail"
        assert "ape_health" in registry.text()
        with pytest.raises(ape.StateError):
            checker.add("fine", lambda: None)
        with pytest.raises(TypeError, match="no option 'colour'"):
            checker.add("other", lambda: None, colour=1)
        with pytest.raises(ValueError, match="format is one of"):
            checker.report("xml")
    assert ("broken", "unknown", "unhealthy", "nobody answers") in changes


def test_health_checker_without_workers() -> None:
    checker = ape.HealthChecker(workers=0, heartbeat_ms=60000)
    checker.add("fine", lambda: None)
    assert checker.run_due() > 0
    checker.beat()
    assert checker.is_ready and checker.is_live
    checker.set_draining()
    assert not checker.is_ready


def test_host_logs_and_keeps_time(caplog: pytest.LogCaptureFixture,
                                  tmp_path: pathlib.Path) -> None:
    host = ape.Host(logger=logging.getLogger("test.ape"), wall_ms=lambda: 1600000000000)
    with ape.Store(state_dir=tmp_path, host=host) as store:
        store.put_query({"query_id": "q", "question": "?", "status": "refused"})
        assert store.get_query("q")["created"].startswith("2020-09-13")


def test_a_broken_file_is_moved_aside_and_logged(caplog: pytest.LogCaptureFixture,
                                                 tmp_path: pathlib.Path) -> None:
    caplog.set_level(logging.DEBUG)
    with ape.Store(state_dir=tmp_path) as store:
        path = next(file for file in tmp_path.iterdir() if file.suffix in (".db", ".sqlite"))
        store.flush()
    for extra in tmp_path.iterdir():
        extra.write_bytes(b"this is no database" * 100)
    host = ape.Host(logger=logging.getLogger("test.ape"))
    with ape.Store(state_dir=tmp_path, host=host) as store:
        assert store.queries()["queries"] == []
    assert path.name in caplog.text


def test_errors_tell_their_story() -> None:
    error = ape.errors.error_for(-8, "no such file", detail=2, offset=7)
    assert isinstance(error, ape.InputOutputError)
    assert (error.detail, error.offset, error.status) == (2, 7, -8)
    assert isinstance(ape.errors.error_for(-99, "odd"), ape.InternalError)
    assert issubclass(ape.SettingsError, ValueError)
    assert issubclass(ape.DeadlineError, TimeoutError)
    assert ape.__version__ and math.isfinite(sys.maxsize)
