# SPDX-License-Identifier: MIT
"""The circuit breakers of a language model client, shared among processes."""
from __future__ import annotations

import ctypes
from typing import Any, Dict

from ape._native.calls import Out, check, library


class BreakerSharing:
    """Shares each breaker over a bus as it comes, and no longer as it goes; the core calls it."""

    def __init__(self, bus: ctypes.c_void_p) -> None:
        self._bus = bus
        self._shares: Dict[int, Out] = {}

    def __call__(self, _user: Any, provider: bytes, breaker: int, lease_ms: int,
                 is_leaving: bool) -> None:
        if is_leaving:
            share = self._shares.pop(breaker, None)
            if share is not None:
                library.ape_bus_unshare_breaker(share)
            return
        share = Out()
        check(library.ape_bus_share_breaker, self._bus, b"llm." + provider[:100], breaker, lease_ms,
              ctypes.byref(share))
        self._shares[breaker] = share
