# SPDX-License-Identifier: MIT
"""The OpenAPI document that every server of libape serves, and what the gate needs of it."""
from __future__ import annotations

import json
import pathlib
import re
from typing import Any, Dict, List, NamedTuple, Optional, Pattern

PATH = pathlib.Path(__file__).resolve().parent.parent / "_core" / "data" / "openapi.json"
TEXT = PATH.read_bytes()
DOCUMENT: Dict[str, Any] = json.loads(TEXT)


class Route(NamedTuple):
    """One operation, as far as it matters before its function is called."""

    path: str
    method: str
    public: bool
    reads_json: bool
    body_required: bool


class Routes:
    """Finds the operation of a request."""

    def __init__(self, document: Dict[str, Any]) -> None:
        self._paths = [(_pattern(path), _operations(path, operations))
                       for path, operations in document["paths"].items()]
        # /api/predictions/track-record comes before /api/predictions/{ticker}.
        self._paths.sort(key=lambda entry: entry[0].pattern.count("("))

    def at(self, path: str) -> Dict[str, Route]:
        """The operations at a path, by method; empty if there is nothing."""
        return next((found for pattern, found in self._paths if pattern.fullmatch(path)), {})

    def find(self, path: str, method: str) -> Optional[Route]:
        return self.at(path).get("GET" if method == "HEAD" else method)


def _pattern(path: str) -> Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path)))


def _operations(path: str, operations: Dict[str, Any]) -> Dict[str, Route]:
    return {method.upper(): Route(path, method.upper(), operation.get("security") == [],
                                  "requestBody" in operation,
                                  operation.get("requestBody", {}).get("required", False))
            for method, operation in operations.items()}


def allowed(found: Dict[str, Route]) -> List[str]:
    """What Allow says of a path."""
    return [name for method in found
            for name in ([method, "HEAD"] if method == "GET" else [method])]


#: The page's own files belong to the page, not to the interface.
ASSETS: Dict[str, Any] = {"/assets/{name}": {"get": {"security": []}}}
ROUTES = Routes({"paths": {**DOCUMENT["paths"], **ASSETS}})
