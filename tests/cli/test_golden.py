# SPDX-License-Identifier: MIT
import json

import pytest


@pytest.fixture(name="golden")
def golden_fixture(tmp_path):
    """One question that is answered as expected, and one that is not."""
    question = "Calculate the Sharpe ratio for AAPL in 2021"
    queries = [{"id": name, "query": question, "metric": "sharpe_ratio", "expected": expected,
                "tolerance": 1e-6} for name, expected in (("good", 1.33984848179525), ("bad", 9))]
    path = tmp_path / "golden.json"
    path.write_text(json.dumps({"queries": queries}))
    return path


def test_accuracy_decides_the_exit_status(ape, golden):
    outcome = ape("golden", "--min-accuracy", "0.5", golden)
    assert outcome.status == 0, outcome.out + outcome.err
    assert "1 of 2 right: accuracy 0.5000" in outcome.out
    assert ape("golden", golden).status == 1


def test_metrics_are_written_whatever_the_accuracy(ape, golden, tmp_path):
    path = tmp_path / "ape.prom"
    path.write_text("old")
    assert ape("golden", "--metrics", path, golden).status == 1
    lines = path.read_text().splitlines()
    assert 'ape_accuracy{window="golden"} 0.5' in lines
    assert 'ape_queries_total{status="success"} 2' in lines
    assert "ape_latency_seconds_count 2" in lines
    assert 'ape_vee_runs_total{reason="ok"} 2' in lines
    assert not any(line.startswith("process_") for line in lines), "of this process"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("ape.prom")] == ["ape.prom"]


def test_metrics_that_cannot_be_written_are_a_failure(ape, golden, tmp_path):
    outcome = ape("golden", "--min-accuracy", "0", "--metrics", tmp_path / "no" / "x", golden)
    assert outcome.status == 1
    assert "No such file or directory" in outcome.err
