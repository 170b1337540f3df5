#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""several.py BUILD BINARY: servers that share a Redis, and the questions that nobody waits for."""
import contextlib
import json
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request

from completions import chain, providers
from support import Server, redis, skip

QUESTION = "Sharpe ratio of AAPL in 2021"


@contextlib.contextmanager
def servers(url, *option_lists, settings=None):
    """One server for each list of options, all on one Redis."""
    with contextlib.ExitStack() as stack:
        made = []
        for options in option_lists:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ape-server-"))
            made.append(Server(sys.argv[2], folder, "--rate-limit", "0", *options,
                               settings={"REDIS_URL": url, **(settings or {})}))
            stack.callback(made[-1].stop)
        yield made


def ask(server, **body):
    request = urllib.request.Request(
        server.url + "/api/query", data=json.dumps({"query": QUESTION, **body}).encode(),
        headers={"Content-Type": "application/json", "Prefer": "respond-async"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202 and answer.headers["Preference-Applied"] == "respond-async"
        return answer.headers["Location"]


def record(server, location):
    try:
        with urllib.request.urlopen(server.url + location, timeout=30) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return {"status": error.code}


def ended(server, location, seconds=60):
    end = time.monotonic() + seconds
    while (found := record(server, location))["status"] in ("running", 404):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def test_another_server_answers(url):
    with servers(url, ("--jobs", "0"), ("--jobs", "1"), ("--jobs", "0")) as (asked, _, third):
        locations = [ask(asked) for _ in range(8)]
        for location in locations:
            for server in (asked, third):
                found = record(server, location)
                assert found["question"] == QUESTION and found["status"] in ("running", "verified"), found
        for location in locations:
            found = ended(third, location)
            assert found["status"] == "verified" and found["answer"]["query_id"] in location, found
            assert record(asked, location) == found
        assert record(third, "/api/query/no-such")["status"] == 404


def test_nobody_takes_it_yet(url):
    with servers(url, ("--jobs", "0")) as (first,):
        location = ask(first)
        time.sleep(1)
        found = record(first, location)
        assert found["status"] == "running" and found["stage"] is None and found["answer"] is None
        with servers(url, ("--jobs", "1")):
            assert ended(first, location)["status"] == "verified"


def test_a_killed_server_loses_no_question(url):
    with providers() as address:
        slow = {**chain(address, "slow_stream:20"), "LLM_CHAIN": "p0,builtin"}
        with servers(url, ("--jobs", "0")) as (front,), \
                servers(url, ("--jobs", "1"), settings=slow) as (doomed,):
            location = ask(front)
            end = time.monotonic() + 30
            while record(front, location)["stage"] != "plan":
                assert time.monotonic() < end, "the slow server did not begin"
                time.sleep(0.05)
            doomed.process.kill()
            doomed.process.wait()
            with servers(url, ("--jobs", "1")):
                found = ended(front, location, 90)
                assert found["status"] == "verified", found


def metric(server, line):
    with urllib.request.urlopen(server.url + "/metrics", timeout=30) as answer:
        return line in answer.read().decode()


def test_circuit_breakers_are_shared(url):
    dead = {**chain("http://127.0.0.1:1", "none"), "LLM_CHAIN": "p0,builtin", "LLM_RETRIES": "0",
            "LLM_BREAKER_FAILURES": "1", "LLM_BREAKERS_SHARED": "1"}
    with servers(url, ("--jobs", "1"), ("--jobs", "0"), settings=dead) as (first, second):
        is_open = 'ape_breaker_state{name="p0"} 1'
        assert not metric(second, is_open)
        assert ended(first, ask(first))["status"] == "verified"
        end = time.monotonic() + 30
        while not metric(second, is_open):
            assert time.monotonic() < end, "the other server never heard of it"
            time.sleep(0.1)
        second.signal(signal.SIGHUP)  # new breakers join the outage
        while metric(second, 'ape_llm_attempts_total{provider="p0"') or not metric(second, is_open):
            assert time.monotonic() < end + 30, "forgotten by a reload"
            time.sleep(0.1)


def test_redis_away(url):
    with servers("redis://127.0.0.1:1/0", ()) as (server,):
        found = ended(server, ask(server))
        assert found["status"] == "verified", found


def main():
    if not shutil.which("redis-server"):
        skip("there is no redis-server")
    with redis() as url:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                begun = time.monotonic()
                test(url)
                print(f"ok   {name} ({time.monotonic() - begun:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
