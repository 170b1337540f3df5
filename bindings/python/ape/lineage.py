# SPDX-License-Identifier: MIT
"""Where answers come from, as a graph in Neo4j."""
from __future__ import annotations

import ctypes
import json
from typing import Any, Mapping, Optional

from ape._native import Handle, Out, check, declarations, initialised, library
from ape.errors import DeadlineError
from ape.host import Host, pointer_of
from ape.metrics_registry import MetricsRegistry
from ape.settings import Settings


class Lineage(Handle):
    """Writes (:Query)-[:USED]->(:Fact)-[:FROM]->(:Dataset) to the Neo4j that ``settings`` name
    (NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD); without NEO4J_URI it is off, and takes everything.

    Give it to an Orchestrator, or ``post()`` answers. What cannot be written is dropped and
    counted: lineage is never in the way of an answer. ``metrics`` gets
    ape_lineage_answers_total. ``options``: queue_limit, interval_ms, timeout_ms, retries.

    >>> Lineage().is_on
    False
    """

    __slots__ = ()

    def __init__(self, settings: Optional[Settings] = None, *,
                 metrics: Optional[MetricsRegistry] = None, host: Optional[Host] = None,
                 **options: int) -> None:
        filled = initialised(declarations.ape_lineage_options)
        for name, value in options.items():
            if name not in ("queue_limit", "interval_ms", "timeout_ms", "retries"):
                raise TypeError(f"Lineage has no option {name!r}")
            setattr(filled, name, value)
        filled.settings, filled.metrics = pointer_of(settings), pointer_of(metrics)
        out = Out()
        check(library.ape_lineage_new, pointer_of(host), ctypes.byref(filled), ctypes.byref(out))
        self._own(out, library.ape_lineage_free, host, metrics)

    @property
    def is_on(self) -> bool:
        """True if there is a Neo4j to write to."""
        return bool(self._pointer)

    def post(self, answer: Mapping[str, Any]) -> None:
        """Queue an answer, as Answer.data has it. LimitError: the queue is full."""
        text = json.dumps(answer).encode()
        check(library.ape_lineage_post, self._pointer, text, len(text))

    def flush(self, timeout_ms: int = 10000) -> None:
        """Wait until nothing waits any more; DeadlineError."""
        if library.ape_lineage_flush(self._pointer, timeout_ms) != declarations.APE_OK:
            raise DeadlineError("answers still wait to be written")
