# SPDX-License-Identifier: MIT
"""Ask a question; look at past and running queries."""
from __future__ import annotations

import json
from typing import Annotated, Any, AsyncIterator, Dict, Optional

from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ape.api import dependencies, models
from ape.api.problems import Problem
from ape.api.queries import Ask, Queries
from ape.api.queries import Query as RunningQuery
from ape.api.services import Services

router = APIRouter(tags=["queries"])
All = Annotated[Queries, Depends(dependencies.get_queries)]
Parts = Annotated[Services, Depends(dependencies.get_services)]
JSON, EVENTS = "application/json", "text/event-stream"


@router.post("/api/query", operation_id="query")
async def query(
        body: models.QueryRequest, queries: All,
        prefer: Annotated[Optional[str], Header()] = None,
        accept: Annotated[Optional[str], Header(include_in_schema=False)] = None) -> Response:
    form = wanted_form(accept)
    if len(body.query.encode()) > 4000:
        raise Problem(422, "query: longer than 4,000 bytes",
                      errors=[{"field": "query", "detail": "longer than 4,000 bytes"}])
    ask = Ask(body.query, body.as_of, body.provider, body.timeout_ms or 0)
    if prefer and "respond-async" in prefer.lower():
        return accepted(await queries.start_unattended(ask))
    started = queries.start(ask)
    if form == EVENTS:
        return StreamingResponse(events(started), media_type=EVENTS, headers={
            "X-Accel-Buffering": "no", "X-Query-Id": started.id})
    await started.ended.wait()
    return answered(started)


def wanted_form(accept: Optional[str]) -> str:
    """The form of the answer; Problem 406 for one that we do not have."""
    wanted = [part.partition(";") for part in (accept or "*/*").lower().split(",")]
    types = {kind.strip() for kind, _, rest in wanted if "q=0" not in rest.split(";")}
    if EVENTS in types:
        return EVENTS
    if types & {JSON, "application/*", "*/*"}:
        return JSON
    raise Problem(406, "the answer is application/json or text/event-stream")


def accepted(query_id: str) -> Response:
    url = f"/api/query/{query_id}"
    return JSONResponse({"query_id": query_id, "status": "running", "status_url": url}, 202,
                        headers={"Location": url, "Preference-Applied": "respond-async"})


def answered(ended: RunningQuery) -> Response:
    """The answer; for a failure a problem that holds it."""
    if ended.problem is not None:
        raise ended.problem
    if ended.status == "failed" and ended.answer is not None:
        raise Problem(502, ended.answer["answer"], answer=ended.answer)
    return JSONResponse(ended.answer)


async def events(started: RunningQuery) -> AsyncIterator[str]:
    """The stages as they begin, then the answer or the error."""
    watched = started.watch()
    while True:
        event = await watched.get()
        if event is None:
            return
        kind, data = event
        yield f"event: {kind}\ndata: {json.dumps(data)}\n\n"


@router.get("/api/query", operation_id="list_queries")
async def list_queries(services: Parts,
                       limit: Annotated[Optional[models.Limit], Query()] = None,
                       cursor: Annotated[Optional[models.Cursor], Query()] = None
                       ) -> Dict[str, Any]:
    if services.store is None:
        return {"queries": [], "next": None}
    return await services.run(services.store.queries, limit or 50, cursor)


@router.get("/api/query/{id}", operation_id="get_query")
async def get_query(queries: All, id: Annotated[str, Path(pattern=models.IDENTIFIER)]) -> Response:
    return JSONResponse(await queries.record(id))
