# SPDX-License-Identifier: MIT
"""Health, readiness, metrics, and the document of the interface."""
from __future__ import annotations

import re
from typing import Annotated, Any, Optional

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import JSONResponse

import ape
from ape.api.dependencies import get_services
from ape.api.document import TEXT
from ape.api.problems import Problem
from ape.api.services import Services

router = APIRouter(tags=["operations"])
Parts = Annotated[Services, Depends(get_services)]
Accept = Annotated[Optional[str], Header(include_in_schema=False)]


#: As draft-inadarei-api-health-check says.
DRAFT = "application/health+json"

_NAMES_DRAFT = re.compile(r"application/health\+json(?! *;q=0(\.0*)?(,|$))", re.IGNORECASE)

#: The same every time; the gate sends it without asking a route.
HEALTHY = JSONResponse({"status": "healthy", "version": ape.__version__})


@router.get("/health", operation_id="health")
async def health() -> JSONResponse:
    return HEALTHY


@router.get("/health/detailed", operation_id="health_detailed")
async def health_detailed(services: Parts, accept: Accept = None) -> JSONResponse:
    status = 503 if services.health.status == "unhealthy" else 200
    if _NAMES_DRAFT.search(accept or ""):
        return JSONResponse(services.health.report("health+json"), status, media_type=DRAFT)
    return JSONResponse(services.health.report(), status)


@router.get("/live", operation_id="live")
async def live(services: Parts) -> Any:
    if not services.health.is_live:
        raise Problem(503, "the process does not go round any more")
    return JSONResponse({"status": "alive"})


@router.get("/ready", operation_id="ready")
async def ready(services: Parts) -> Any:
    if not services.health.is_ready:
        raise Problem(503, "a service that it needs is away, or the server is about to end")
    return JSONResponse({"status": "ready"})


@router.get("/metrics", operation_id="metrics")
async def metrics(services: Parts, accept: Accept = None) -> Response:
    content_type, text = await services.run(services.registry.negotiated, accept)
    return Response(text, headers={"Content-Type": content_type})


@router.get("/openapi.json", operation_id="openapi")
async def openapi() -> Response:
    return Response(TEXT, media_type="application/json")
