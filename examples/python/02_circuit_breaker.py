# SPDX-License-Identifier: MIT
"""Stop calling a service that keeps failing."""
import asyncio

from ape.resilience.circuit_breaker import CircuitBreaker, CircuitBreakerOpen

breaker = CircuitBreaker(failure_threshold=3, timeout=60)


@breaker
async def service():
    raise ConnectionError("nobody answers")


async def main():
    for attempt in range(5):
        try:
            await service()
        except ConnectionError as error:
            print(f"attempt {attempt}: {error}; the breaker is {breaker.state}")
        except CircuitBreakerOpen as refused:
            print(f"attempt {attempt}: not made; {refused}")
    assert breaker.stats()["failures"] == 3


asyncio.run(main())
