# SPDX-License-Identifier: MIT
"""The circuit breaker, under the name that applications import."""
from ape.circuit_breaker import CircuitBreaker, CircuitBreakerOpen

__all__ = ["CircuitBreaker", "CircuitBreakerOpen"]
