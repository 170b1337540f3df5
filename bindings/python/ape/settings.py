# SPDX-License-Identifier: MIT
"""Settings: from the environment, else from a .env file, else unset."""
from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Dict, Mapping, Optional, Union

from ape._native import Handle, Out, check, declarations, initialised, library, string, take_text
from ape.errors import SettingsError
from ape.host import Host, pointer_of


class Settings(Handle):
    """Named text values; docs/settings.md lists the names.

    ``values`` win over the environment, which wins over the file ``dotenv`` (None: no file; a
    missing file is no error). Raises FormatError for a file that is not NAME=value lines, and
    InvalidError for a name that is none.

    >>> Settings({"LLM_RETRIES": "2"}, environment=False)["LLM_RETRIES"]
    '2'
    """

    __slots__ = ()

    def __init__(self, values: Optional[Mapping[str, Optional[str]]] = None, *,
                 dotenv: Optional[Union[str, "os.PathLike[str]"]] = None,
                 environment: bool = True, host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_settings_options)
        options.ignore_environment = 0 if environment else 1
        options.dotenv_path = None if dotenv is None else os.fsencode(dotenv)
        out = Out()
        check(library.ape_settings_new, pointer_of(host), ctypes.byref(options), ctypes.byref(out))
        self._own(out, library.ape_settings_free, host)
        for name, value in (values or {}).items():
            check(library.ape_settings_set, self._pointer, string(name, "name"),
                  string(value, name))

    def get(self, name: str) -> Optional[str]:
        """The value of a name, its default where docs/settings.md has one, else None."""
        value = library.ape_settings_get_or_default(self._pointer, string(name, "name"))
        return None if value is None else value.decode("utf-8", "replace")

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def integer(self, name: str, minimum: int, maximum: int, fallback: int) -> int:
        """The value as a whole number; InvalidError names the setting and the range."""
        out = ctypes.c_int64()
        check(library.ape_settings_get_integer, self._pointer, string(name, "name"), minimum,
              maximum, fallback, ctypes.byref(out))
        return out.value

    def signing_key(self, index: int = 0) -> Optional[str]:
        """Key 0 signs; what key 0 or key 1 signed is believed. None where there is no such key."""
        key = library.ape_settings_get_signing_key(self._pointer, index)
        return None if key is None else key.decode("utf-8", "replace")

    def check(self) -> None:
        """Raise SettingsError (a ValueError) for settings that this ENVIRONMENT refuses."""
        check(library.ape_settings_check, self._pointer, None, kind=SettingsError)

    def report(self) -> Dict[str, Any]:
        """Everything that is wrong or doubtful: {"environment", "findings", "ok", ...}."""
        out, error = Out(), declarations.ape_error()
        library.ape_settings_check(self._pointer, ctypes.byref(out), ctypes.byref(error))
        report: Dict[str, Any] = json.loads(take_text(out))
        return report

    def describe(self) -> Dict[str, Any]:
        """Every known setting and what it is set to; secrets are masked."""
        out = Out()
        check(library.ape_settings_describe, self._pointer, ctypes.byref(out))
        described: Dict[str, Any] = json.loads(take_text(out))
        return described
