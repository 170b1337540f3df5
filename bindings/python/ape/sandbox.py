# SPDX-License-Identifier: MIT
"""The verified execution environment: runs Python that nobody trusts."""
from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Dict, Optional, Union

from ape._native import Handle, Out, check, declarations, initialised, library, string, take_text
from ape.host import Host, pointer_of
from ape.market import Market
from ape.metrics_registry import MetricsRegistry

_LEVELS = {"A": declarations.APE_SANDBOX_LEVEL_A, "B": declarations.APE_SANDBOX_LEVEL_B}


class SandboxResult:
    """How a run ended, and what it left.

    ``reason`` is one of ok, error, wall, cpu, memory, output, policy, signal, cancelled, helper.
    ``stdout`` and ``stderr`` are text, ``stdout_bytes`` the exact bytes; ``data`` is everything
    that is known: isolation, usage, the prices that were read.
    """

    def __init__(self, data: Dict[str, Any], stdout: bytes, stderr: bytes) -> None:
        self.data = data
        self.reason: str = data["reason"]
        self.exit_code: int = data["exit_code"]
        self.stdout: str = data["stdout"]
        self.stderr: str = data["stderr"]
        self.stdout_bytes = stdout
        self.stderr_bytes = stderr

    @property
    def ok(self) -> bool:
        """True if the program ran to its end."""
        return self.reason == "ok"

    def __repr__(self) -> str:
        return f"<SandboxResult {self.reason}, exit code {self.exit_code}>"


class Sandbox(Handle):
    """Runs programs on prices cut at an as-of date, in a process that can reach nothing else.

    ``market`` None: runs have no prices. ``min_level`` "A" or "B": refuse below it
    (IsolationError). ``metrics`` gets ape_vee_*. The helper process starts with the first run, so
    keep a sandbox.

    >>> with Sandbox(Market()) as sandbox:
    ...     sandbox.run("print(6 * 7)").stdout
    '42\\n'
    """

    __slots__ = ()

    def __init__(self, market: Optional[Market] = None, *, min_level: str = "B",
                 helper_path: Optional[Union[str, "os.PathLike[str]"]] = None,
                 python_path: Optional[Union[str, "os.PathLike[str]"]] = None,
                 metrics: Optional[MetricsRegistry] = None, host: Optional[Host] = None) -> None:
        if min_level not in _LEVELS:
            raise ValueError(f"min_level must be 'A' or 'B', not {min_level!r}")
        options = initialised(declarations.ape_sandbox_options)
        options.min_level = _LEVELS[min_level]
        options.helper_path = None if helper_path is None else os.fsencode(helper_path)
        options.python_path = None if python_path is None else os.fsencode(python_path)
        out = Out()
        check(library.ape_sandbox_new, pointer_of(host), pointer_of(market),
              ctypes.byref(options), ctypes.byref(out))
        self._own(out, library.ape_sandbox_free, host, market)
        if metrics is not None:
            check(library.ape_sandbox_set_metrics, self._pointer, metrics._pointer)

    def run(self, code: str, *, as_of: Optional[str] = None, wall_ms: int = 10000,
            cpu_ms: int = 10000, memory_mb: int = 512, output_bytes: int = 1048576,
            seed: int = 0) -> SandboxResult:
        """Run a program and wait for its end; a program that fails is a result, not an error.

        Times in milliseconds, 1 to 600000; memory in MiB beyond the interpreter's own. Raises
        InvalidError for a limit or code out of range, IsolationError and NotFoundError where
        nothing can be run here.
        """
        options = initialised(declarations.ape_sandbox_run_options)
        options.wall_ms, options.cpu_ms, options.memory_mb = wall_ms, cpu_ms, memory_mb
        options.output_bytes, options.seed = output_bytes, seed
        options.as_of = string(as_of, "as_of")
        source = code.encode()
        out = Out()
        check(library.ape_sandbox_run, self._pointer, source, len(source),
              ctypes.byref(options), ctypes.byref(out))
        return _take_result(out)


def _take_result(result: Out) -> SandboxResult:
    try:
        text = Out()
        check(library.ape_sandbox_result_to_json, result, ctypes.byref(text))
        return SandboxResult(
            json.loads(take_text(text)),
            ctypes.string_at(library.ape_sandbox_result_stdout(result),
                             library.ape_sandbox_result_stdout_size(result)),
            ctypes.string_at(library.ape_sandbox_result_stderr(result),
                             library.ape_sandbox_result_stderr_size(result)))
    finally:
        library.ape_sandbox_result_free(result)
