# SPDX-License-Identifier: MIT
"""Python functions that C calls: an exception never crosses the border."""
from __future__ import annotations

import sys
import types
from typing import Any, Callable, List, Optional


def report_unraisable(error: BaseException, where: Callable[..., Any]) -> None:
    """Hand an exception that nobody waits for to sys.unraisablehook."""
    sys.unraisablehook(types.SimpleNamespace(
        exc_type=type(error), exc_value=error, exc_traceback=error.__traceback__,
        err_msg="Exception ignored in a callback of libape", object=where))


class Guarded:
    """A callback of one call: the first exception it raises is kept, and raised after the call."""

    def __init__(self, function: Callable[..., Any], default: Any = None) -> None:
        self._function = function
        self._default = default
        self._errors: List[BaseException] = []

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self._function(*arguments)
        except BaseException as error:
            self._errors.append(error)
            return self._default

    def raise_kept(self) -> None:
        error: Optional[BaseException] = self._errors[0] if self._errors else None
        if error is not None:
            raise error


def unattended(function: Callable[..., Any], default: Any = None) -> Callable[..., Any]:
    """A callback that outlives the call that set it: exceptions go to sys.unraisablehook."""
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except BaseException as error:
            report_unraisable(error, function)
            return default
    return call
