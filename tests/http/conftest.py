# SPDX-License-Identifier: MIT
"""The conformance suite: any server that speaks data/openapi.json must pass it.

It is told where the server is, and nothing else:
    APE_BASE_URL   as http://127.0.0.1:8000
    APE_API_KEY    if the server asks for one
"""
import json
import os
import pathlib
import re
import time

import httpx
import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = json.loads(
    (pathlib.Path(__file__).parents[2] / "data" / "openapi.json").read_text())
REGISTRY = Registry().with_resource(
    "urn:openapi", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012))


def pytest_configure(config):
    config.addinivalue_line("markers", "critical: an endpoint that nobody can do without")
    config.addinivalue_line("markers", "realapi: asks the server's real chain")


def validate(schema, value):
    """Check a value against a schema of the document; schema is "#/..." or a dict."""
    if isinstance(schema, str):
        schema = {"$ref": schema}
    jsonschema.Draft202012Validator(absolute(schema), registry=REGISTRY).validate(value)


def absolute(schema):
    """References into the document, as seen from outside it."""
    if isinstance(schema, dict):
        return {key: "urn:openapi" + value if key == "$ref" and value.startswith("#") else
                absolute(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [absolute(value) for value in schema]
    return schema


def find_operation(method, path):
    method = "get" if method == "HEAD" else method.lower()
    found = None
    for template, operations in DOCUMENT["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method in operations:
            found = operations[method]
            if "{" not in template:
                break
    return found


def check_against_document(response):
    """Every response is one that the document describes."""
    response.read()
    operation = find_operation(response.request.method, response.request.url.path)
    status, media = str(response.status_code), response.headers.get("content-type", "")
    media = media.split(";")[0]
    assert response.headers.get("x-request-id"), "no X-Request-Id"
    if response.status_code >= 400:
        if media in ("application/json", "application/health+json") and status == "503":
            validate(operation["responses"][status]["content"][media]["schema"], response.json())
            return
        assert media == "application/problem+json", f"{status} is {media}"
        if response.request.method != "HEAD":
            problem = response.json()
            validate("#/components/schemas/Problem", problem)
            assert problem["status"] == response.status_code
    if operation is None:
        assert response.status_code in (404, 405) or response.request.url.path.startswith("/assets/")
        return
    assert status in operation["responses"], f"{status} is not in the document"
    described = operation["responses"][status]
    if "$ref" in described:
        described = DOCUMENT["components"]["responses"][described["$ref"].split("/")[-1]]
    if response.request.method == "HEAD" or "content" not in described:
        return
    assert media in described["content"], f"{status} is {media}"
    if "json" in media:
        validate(described["content"][media]["schema"], response.json())


@pytest.fixture(scope="session")
def base_url():
    url = os.environ.get("APE_BASE_URL")
    if not url:
        pytest.exit("set APE_BASE_URL to the server's address", returncode=2)
    return url.rstrip("/")


@pytest.fixture(scope="session")
def headers():
    key = os.environ.get("APE_API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}


@pytest.fixture(scope="session")
def client(base_url, headers):
    with httpx.Client(base_url=base_url, headers=headers, timeout=60,
                      event_hooks={"response": [check_against_document]}) as c:
        yield c


@pytest.fixture(scope="session")
def ask(client):
    """Ask a question and give the answer back."""
    def run(question, **more):
        response = client.post("/api/query", json={"query": question, **more})
        assert response.status_code == 200, response.text
        return response.json()
    return run


@pytest.fixture(scope="session")
def eventually():
    def wait(condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError("it did not come to pass")
    return wait
