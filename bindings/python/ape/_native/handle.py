# SPDX-License-Identifier: MIT
"""Objects of the core that Python owns."""
from __future__ import annotations

import atexit
import ctypes
import os
import weakref
from typing import Any, Callable, Optional, Tuple, TypeVar

from ape.errors import ClosedError

Self = TypeVar("Self", bound="Handle")


class Owned(ctypes.c_void_p):
    """A pointer that frees its object when the last reference is gone.

    Each call holds a reference through its arguments, so closing a handle in one thread while
    another is inside the library frees nothing too early.
    """

    free: Optional[Callable[[int], None]] = None
    keep: Tuple[Any, ...] = ()  # callbacks that C may call as long as the object lives

    def __del__(self) -> None:
        if self.value and self.free is not None:
            self.free(self.value)


class Handle:
    """Base of every class that stands for an object of the core.

    A context manager; close() may be called early, in any order, more than once. What is still
    open at the end of the process is closed then. After a fork the child's copies are unusable,
    and leave alone what belongs to the parent.
    """

    __slots__ = ("_owned", "_gone", "__weakref__")

    def _own(self, out: ctypes.c_void_p, free: Callable[[int], None], *keep: Any) -> None:
        owned = Owned(out.value)
        owned.free = free
        owned.keep = keep
        self._owned: Optional[Owned] = owned
        self._gone = "is closed"
        _live.add(self)

    @property
    def _pointer(self) -> Owned:
        owned = self._owned
        if owned is None:
            raise self._closed_error()
        return owned

    def _closed_error(self) -> ClosedError:
        return ClosedError(f"this {type(self).__name__} {self._gone}; make a new one")

    @property
    def closed(self) -> bool:
        """True once the object cannot be used any more."""
        return self._owned is None

    def close(self) -> None:
        """Give the object up. Calls that are still running end first."""
        self._owned = None

    def _abandon(self) -> None:
        if self._owned is not None:
            self._owned.free = None
        self._owned = None
        self._gone = "was made before this process was forked"

    def __enter__(self: Self) -> Self:
        self._pointer  # noqa: B018  closed handles are not entered
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled: it belongs to this process")


_live: "weakref.WeakSet[Handle]" = weakref.WeakSet()


def _close_all() -> None:
    for handle in list(_live):
        handle.close()


def _abandon_all() -> None:
    for handle in list(_live):
        handle._abandon()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_abandon_all)
