# SPDX-License-Identifier: MIT
from __future__ import annotations

import gc
import math
import sys
import threading

import ape
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def registry() -> ape.MetricsRegistry:
    return ape.MetricsRegistry(process_metrics=False)


def samples(text: str) -> "dict[tuple[str, tuple[str, ...]], float]":
    return {(sample.name, tuple(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def test_counts(registry: ape.MetricsRegistry) -> None:
    queries = registry.counter("queries_total", "Queries.", ["status"])
    queries.labels("success").inc()
    queries.labels("success").add(2.5)
    assert queries.labels("success").value == 3.5
    level = registry.gauge("level", "Level.").labels()
    level.set(5)
    level.add(-2)
    assert level.value == 3
    times = registry.histogram("times_seconds", "Times.", bounds=[1, 2]).labels()
    times.observe(1.5)
    assert (times.count, times.sum) == (1, 1.5)
    registry.info("build_info", "Build.", {"version": ape.__version__})
    read = samples(registry.text())
    assert read["queries_total", ("success",)] == 3.5
    assert read["level", ()] == 3
    assert read["times_seconds_bucket", ("1",)] == 0
    assert read["times_seconds_bucket", ("2",)] == 1
    assert read["build_info", (ape.__version__,)] == 1


def test_openmetrics_by_accept(registry: ape.MetricsRegistry) -> None:
    registry.counter("hits_total", "Hits.").labels().inc()
    content_type, text = registry.negotiated("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert [f.name for f in openmetrics.text_string_to_metric_families(text)][0] == "hits"
    assert registry.negotiated(None)[0].startswith("text/plain")
    with pytest.raises(ValueError, match="format is one of"):
        registry.text("xml")


def test_functions_give_values(registry: ape.MetricsRegistry,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    gauge = registry.gauge("queue", "Queue.", ["name"])
    gauge.set_function(lambda: 7, "a")
    gauge.set_function(lambda: math.nan, "b")
    gauge.set_function(lambda: 1 / 0, "c")
    assert samples(registry.text()) == {("queue", ("a",)): 7}
    assert isinstance(seen[0].exc_value, ZeroDivisionError)


def test_a_series_keeps_its_registry() -> None:
    counter = ape.MetricsRegistry().counter("kept_total", "Kept.").labels()
    gc.collect()
    counter.inc()
    assert counter.value == 1


def test_threads_lose_no_count(registry: ape.MetricsRegistry) -> None:
    counter = registry.counter("many_total", "Many.").labels()
    threads = [threading.Thread(target=lambda: [counter.inc() for _ in range(10000)])
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.value == 40000


@pytest.mark.parametrize(("name", "labels", "message"), [
    ("bad name_total", [], "name"),
    ("a_total", ["le"], "le"),
    ("plain", [], "_total"),
])
def test_bad_families_are_named(registry: ape.MetricsRegistry, name: str, labels: "list[str]",
                                message: str) -> None:
    with pytest.raises(ape.InvalidError, match=message):
        registry.counter(name, "Help.", labels)


def test_bad_values(registry: ape.MetricsRegistry) -> None:
    with pytest.raises(ape.InvalidError, match="-1"):
        registry.counter("c_total", "C.").labels().add(-1)
    with pytest.raises(ape.InvalidError, match="nan"):
        registry.histogram("h", "H.").labels().observe(math.nan)
    with pytest.raises(TypeError, match="a label must be a str"):
        registry.counter("l_total", "L.", ["x"]).labels(3)  # type: ignore[arg-type]
    with pytest.raises(ape.StateError):
        registry.gauge("again", "G.")
        registry.histogram("again", "H.")
