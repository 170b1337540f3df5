# SPDX-License-Identifier: MIT
"""Exceptions of the package: one class for each kind of failure of the core."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Type


class ApeError(Exception):
    """Something that libape could not do.

    ``status`` is the core's number (as -1 for APE_ERR_INVALID), ``detail`` an errno, HTTP status
    or CURLcode where there is one, ``offset`` the byte of the input where it makes
    sense, ``attempts`` what a language model client tried.
    """

    status = -14

    def __init__(self, message: str, *, detail: int = 0, offset: int = 0) -> None:
        super().__init__(message)
        self.detail = detail
        self.offset = offset
        self.attempts: List[Dict[str, Any]] = []


class InvalidError(ApeError, ValueError):
    """An argument or option that the caller can mend; the message names it."""

    status = -1


class OutOfMemoryError(ApeError, MemoryError):
    """An allocation failed."""

    status = -2


class UnsupportedError(ApeError):
    """This build or this version of the library cannot do it."""

    status = -3


class NotFoundError(ApeError, LookupError):
    """The named thing does not exist."""

    status = -4


class UnavailableError(ApeError):
    """A service is down or resting; try again later."""

    status = -5


class DeadlineError(ApeError, TimeoutError):
    """A deadline passed."""

    status = -6


class CancelledError(ApeError):
    """The caller asked to stop."""

    status = -7


class InputOutputError(ApeError):
    """The operating system refused; ``detail`` is its errno."""

    status = -8


class FormatError(ApeError, ValueError):
    """Data that does not follow its format."""

    status = -9


class LimitError(ApeError):
    """A size, count or budget was used up."""

    status = -10


class RefusedError(ApeError):
    """Policy forbids it, or a peer declined it."""

    status = -11


class SettingsError(RefusedError, InvalidError):
    """Settings that production refuses to start on; the message names the first one."""

    status = -11


class CodeRejected(RefusedError, InvalidError):
    """Code that must not run; the message is fit to be sent back to the model."""

    status = -11


class IsolationError(ApeError):
    """The sandbox cannot be made safe here; nothing was executed."""

    status = -12


class StateError(ApeError):
    """Not now: the object is in another state."""

    status = -13


class ClosedError(StateError, ValueError):
    """The object was closed, or was made by the parent process before a fork."""


class InternalError(ApeError):
    """A bug in libape; please report it."""


class LibraryError(ApeError, ImportError):
    """libape.so cannot be loaded, or is too old; the message says what to do."""

    status = -3


_KINDS = (
    InvalidError, OutOfMemoryError, UnsupportedError, NotFoundError, UnavailableError,
    DeadlineError, CancelledError, InputOutputError, FormatError, LimitError, RefusedError,
    IsolationError, StateError, InternalError,
)
_BY_STATUS: Dict[int, Type[ApeError]] = {kind.status: kind for kind in _KINDS}


def error_for(status: int, message: str, detail: int = 0, offset: int = 0,
              kind: Optional[Type[ApeError]] = None) -> ApeError:
    """The exception for a status that is not APE_OK."""
    return (kind or _BY_STATUS.get(status, InternalError))(message, detail=detail, offset=offset)
