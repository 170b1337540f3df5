# SPDX-License-Identifier: MIT
"""The metrics that dashboards and alerts are built on."""
from __future__ import annotations

from typing import Optional

from ape.metrics_registry import MetricsRegistry

STATUSES = ("success", "undefined", "refused", "error", "timeout")
LATENCY_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300)


class MonitoringSystem:
    """Counts queries into a registry of the core: ape_queries_total and ape_latency_seconds.

    For programs that answer queries in a way of their own: an Orchestrator with ``metrics``
    counts its queries itself, in the same families.

    >>> monitoring = MonitoringSystem()
    >>> monitoring.record_query("success", 0.25)
    >>> 'ape_queries_total{status="success"} 1' in monitoring.registry.text()
    True
    """

    def __init__(self, registry: Optional[MetricsRegistry] = None) -> None:
        self.registry = registry or MetricsRegistry()
        self._queries = self.registry.counter(
            "ape_queries_total", "Queries that came to their end, by how.", ["status"])
        for status in STATUSES:
            self._queries.labels(status)
        self._latency = self.registry.histogram(
            "ape_latency_seconds", "Time from question to answer.", bounds=LATENCY_BOUNDS).labels()

    def record_query(self, status: str, duration: float) -> None:
        """Count a query that took ``duration`` seconds; ``status`` is one of STATUSES."""
        if status not in STATUSES:
            raise ValueError(f"status is one of {', '.join(STATUSES)}, not {status!r}")
        self._latency.observe(duration)
        self._queries.labels(status).inc()
