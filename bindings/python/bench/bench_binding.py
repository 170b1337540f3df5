#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a call through the binding costs, beside packages written in Python.

Rounds alternate between the two; the median of the ratios counts. Wants circuitbreaker and
prometheus-client.
"""
from __future__ import annotations

import statistics
import timeit
from typing import Callable

import ape
import circuitbreaker
import prometheus_client

ROUNDS, CALLS = 11, 100_000


def nothing() -> None:
    pass


def compare(title: str, ours: Callable[[], object], peer: str,
            theirs: Callable[[], object]) -> None:
    rounds = [(timeit.timeit(ours, number=CALLS), timeit.timeit(theirs, number=CALLS))
              for _ in range(ROUNDS)]
    mine = min(first for first, _ in rounds) / CALLS * 1e9
    other = min(second for _, second in rounds) / CALLS * 1e9
    ratio = statistics.median(first / second for first, second in rounds)
    print(f"{title:32} {mine:7.0f} ns   {peer:32} {other:7.0f} ns   ratio {ratio:.2f}")


def main() -> None:
    breaker = ape.CircuitBreaker()

    def acquire_and_report() -> None:
        breaker.report(breaker.acquire())

    guarded, peer = breaker(nothing), circuitbreaker.CircuitBreaker(name="peer")(nothing)
    compare("breaker acquire and report", acquire_and_report, "circuitbreaker, a whole call", peer)
    compare("breaker, a whole call", guarded, "circuitbreaker, a whole call", peer)
    registry = ape.MetricsRegistry(process_metrics=False)
    counter = registry.counter("hits_total", "Hits.").labels()
    compare("counter inc", counter.inc, "prometheus-client inc",
            prometheus_client.Counter("hits", "Hits.").inc)
    histogram = registry.histogram("seconds", "Seconds.").labels()
    their_histogram = prometheus_client.Histogram("seconds", "Seconds.")
    compare("histogram observe", lambda: histogram.observe(0.2), "prometheus-client observe",
            lambda: their_histogram.observe(0.2))


main()
