# SPDX-License-Identifier: MIT
"""What the health of the application is made of; the same as ape-server's."""
from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Callable

import ape
from ape.api.chain import chain_of
from ape.api.config import Settings

if TYPE_CHECKING:
    from ape.api.services import Services

logger = logging.getLogger("ape.api")
BREAKER_PERIOD_MS = 1000  # reading its state costs nothing
MINUTE_MS = 60000
SANDBOX_TIMEOUT_MS = 20000  # the first run starts the helper
DISK_MIN_BYTES = 256 << 20


def add_checks(checker: ape.HealthChecker, services: Services) -> None:
    """Check every part that the application leans on."""
    checker.add_market("market", services.market, critical=True)
    # Pages, predictions and models are of use without it.
    checker.add_sandbox("vee", services.sandbox, period_ms=MINUTE_MS,
                        timeout_ms=SANDBOX_TIMEOUT_MS)
    add_models(checker, services.llm_client, services.settings)
    checker.add_disk("disk", services.settings.APE_STATE_DIR or "/", DISK_MIN_BYTES,
                     period_ms=MINUTE_MS)
    if services.store is not None:
        checker.add_store("store", services.store)
    checker.add_bus("bus", services.bus)
    _add_databases(checker, services.settings.core)


def add_models(checker: ape.HealthChecker, client: ape.LLMClient, settings: Settings) -> None:
    """Check each model of the chain by its circuit breaker, which has weighed it already."""
    for name in _models_of(settings):
        checker.add_llm_provider(client, name, period_ms=BREAKER_PERIOD_MS, rise=1, fall=1)


def remove_models(checker: ape.HealthChecker, settings: Settings) -> None:
    """Take those checks out again."""
    for name in _models_of(settings):
        checker.remove(name)


def _models_of(settings: Settings) -> "list[str]":
    return [name for name in chain_of(settings) if name != "builtin"]


def _add_databases(checker: ape.HealthChecker, settings: ape.Settings) -> None:
    for name, add, address in (
            ("postgres", checker.add_postgres, settings.get("DATABASE_URL")),
            ("redis", checker.add_redis, settings.get("REDIS_URL"))):
        if address:
            _where_supported(add, name, address)
    neo4j = settings.get("NEO4J_URI")
    if neo4j:
        checker.add_neo4j("neo4j", neo4j, user=settings.get("NEO4J_USER"),
                          password=settings.get("NEO4J_PASSWORD"))


def _where_supported(add: Callable[..., None], *arguments: Any) -> None:
    try:
        add(*arguments)
    except ape.UnsupportedError as error:
        logger.warning("no check of %s: %s", arguments[0], error)
