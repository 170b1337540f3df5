# SPDX-License-Identifier: MIT
"""Find libape.so, load it, and give its functions their types."""
from __future__ import annotations

import ctypes
import os
import pathlib
from typing import Any

from ape._native import declarations
from ape.errors import LibraryError

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "_core" / "lib"
REMEDY = ("Install the package again (pip install --force-reinstall libape), or set APE_LIBRARY "
          "to the path of libape.so {version} or newer")

#: These take less time than giving up the interpreter lock and getting it back; they wait for
#: nothing and call nothing of Python's.
KEEPING_THE_LOCK = {"ape_counter_add", "ape_counter_inc", "ape_gauge_add", "ape_gauge_set",
                    "ape_histogram_observe"}


class Library:
    """The functions of one loaded library; each is looked up when first used."""

    def __init__(self, path: str) -> None:
        remedy = REMEDY.format(version=declarations.VERSION)
        try:
            self._dll = ctypes.CDLL(path)
            self._keeping = ctypes.PyDLL(path)
        except OSError as error:
            raise LibraryError(f"cannot load {path}: {error}. {remedy}.") from None
        self.path = path
        try:
            found = self.ape_version().decode()
        except LibraryError:
            raise LibraryError(f"{path} is not libape. {remedy}.") from None
        if _number(found) < _number(declarations.VERSION):
            raise LibraryError(f"{path} is libape {found}, which is too old. {remedy}.")

    def __getattr__(self, name: str) -> Any:
        if name not in declarations.FUNCTIONS:
            raise AttributeError(name)
        try:
            function = getattr(self._keeping if name in KEEPING_THE_LOCK else self._dll, name)
        except AttributeError:
            raise LibraryError(f"{self.path} has no function {name}. "
                               + REMEDY.format(version=declarations.VERSION) + ".") from None
        function.restype, function.argtypes = declarations.FUNCTIONS[name]
        setattr(self, name, function)
        return function


def _number(version: str) -> "tuple[int, ...]":
    return tuple(int(part) for part in version.split("."))


def load() -> Library:
    """The library that APE_LIBRARY names, else the one inside the package."""
    return Library(os.environ.get("APE_LIBRARY") or _bundled())


def _bundled() -> str:
    return str(next(FOLDER.glob("libape.so*"), FOLDER / "libape.so"))
