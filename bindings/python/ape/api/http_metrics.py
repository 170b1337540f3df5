# SPDX-License-Identifier: MIT
"""ape_http_* metrics, under the names of the C server."""
from __future__ import annotations

import ape


class HttpMetrics:
    """Counts requests into a registry."""

    def __init__(self, registry: ape.MetricsRegistry) -> None:
        self._requests = registry.counter("ape_http_requests_total", "HTTP requests answered.",
                                          ["route", "method", "status"])
        self._seconds = registry.histogram("ape_http_request_seconds",
                                           "Time from request line to last byte.", ["route"])
        self.in_flight = registry.gauge("ape_http_in_flight",
                                        "HTTP requests being answered.").labels()
        self.websockets = registry.gauge("ape_ws_connections", "Open WebSockets.").labels()

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
