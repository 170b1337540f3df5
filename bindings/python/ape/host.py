# SPDX-License-Identifier: MIT
"""What the core needs from the program around it: a log and clocks."""
from __future__ import annotations

import ctypes
import logging
from typing import Callable, Optional

from ape._native import (
    Handle,
    Out,
    callback_type,
    check,
    declarations,
    initialised,
    library,
    unattended,
)

_LEVELS = {
    declarations.APE_LOG_DEBUG: logging.DEBUG,
    declarations.APE_LOG_INFO: logging.INFO,
    declarations.APE_LOG_WARNING: logging.WARNING,
    declarations.APE_LOG_ERROR: logging.ERROR,
}


class Host(Handle):
    """A log and clocks for the objects made with it; every class takes one as ``host``.

    ``logger`` gets one record a line, from any thread, never with a secret in it. ``now_ms``
    (milliseconds that never go back) and ``wall_ms`` (milliseconds since 1970, UTC) replace the
    system's clocks: tests move time by hand with them. Both may be called from any thread.

    >>> import logging
    >>> Market(host=Host(logger=logging.getLogger("ape"))).newest_date()
    '2022-12-28'
    """

    __slots__ = ()

    def __init__(self, *, logger: Optional[logging.Logger] = None,
                 now_ms: Optional[Callable[[], int]] = None,
                 wall_ms: Optional[Callable[[], int]] = None) -> None:
        kind = declarations.ape_host_options
        options = initialised(kind)
        keep = []
        if logger is not None:
            keep.append(callback_type(kind, "log")(unattended(_log_to(logger))))
            options.log = keep[-1]
        for name, clock in (("now_ms", now_ms), ("wall_ms", wall_ms)):
            if clock is not None:
                keep.append(callback_type(kind, name)(unattended(_without_user(clock), 0)))
                setattr(options, name, keep[-1])
        out = Out()
        check(library.ape_host_new, ctypes.byref(options), ctypes.byref(out))
        # Objects of the core may outlive this handle and still call back: their Python
        # classes keep the host.
        self._own(out, library.ape_host_free, keep)


def _log_to(logger: logging.Logger) -> Callable[..., None]:
    def log(_user: Optional[int], level: int, area: bytes, message: bytes) -> None:
        logger.log(_LEVELS.get(level, logging.ERROR), "%s: %s",
                   area.decode("utf-8", "replace"), message.decode("utf-8", "replace"))
    return log


def _without_user(clock: Callable[[], int]) -> Callable[[Optional[int]], int]:
    return lambda _user: clock()


def pointer_of(handle: Optional[Handle]) -> Optional[Out]:
    """The C pointer of an optional handle; NULL for None."""
    return None if handle is None else handle._pointer
