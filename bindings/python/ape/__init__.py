# SPDX-License-Identifier: MIT
"""Questions in plain words in, verified numbers out.

>>> import ape
>>> print(ape.query("Calculate the Sharpe ratio for AAPL in 2021"))  # doctest: +ELLIPSIS
The Sharpe ratio of AAPL ...

Each class stands for one object of the C library libape and works alone: a program may use
CircuitBreaker and nothing else. Objects are context managers, may be closed in any order, and
are freed when nobody refers to them. Any number of threads may share one. Objects made before a
fork cannot be used in the child. docs/python.md tells more.
"""
from ape._native import library as _library
from ape.bus import Bus
from ape.circuit_breaker import CircuitBreaker, CircuitBreakerOpen
from ape.code_sanitizer import CodeSanitizer, SanitizedCode
from ape.errors import (
    ApeError,
    CancelledError,
    ClosedError,
    CodeRejected,
    DeadlineError,
    FormatError,
    InputOutputError,
    InternalError,
    InvalidError,
    IsolationError,
    LibraryError,
    LimitError,
    NotFoundError,
    OutOfMemoryError,
    RefusedError,
    SettingsError,
    StateError,
    UnavailableError,
    UnsupportedError,
)
from ape.health_checker import HealthChecker
from ape.host import Host
from ape.lineage import Lineage
from ape.llm_client import Completion, LLMClient
from ape.market import Market
from ape.metrics_registry import MetricsRegistry
from ape.notifier import Notifier
from ape.orchestrator import Answer, Orchestrator, query
from ape.price_feed import PriceFeed
from ape.sandbox import Sandbox, SandboxResult
from ape.settings import Settings
from ape.store import Store

__version__: str = _library.ape_version().decode()

__all__ = [
    "Answer", "ApeError", "Bus", "CancelledError", "CircuitBreaker", "CircuitBreakerOpen",
    "ClosedError", "CodeRejected", "CodeSanitizer", "Completion", "DeadlineError", "FormatError",
    "HealthChecker", "Host", "InputOutputError", "InternalError", "InvalidError", "IsolationError",
    "LLMClient", "LibraryError", "LimitError", "Lineage", "Market", "MetricsRegistry",
    "NotFoundError", "Notifier", "Orchestrator", "OutOfMemoryError", "PriceFeed", "RefusedError",
    "Sandbox", "SandboxResult", "SanitizedCode", "Settings", "SettingsError", "StateError",
    "Store", "UnavailableError", "UnsupportedError", "query",
]
