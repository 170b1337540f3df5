# SPDX-License-Identifier: MIT
"""What routes depend on: one of each in a process."""
from __future__ import annotations

import functools
from typing import Optional

import ape
from ape.api.config import settings
from ape.api.queries import Queries
from ape.api.services import Services
from ape.api.websocket_redis import RedisConnectionManager


@functools.cache
def get_services() -> Services:
    """The parts of this process, made from the settings."""
    return Services(settings)


@functools.cache
def get_queries() -> Queries:
    """The queries of this process."""
    return Queries(get_services())


@functools.cache
def get_connections() -> RedisConnectionManager:
    """The WebSockets of this process."""
    services = get_services()
    return RedisConnectionManager(services.bus, services.settings.core)


def get_orchestrator() -> ape.Orchestrator:
    """The orchestrator of this process: the same object each time."""
    return get_services().orchestrator


def get_store() -> Optional[ape.Store]:
    """The store of this process; None where there is no database in the build."""
    return get_services().store
