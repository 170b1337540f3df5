# SPDX-License-Identifier: MIT
"""What every request passes before its route: sizes, credentials, rate, a whole JSON body."""
from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ape.api import problems
from ape.api.auth import credential_of, listed
from ape.api.document import ROUTES, Route, allowed
from ape.api.problems import Problem
from ape.api.rate_limit import Rate
from ape.api.services import Services

TARGET_BYTES = 4096
HEADER_BYTES = 16384
HEADER_FIELDS = 100
BODY_BYTES = 1024 * 1024
NESTING = 64
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OPEN_OR_CLOSE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.S)
_ONCE = (b"host", b"content-length", b"authorization", b"content-type")
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Gate:
    """ASGI middleware around the whole application; ``constant`` are answers by path that need
    no route."""

    def __init__(self, app: ASGIApp, services: Callable[[], Services],
                 constant: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._services = services
        self._constant = constant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        passage = Passage(self._services(), scope, send)
        try:
            receive = await passage.admit(receive)
        except Problem as problem:
            await passage.refuse(problem, receive)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await passage.serve(self._constant.get(scope["path"], self._app), receive)


class Passage:
    """One request on its way through the gate."""

    def __init__(self, services: Services, scope: Scope, send: Send) -> None:
        self._services = services
        self._scope = scope
        self._send = send
        self._headers = Headers(scope=scope)
        self._rate: Optional[Rate] = None
        self._route: Optional[Route] = None
        self._begun = time.monotonic()
        self._method: str = scope.get("method", "GET")
        self._sent_status: Optional[int] = None
        given = self._headers.get("x-request-id", "")
        scope["ape.request_id"] = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

    async def admit(self, receive: Receive) -> Receive:
        """Raise the Problem of a request that may not pass."""
        self._check_sizes()
        if self._is_preflight():
            return receive
        self._route = self._find_route()
        self._check_host_and_origin()
        client = self._check_credentials()
        self._check_rate(client)
        self._scope["ape.client"] = client
        if self._scope["type"] == "websocket":
            return receive
        return await self._read_body(receive)

    async def serve(self, app: ASGIApp, receive: Receive) -> None:
        """Run the route, and answer what it raises."""
        metrics = self._services.http_metrics
        metrics.in_flight.add(1)
        try:
            if self._is_preflight():
                await self._send_preflight()
                return
            if self._method == "HEAD":
                self._scope["method"] = "GET"
            await app(self._scope, receive, self._send_common)
        except Exception as error:
            if self._sent_status is not None:
                raise
            await self.refuse(problems.problem_of(error), receive)
        finally:
            metrics.in_flight.add(-1)
            self._count()

    def _count(self) -> None:
        self._services.http_metrics.count(
            self._route.path if self._route else "other", self._method,
            self._sent_status or 500, time.monotonic() - self._begun)

    def _check_sizes(self) -> None:
        target = self._scope.get("raw_path") or self._scope["path"].encode()
        if len(target) + len(self._scope["query_string"]) + 1 > TARGET_BYTES:
            raise Problem(414, "the request target is longer than 4,096 bytes")
        fields: List[Tuple[bytes, bytes]] = self._scope["headers"]
        if len(fields) > HEADER_FIELDS or sum(len(n) + len(v) for n, v in fields) > HEADER_BYTES:
            raise Problem(431, "more than 100 header fields, or more than 16 KiB of them")
        if any(byte < 0x21 or byte > 0x7e for byte in target):
            raise Problem(400, "the request target is not a path of printable ASCII")
        names = [name for name, _ in fields]
        if any(names.count(name) > 1 for name in _ONCE):
            raise Problem(400, "a header field that may be there once is there twice")

    def _find_route(self) -> Route:
        found = ROUTES.at(self._scope["path"])
        route = ROUTES.find(self._scope["path"], self._method)
        if route is not None:
            return route
        if not found:
            raise Problem(404, "there is nothing at this path; /openapi.json lists what there is")
        allow = ", ".join(allowed(found))
        raise Problem(405, f"{self._method} is not a method of this path; it has {allow}",
                      headers={"Allow": allow})

    def _check_host_and_origin(self) -> None:
        """A server that asks for no key trusts whoever reaches it: programs of this machine, but
        not the pages that its browser happens to show."""
        host, origin = self._headers.get("host"), self._headers.get("origin")
        if not self._services.keys.required and host and not _is_loopback(host):
            raise Problem(403, "without API_KEYS only requests to a loopback name are answered")
        safe = self._method in ("GET", "HEAD") and self._scope["type"] == "http"
        if origin and not safe and not self._origin_allowed(origin):
            raise Problem(403, "the Origin is not in CORS_ORIGINS")

    def _origin_allowed(self, origin: str) -> bool:
        _, _, after = origin.partition("://")
        host = self._headers.get("host", "")
        return (bool(after) and after.lower() == host.lower()) or listed(
            self._services.origins, origin)

    def _check_credentials(self) -> str:
        address = self._scope.get("client") or ("local", 0)
        keys = self._services.keys
        if (self._route is not None and self._route.public) or not keys.required:
            return str(address[0])
        credential = credential_of(self._headers)
        name = keys.name_of(credential, time.time()) if credential else None
        if name is not None:
            return name
        if credential:
            raise Problem(401, "the key or token is not valid", headers={
                "WWW-Authenticate": 'Bearer realm="ape", error="invalid_token"'})
        raise Problem(401, "send an API key: Authorization: Bearer KEY",
                      headers={"WWW-Authenticate": 'Bearer realm="ape"'})

    def _check_rate(self, client: str) -> None:
        limit = self._services.rate_limit
        if limit is None or (self._route is not None and self._route.public):
            return
        self._rate = rate = limit.take(client)
        if not rate.allowed:
            raise Problem(429, f"more than {rate.quota} requests in {rate.window_s} s; "
                          f"wait {rate.reset_s} s", headers={"Retry-After": str(rate.reset_s)})

    async def _read_body(self, receive: Receive) -> Receive:
        route = self._route
        declared = self._headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            raise Problem(400, "Content-Length is not a number")
        empty = declared == "0" and "transfer-encoding" not in self._headers
        if route is None or not route.reads_json:
            if not empty:
                raise Problem(400, "this route reads no body")
            return receive
        if int(declared) > BODY_BYTES:
            raise Problem(413, "the body is larger than 1 MiB")
        if self._headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "send the body without Content-Encoding")
        if empty and route.body_required:
            raise Problem(400, "the body is missing: send a JSON object")
        if not empty and not _is_json(self._headers.get("content-type", "")):
            raise Problem(415, "the body must be application/json")
        body = await _whole_body(receive)
        check_json(body or b"{}")
        return _replay(body, receive)

    def _is_preflight(self) -> bool:
        return (self._method == "OPTIONS" and "origin" in self._headers
                and "access-control-request-method" in self._headers)

    async def _send_preflight(self) -> None:
        headers = {}
        if self._origin_allowed(self._headers["origin"]):
            headers = {
                "Access-Control-Allow-Methods": "GET, POST, HEAD",
                "Access-Control-Allow-Headers":
                    "Authorization, Content-Type, X-API-Key, X-Request-Id, Prefer, Accept",
                "Access-Control-Max-Age": "600"}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send_common({"type": "http.response.start", "status": 204, "headers": raw})
        await self._send_common({"type": "http.response.body"})

    async def _send_common(self, message: Message) -> None:
        """Send, with what every answer carries."""
        if message["type"] == "http.response.start":
            self._sent_status = message["status"]
            message = {**message, "headers": list(message["headers"])}
            self._add_headers(MutableHeaders(scope=message))
        elif message["type"] == "http.response.body" and self._method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self._scope["ape.request_id"]
        for name, value in COMMON.items():
            headers.setdefault(name, value)
        for name, value in (self._rate.headers() if self._rate else {}).items():
            headers[name] = value
        origin = self._headers.get("origin")
        if origin and self._origin_allowed(origin):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = (
                "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Location")
            headers["Vary"] = "Origin"

    async def refuse(self, problem: Problem, receive: Receive) -> None:
        """Answer with a problem document; a WebSocket is refused before it is accepted."""
        request_id, path = self._scope["ape.request_id"], self._scope["path"]
        answer = problems.response(problem, path, request_id)
        if self._scope["type"] == "http":
            await answer({**self._scope, "method": self._method}, receive, self._send_common)
        elif "websocket.http.response" in self._scope.get("extensions", {}):
            await answer(self._scope, receive, self._send)
        else:
            await self._send({"type": "websocket.close", "code": 1008})


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit("//" + host).hostname or ""
    except ValueError:
        return False
    return name in ("localhost", "::1") or name.startswith("127.")


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


async def _whole_body(receive: Receive) -> bytes:
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "the client went away before its body was whole")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > BODY_BYTES:
            raise Problem(413, "the body is larger than 1 MiB")
        more = message.get("more_body", False)
    return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once more, then what comes after it."""
    pending: List[Dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()
    return replayed


def check_json(body: bytes) -> None:
    """400 for what is not one JSON object that everybody reads the same way."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Problem(400, "the body is not UTF-8 text") from None
    if "\0" in text:
        raise Problem(400, "the body is not UTF-8 text")
    if _depth(text) > NESTING:
        raise Problem(400, f"the body is nested more than {NESTING} deep")
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Problem(400, f"the body is not JSON: look at byte {error.pos}") from None
    if not isinstance(value, dict):
        raise Problem(400, "the body must be a JSON object")


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _OPEN_OR_CLOSE.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _members(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem(400, f"the member {twice[:60]} is there twice")
    return members


def _no_constant(name: str) -> None:
    raise Problem(400, f"the body is not JSON: {name} is no JSON number")
