#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""observed.py BUILD BINARY: what the server counts, and whom it tells."""
import json
import re
import signal
import sys
import time
import urllib.error
import urllib.request

from support import free_port, running

BINARY = sys.argv[2]
KNOWN, UNKNOWN = "Calculate the Sharpe ratio for AAPL in 2021", "Who will win the match tonight?"


def ask(server, question, **headers):
    request = urllib.request.Request(
        server.url + "/api/query", json.dumps({"query": question}).encode(),
        {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def metrics(server):
    """Every sample of the server: name{labels} -> value."""
    with urllib.request.urlopen(server.url + "/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def eventually(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")


def reload(server):
    before = [line["message"] for line in server.lines()].count("reloaded")
    server.signal(signal.SIGHUP)
    eventually(lambda: [line["message"] for line in server.lines()].count("reloaded") > before)


def queries_of(samples):
    found = {re.search(r'"(.*)"', name)[1]: value for name, value in samples.items()
             if name.startswith("ape_queries_total{")}
    return {status: value for status, value in found.items() if value}


def test_a_query_is_counted_once():
    """However it was asked for, and once in each family."""
    with running(BINARY) as server:
        assert metrics(server)['ape_queries_total{status="timeout"}'] == 0
        assert ask(server, KNOWN)[0] == 200
        assert b"event: answer" in ask(server, KNOWN, Accept="text/event-stream")[1]
        assert ask(server, KNOWN, Prefer="respond-async")[0] == 202
        assert ask(server, UNKNOWN)[0] == 200
        assert ask(server, " ")[0] in (400, 422)
        samples = eventually(lambda: queries_of(metrics(server)).get("success") == 3 and
                             metrics(server))
        assert queries_of(samples) == {"success": 3, "refused": 1}, queries_of(samples)
        for name in ("ape_latency_seconds_count", 'ape_stage_seconds_count{stage="execute"}',
                     "ape_llm_overhead_seconds_count"):
            assert samples[name] == 4, (name, samples[name])
        assert samples['ape_vee_runs_total{reason="ok"}'] == 3
        assert samples['ape_llm_attempts_total{provider="builtin",class="ok"}'] == 3


def test_a_reload_goes_on_counting():
    unreachable = f"http://127.0.0.1:{free_port()}"
    chain = {"LLM_CHAIN": "deepseek,builtin", "DEEPSEEK_BASE_URL": unreachable,
             "DEEPSEEK_API_KEY": "make-believe-key-0123456789", "LLM_RETRIES": "0"}
    with running(BINARY, settings=chain) as server:
        assert ask(server, KNOWN)[0] == 200
        for _ in range(2):
            reload(server)
        assert ask(server, KNOWN)[0] == 200
        samples = metrics(server)
        assert queries_of(samples) == {"success": 2}
        assert samples['ape_llm_attempts_total{provider="deepseek",class="connect"}'] == 2
        assert samples['ape_breaker_state{name="deepseek"}'] == 0
        assert samples['ape_breaker_openings_total{name="deepseek"}'] == 0


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            begun = time.monotonic()
            test()
            print(f"ok   {name} ({time.monotonic() - begun:.1f} s)", flush=True)


main()
