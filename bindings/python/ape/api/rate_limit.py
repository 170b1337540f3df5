# SPDX-License-Identifier: MIT
"""A token bucket for each client."""
from __future__ import annotations

import collections
import math
import time
from typing import Callable, Dict, NamedTuple


class Rate(NamedTuple):
    """What a client has left."""

    allowed: bool
    quota: int
    window_s: int
    remaining: int
    reset_s: int

    def headers(self) -> Dict[str, str]:
        """The RateLimit header fields."""
        return {"RateLimit-Policy": f'"default";q={self.quota};w={self.window_s}',
                "RateLimit": f'"default";r={self.remaining};t={self.reset_s}'}


class RateLimit:
    """``quota`` requests in ``window_s`` seconds for each client; memory is bounded.

    The bucket of a client is full at a moment that every request moves on."""

    def __init__(self, quota: int, window_s: int, *, max_clients: int = 4096,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._quota, self._window_s = quota, window_s
        self._max_clients, self._clock = max_clients, clock
        self._full_at: "collections.OrderedDict[str, float]" = collections.OrderedDict()

    def take(self, client: str) -> Rate:
        """One request of a client."""
        now, token = self._clock(), self._window_s / self._quota
        used = max(0.0, self._full_at.get(client, 0.0) - now)
        allowed = used + token <= self._window_s + 1e-9
        if allowed:
            used += token
            self._keep(client, now + used)
        wait = used if allowed else used + token - self._window_s
        remaining = int((self._window_s - used) / token + 1e-9)
        return Rate(allowed, self._quota, self._window_s, remaining, max(1, math.ceil(wait)))

    def _keep(self, client: str, full_at: float) -> None:
        self._full_at[client] = full_at
        self._full_at.move_to_end(client)
        if len(self._full_at) > self._max_clients:
            self._full_at.popitem(last=False)


