# SPDX-License-Identifier: MIT
"""The application's settings: the core's, by attribute, checked when they are read."""
from __future__ import annotations

import functools
import json
from typing import Any, Dict, List, Optional

import ape

_PARTS = {"POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER"}


class Secret(str):
    """A text whose repr does not show it."""

    def __repr__(self) -> str:
        return "Secret('**********')" if self else "Secret('')"


class Settings:
    """Settings from arguments, the environment, ``.env``; docs/settings.md lists them.

    Raises SettingsError, a ValueError, for what ENVIRONMENT does not allow. Numbers are ints,
    lists are lists; a secret that is unset is "", anything else that is unset is None.

    >>> Settings(ENVIRONMENT="development").ENVIRONMENT
    'development'
    """

    def __init__(self, **values: Any) -> None:
        given = {name: None if value is None else str(value) for name, value in values.items()}
        self.core = ape.Settings(given, dotenv=".env")
        self.core.check()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "core" or not name.isupper():
            raise AttributeError(name)
        entry = _entry(name)
        if entry is None:
            raise AttributeError(f"there is no setting {name}; docs/settings.md lists them")
        value = self.core.get(name)
        if entry["secret"] and entry["type"] != "url":
            return _secret(value, entry["type"])
        return _plain(value if value is not None else _default(self, name), entry["type"])

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *(name for name in _table() if name[0] != "*")]

    def __repr__(self) -> str:
        shown = {entry["name"]: entry["value"] for entry in self.core.describe()["settings"]
                 if entry["value"] is not None and entry["source"] != "default"}
        return f"Settings({json.dumps(shown, ensure_ascii=False)})"


@functools.cache
def _table() -> Dict[str, Dict[str, Any]]:
    """What can be set, by name; "*" stands for the name of a provider."""
    nothing_set = ape.Settings({}, environment=False)
    return {entry["name"]: entry for entry in nothing_set.describe()["settings"]}


def _entry(name: str) -> Optional[Dict[str, Any]]:
    return _table().get(name) or next((entry for star, entry in _table().items()
                                       if star[0] == "*" and name.endswith(star[1:])), None)


def _secret(value: Optional[str], kind: str) -> Any:
    if kind == "list":
        return [Secret(part) for part in _parts(value)]
    return Secret(value or "")


def _plain(value: Optional[str], kind: str) -> Any:
    if kind == "list":
        return _parts(value)
    if kind == "integer" and value is not None:
        return int(value)
    return Secret(value) if kind == "url" and value is not None and "@" in value else value


def _parts(value: Optional[str]) -> List[str]:
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def _default(settings: Settings, name: str) -> Optional[str]:
    """DATABASE_URL, made of its parts where it is not set as a whole."""
    if name != "DATABASE_URL":
        return None
    parts = {part: settings.core.get(part) or "" for part in _PARTS}
    host = parts["POSTGRES_HOST"] or "localhost"
    return (f"postgresql://{parts['POSTGRES_USER']}@{host}:{parts['POSTGRES_PORT']}"
            f"/{parts['POSTGRES_DB']}")


settings = Settings()
