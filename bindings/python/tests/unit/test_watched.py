# SPDX-License-Identifier: MIT
"""All parts count into one registry, are checked by one checker, and people are told."""
from __future__ import annotations

import http.server
import json
import pathlib
import threading
from typing import Any, Dict, Iterator, List

import ape
import pytest
from ape.monitoring.system import MonitoringSystem
from servers import redis_server, wait_for


class Webhook(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it, and answers ``reply``."""

    def __init__(self, reply: str = "ok") -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.reply = reply.encode()
        self.posts: List[Dict[str, Any]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/make-believe"


class Receiver(http.server.BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        self.server.posts.append(
            json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.reply)))
        self.end_headers()
        self.wfile.write(self.server.reply)

    def log_message(self, *_arguments: Any) -> None:
        pass


def serving(made: Webhook) -> Iterator[Webhook]:
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    yield from serving(Webhook())


@pytest.fixture
def graph() -> Iterator[Webhook]:
    """A Neo4j that believes everything."""
    yield from serving(Webhook('{"data": {"fields": [], "values": []}}'))


def test_one_registry_counts_every_part(tmp_path: pathlib.Path) -> None:
    registry = ape.MetricsRegistry(process_metrics=False)
    store, bus = ape.Store(state_dir=tmp_path, metrics=registry), ape.Bus(metrics=registry)
    client, market = ape.LLMClient(metrics=registry), ape.Market()
    sandbox = ape.Sandbox(market, metrics=registry)
    with ape.Orchestrator(llm_client=client, market=market, sandbox=sandbox, store=store,
                          metrics=registry) as orchestrator:
        assert orchestrator.query("Sharpe ratio of KO in 2021").ok
        assert orchestrator.query("the meaning of life").status == "refused"
        orchestrator.set_accuracy("golden", 0.95)
        assert orchestrator.check_actuals()["checked"] == 0
    bus.publish("news", "hello")
    lines = registry.text().splitlines()
    for line in ('ape_queries_total{status="success"} 1', 'ape_queries_total{status="refused"} 1',
                 "ape_latency_seconds_count 2", 'ape_accuracy{window="golden"} 0.95'):
        assert line in lines
    for family in ("ape_store_", "ape_bus_", "ape_llm_", "ape_vee_"):
        assert any(line.startswith(family) for line in lines), family
    with pytest.raises(ape.ApeError):
        orchestrator.check_actuals()
    with pytest.raises(ape.StateError), ape.Orchestrator() as bare:
        bare.check_actuals()


def test_a_program_counts_beside_an_orchestrator() -> None:
    registry = ape.MetricsRegistry(process_metrics=False)
    monitoring = MonitoringSystem(registry)
    with ape.Orchestrator(metrics=registry) as orchestrator:
        orchestrator.query("Sharpe ratio of KO in 2021")
    monitoring.record_query("success", 0.25)
    assert 'ape_queries_total{status="success"} 2' in registry.text()


def test_parts_are_checked(tmp_path: pathlib.Path) -> None:
    settings = ape.Settings({"LLM_CHAIN": "extra,builtin", "EXTRA_API_KEY": "make-believe-key",
                             "EXTRA_BASE_URL": "http://127.0.0.1:9/v1", "EXTRA_MODEL": "extra-1"},
                            environment=False)
    market, bus = ape.Market(), ape.Bus()
    with ape.HealthChecker() as checker:
        checker.add_market("market", market)
        checker.add_sandbox("vee", ape.Sandbox(market), timeout_ms=60000)
        checker.add_store("store", ape.Store(state_dir=tmp_path))
        checker.add_bus("bus", bus)
        checker.add_llm_provider(ape.LLMClient(settings), "extra")
        checker.add_neo4j("graph", "http://127.0.0.1:9", password="make-believe")
        with pytest.raises(ape.NotFoundError):
            checker.add_llm_provider(ape.LLMClient(settings), "nobody")

        def statuses() -> "Dict[str, str]":
            return {name: check["status"] for name, check in checker.report()["checks"].items()}
        wait_for(lambda: "unknown" not in statuses().values())
        assert statuses() == {"market": "healthy", "vee": "healthy", "store": "healthy",
                              "bus": "healthy", "extra": "healthy", "graph": "unhealthy"}
        checker.remove("graph")
        assert "graph" not in statuses()
        with pytest.raises(ape.NotFoundError):
            checker.remove("graph")
        bus.close()  # the checker keeps what it checks


def test_lineage_is_written(tmp_path: pathlib.Path, graph: Webhook) -> None:
    registry = ape.MetricsRegistry(process_metrics=False)
    settings = ape.Settings({"NEO4J_URI": f"http://127.0.0.1:{graph.server_port}",
                             "NEO4J_PASSWORD": "make-believe"}, environment=False)
    lineage = ape.Lineage(settings, metrics=registry, interval_ms=10)
    assert lineage.is_on
    with ape.Orchestrator(lineage=lineage) as orchestrator:
        answer = orchestrator.query("Sharpe ratio of KO in 2021")
    lineage.post({**answer.data, "query_id": "by-hand"})
    lineage.flush()
    written = json.dumps(graph.posts)
    assert answer.data["query_id"] in written and "by-hand" in written and "KO" in written
    assert any(line.startswith("ape_lineage_answers_total") and line.endswith(" 2")
               for line in registry.text().splitlines())


def test_lineage_is_off_unless_configured() -> None:
    with ape.Lineage() as lineage:
        assert not lineage.is_on
        lineage.post({"query_id": "nobody writes this"})
        lineage.flush()
    with pytest.raises(TypeError, match="speed"):
        ape.Lineage(speed=3)


def test_breakers_are_shared(tmp_path: pathlib.Path) -> None:
    with redis_server(tmp_path) as url:
        settings = ape.Settings({
            "REDIS_URL": url, "LLM_CHAIN": "extra", "EXTRA_API_KEY": "make-believe-key",
            "EXTRA_BASE_URL": "http://127.0.0.1:9/v1", "EXTRA_MODEL": "extra-1",
            "LLM_RETRIES": "0"}, environment=False)
        with ape.Bus(settings) as here, ape.Bus(settings) as there, \
                ape.LLMClient(settings, share=here) as failing, \
                ape.LLMClient(settings, share=there) as other:
            for _ in range(6):
                with pytest.raises(ape.ApeError):
                    failing.generate("hello")

            def rests() -> bool:
                with pytest.raises(ape.ApeError) as refused:
                    other.generate("hello")
                return bool(refused.value.attempts[0]["class"] == "resting")
            wait_for(rests)


def test_people_are_told(webhook: Webhook) -> None:
    notifier = ape.Notifier(webhook.url, source="shop", interval_ms=10)
    health = {"error": "nobody answers"}

    def probe() -> None:
        if health["error"]:
            raise ConnectionError(health["error"])

    with ape.HealthChecker(notifier=notifier) as checker:
        checker.add("till", probe, period_ms=50, rise=1, fall=1)
        wait_for(lambda: "nobody answers" in json.dumps(webhook.posts))
        health["error"] = ""
        wait_for(lambda: checker.status == "healthy")
        notifier.post("info", "shop:open", "The shop is open")
        notifier.flush()
    told = json.dumps(webhook.posts)
    assert "till" in told and "The shop is open" in told and "shop" in told


def test_what_cannot_be_told(webhook: Webhook) -> None:
    with pytest.raises(ape.InvalidError) as refused:
        ape.Notifier("ftp://make-believe-secret")
    assert "make-believe-secret" not in str(refused.value)
    with pytest.raises(TypeError, match="speed"):
        ape.Notifier(webhook.url, speed=3)
    with pytest.raises(TypeError, match="not both"):
        ape.HealthChecker(notifier=ape.Notifier(webhook.url), on_change=print)
    with ape.Notifier(webhook.url) as notifier:
        with pytest.raises(ValueError, match="severity"):
            notifier.post("grave", "a", "b")
        with pytest.raises(ape.InvalidError):
            notifier.post("info", "", "b")
