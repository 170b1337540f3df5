# SPDX-License-Identifier: MIT
"""What every call needs: text in, text out, and the story of a failure."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Optional, Type, TypeVar

from ape._native import declarations
from ape._native.loading import load
from ape.errors import ApeError, error_for

library = load()
Out = ctypes.c_void_p
Options = TypeVar("Options", bound=ctypes.Structure)


def check(function: Callable[..., int], *arguments: Any,
          kind: Optional[Type[ApeError]] = None) -> None:
    """Call a function whose last parameter is an ape_error; raise what it reports."""
    error = declarations.ape_error()
    status = function(*arguments, ctypes.byref(error))
    if status != declarations.APE_OK:
        raise failure(status, error, kind)


def failure(status: int, error: Any, kind: Optional[Type[ApeError]] = None) -> ApeError:
    message = error.message.decode("utf-8", "replace")
    if not message:
        message = library.ape_status_name(status).decode()
    return error_for(status, message, error.detail, error.offset, kind)


def initialised(structure: Type[Options]) -> Options:
    """An options struct with the library's defaults in it."""
    options = structure()
    name = structure.__name__ + "_init"
    getattr(library, name)(ctypes.byref(options), ctypes.sizeof(options))
    return options


def callback_type(structure: Type[ctypes.Structure], field: str) -> Any:
    """The function type of a callback in an options struct."""
    return next(kind for name, kind, *_ in structure._fields_ if name == field)


def string(value: Optional[str], name: str) -> Optional[bytes]:
    """UTF-8 for a C string; None stays None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{name} must not contain a NUL character")
    return value.encode()


def take_text(out: ctypes.c_void_p) -> str:
    """The content of an ape_text, which is freed."""
    try:
        data, size = library.ape_text_data(out), library.ape_text_size(out)
        return ctypes.string_at(data, size).decode("utf-8", "replace")
    finally:
        library.ape_text_free(out)
