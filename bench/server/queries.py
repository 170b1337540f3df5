#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Warm questions over HTTP, with the builtin planner, on two cores.

An answer tells how long the library took over it, nearly all of it in the sandbox; the rest of
what the client waited is what the server adds.
"""
import http.client
import json
import time

from measure import CORES, HERE, Bench, Goals, arguments, load, median, table

QUESTION = json.dumps({"query": "Calculate the Sharpe ratio for AAPL in 2021"})
ASKED, WARM = 40, 5


def ask(connection):
    begun = time.monotonic()
    connection.request("POST", "/api/query", QUESTION, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    waited = (time.monotonic() - begun) * 1000
    assert answer["status"] == "verified", answer
    timings = answer["timings_ms"]
    return {"waited_ms": waited, "library_ms": timings["total"], "sandbox_ms": timings["execute"],
            "added_ms": waited - timings["total"]}


def main():
    options = arguments(__doc__, rounds=3, seconds=4)
    goals = Goals()
    with Bench(options) as bench:
        ape = bench.ape(core=",".join(map(str, CORES)))
        connection = http.client.HTTPConnection("127.0.0.1", ape.port, timeout=60)
        one = [ask(connection) for _ in range(WARM + ASKED)][WARM:]
        many = [load(ape, "/api/query", options.seconds, connections=4, script=str(HERE / "post_query.lua"))
                for _ in range(options.rounds)]
    table({"one at a time": one}, ["waited_ms", "library_ms", "sandbox_ms", "added_ms"])
    table({"four at a time": many}, ["rate", "p50", "p99", "bad"])
    goals.most("p50 of POST /api/query, ms", median(one, "waited_ms"), 25)
    goals.most("of which the server adds, ms", median(one, "added_ms"), 1)
    goals.least("questions a second", median(many, "rate"), 50)
    goals.most("questions that were not answered with 200", sum(r["bad"] for r in many), 0)
    goals.end()


main()
