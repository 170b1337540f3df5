# SPDX-License-Identifier: MIT
"""The application is what the document says."""
from __future__ import annotations

from typing import Any, Dict

import httpx
import pytest
from ape.api import models
from ape.api.document import DOCUMENT
from ape.api.main import app
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

#: FastAPI describes neither WebSockets nor the page.
ELSEWHERE = {("/ws/{client_id}", "get"), ("/", "get")}


def described(application: FastAPI) -> Dict[str, Any]:
    return get_openapi(title="x", version="x", routes=application.routes)


OURS = described(app)
OPERATIONS = [(path, method) for path, operations in DOCUMENT["paths"].items()
              for method in operations if (path, method) not in ELSEWHERE]


def test_the_routes_are_those_of_the_document() -> None:
    ours = {(path, method) for path, operations in OURS["paths"].items() for method in operations}
    assert ours - ELSEWHERE == set(OPERATIONS)
    names = {route.operation_id for route in app.routes
             if isinstance(route, APIRoute) and route.operation_id}
    documented = {operation["operationId"] for operations in DOCUMENT["paths"].values()
                  for operation in operations.values()}
    assert names <= documented


def parameters(operation: Dict[str, Any]) -> Dict[str, Any]:
    return {parameter["name"].lower(): (parameter["in"], parameter.get("required", False),
                                        bounds(parameter["schema"]))
            for parameter in operation.get("parameters", [])}


def bounds(schema: Dict[str, Any]) -> Dict[str, Any]:
    """What a schema allows, without how it is told: FastAPI writes anyOf for optional ones."""
    for choice in schema.get("anyOf", []):
        if choice.get("type") != "null":
            schema = choice
    kind = schema.get("type")
    kind = [kind] if isinstance(kind, str) else kind or []
    kept = {name: schema[name] for name in
            ("pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
             "enum") if name in schema}
    return {"type": sorted(set(kind) - {"null"}), **kept}


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_parameters_are_those_of_the_document(path: str, method: str) -> None:
    ours = OURS["paths"][path][method]
    theirs = DOCUMENT["paths"][path][method]
    assert parameters(ours) == parameters(theirs)
    assert ("requestBody" in ours) == ("requestBody" in theirs)
    if "requestBody" in theirs:
        assert ours["requestBody"].get("required", False) == theirs["requestBody"]["required"]


@pytest.mark.parametrize("name", ["QueryRequest", "CheckActualsRequest", "FetchRequest",
                                  "TokenRequest", "ChatRequest"])
def test_models_are_those_of_the_document(name: str) -> None:
    ours = getattr(models, name).model_json_schema()
    theirs = DOCUMENT["components"]["schemas"][name]
    assert set(ours["properties"]) == set(theirs["properties"])
    assert ours.get("required", []) == theirs.get("required", [])
    strict = theirs.get("additionalProperties", True)
    assert ours.get("additionalProperties", True) == strict
    for field, schema in theirs["properties"].items():
        if schema.get("type") not in ("object", ["object", "null"]):
            assert bounds(ours["properties"][field]) == bounds(schema), field


async def test_it_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json() == DOCUMENT
    assert app.openapi() == DOCUMENT
