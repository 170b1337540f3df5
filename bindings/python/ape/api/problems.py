# SPDX-License-Identifier: MIT
"""Errors as RFC 9457 problem documents, whatever went wrong."""
from __future__ import annotations

import logging
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Type

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import ape

logger = logging.getLogger("ape.api")
INSIDE = "something broke inside; the log has this request id"


class Kind(NamedTuple):
    """What a status is called: its title, its type, and OpenAI's word for it."""

    title: str
    type: str
    openai_type: str


_CLIENT, _SERVER = "invalid_request_error", "server_error"
KINDS = {
    400: Kind("Bad Request", "malformed", _CLIENT),
    401: Kind("Unauthorized", "unauthorized", "authentication_error"),
    403: Kind("Forbidden", "forbidden", "permission_error"),
    404: Kind("Not Found", "not-found", _CLIENT),
    405: Kind("Method Not Allowed", "method-not-allowed", _CLIENT),
    406: Kind("Not Acceptable", "not-acceptable", _CLIENT),
    408: Kind("Request Timeout", "request-timeout", _CLIENT),
    409: Kind("Conflict", "conflict", _CLIENT),
    413: Kind("Content Too Large", "too-large", _CLIENT),
    414: Kind("URI Too Long", "target-too-long", _CLIENT),
    415: Kind("Unsupported Media Type", "unsupported-media-type", _CLIENT),
    422: Kind("Unprocessable Content", "invalid-field", _CLIENT),
    426: Kind("Upgrade Required", "upgrade-required", _CLIENT),
    429: Kind("Too Many Requests", "quota-exceeded", "rate_limit_error"),
    431: Kind("Request Header Fields Too Large", "headers-too-large", _CLIENT),
    500: Kind("Internal Server Error", "internal", _SERVER),
    501: Kind("Not Implemented", "not-supported", _SERVER),
    502: Kind("Bad Gateway", "failed", _SERVER),
    503: Kind("Service Unavailable", "unavailable", _SERVER),
}

#: More particular classes come first.
_STATUS_OF: Tuple[Tuple[Type[ape.ApeError], int], ...] = (
    (ape.InvalidError, 422),
    (ape.NotFoundError, 404),
    (ape.StateError, 409),
    (ape.LimitError, 413),
    (ape.UnsupportedError, 501),
    (ape.RefusedError, 502),
    (ape.DeadlineError, 503),
    (ape.CancelledError, 503),
    (ape.UnavailableError, 503),
    (ape.OutOfMemoryError, 503),
    (ape.IsolationError, 503),
)


class Problem(Exception):
    """An answer that is an error; raise it anywhere below a route."""

    def __init__(self, status: int, detail: str, *, headers: Optional[Mapping[str, str]] = None,
                 errors: Optional[List[Dict[str, str]]] = None, **members: Any) -> None:
        super().__init__(detail)
        self.status = status if status in KINDS else 500
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members if errors is None else {"errors": errors, **members}
        if self.status == 503:
            self.headers.setdefault("Retry-After", "1")


def field_problem(field: str, detail: str) -> Problem:
    """422 that names one field."""
    return Problem(422, detail, errors=[{"field": field, "detail": detail}])


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def document(problem: Problem, path: str, request_id: str) -> Dict[str, Any]:
    """The problem document of one failed request."""
    kind = KINDS[problem.status]
    body: Dict[str, Any] = {
        "type": f"urn:ape:problem:{kind.type}", "title": kind.title, "status": problem.status,
        "detail": problem.detail, "instance": path, "request_id": request_id, **problem.members}
    if path.startswith("/v1/"):
        body["error"] = {"message": problem.detail, "type": kind.openai_type, "param": None,
                         "code": kind.type}
    return body


def response(problem: Problem, path: str, request_id: str) -> ProblemResponse:
    """The answer that a client gets."""
    return ProblemResponse(document(problem, path, request_id), problem.status,
                           headers=problem.headers)


def from_core(error: ape.ApeError) -> Problem:
    """What an error of the core means to a client."""
    status = next((status for kind, status in _STATUS_OF if isinstance(error, kind)), 500)
    if status == 500:
        logger.error("unexpected failure of the core", exc_info=error)
        return Problem(500, INSIDE)
    return Problem(status, str(error))


def from_validation(error: RequestValidationError) -> Problem:
    """422 with the fields."""
    errors = [{"field": str(item["loc"][1] if len(item["loc"]) > 1 else item["loc"][0]),
               "detail": item["msg"]} for item in error.errors()]
    return Problem(422, errors[0]["detail"], errors=errors)


def problem_of(error: Exception) -> Problem:
    """Any exception as a problem; what nobody expected is logged, and its story kept back."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ape.ApeError):
        return from_core(error)
    if isinstance(error, RequestValidationError):
        return from_validation(error)
    if isinstance(error, HTTPException):
        return Problem(error.status_code, str(error.detail), headers=error.headers)
    logger.error("unexpected failure", exc_info=error)
    return Problem(500, INSIDE)


def install(app: FastAPI) -> None:
    """Answer the exceptions of routes with problem documents."""
    async def answer(request: Request, error: Exception) -> ProblemResponse:
        return response(problem_of(error), request.url.path, request.scope["ape.request_id"])

    for kind in (Problem, ape.ApeError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)
