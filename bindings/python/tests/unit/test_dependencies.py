# SPDX-License-Identifier: MIT
from __future__ import annotations

from ape.api import dependencies


def test_the_orchestrator_is_the_same_each_time() -> None:
    assert dependencies.get_orchestrator() is dependencies.get_orchestrator()


def test_parts_are_shared() -> None:
    services = dependencies.get_services()
    assert services is dependencies.get_services()
    assert services.orchestrator is dependencies.get_orchestrator()
    assert services.store is dependencies.get_store()
    assert dependencies.get_queries() is dependencies.get_queries()
