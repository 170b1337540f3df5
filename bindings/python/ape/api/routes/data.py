# SPDX-License-Identifier: MIT
"""Market data, and tokens."""
from __future__ import annotations

import time
from typing import Annotated, Any, Dict, Optional

from fastapi import APIRouter, Depends, Path, Query, Request

import ape
from ape.api import dependencies, models, tokens
from ape.api.problems import Problem
from ape.api.services import Services

router = APIRouter()
Parts = Annotated[Services, Depends(dependencies.get_services)]
DateInQuery = Annotated[Optional[models.Date], Query()]
DEFAULT_TTL_S = 300
FETCH_MS = 60000


@router.get("/api/data/tickers", operation_id="list_tickers", tags=["data"])
async def list_tickers(services: Parts) -> Dict[str, Any]:
    tickers = await services.run(services.market.tickers)
    return {"tickers": tickers, "newest": await services.run(_newest, services.market)}


def _newest(market: ape.Market) -> Optional[str]:
    try:
        return market.newest_date()
    except ape.ApeError:
        return None


@router.get("/api/data/prices/{ticker}", operation_id="price_series", tags=["data"])
async def price_series(services: Parts, ticker: Annotated[str, Path(pattern=models.TICKER)],
                       start: DateInQuery = None, end: DateInQuery = None,
                       as_of: DateInQuery = None) -> Dict[str, Any]:
    return await services.run(services.market.series, ticker, as_of=as_of, start=start, end=end)


@router.post("/api/data/fetch", operation_id="fetch_data", tags=["data"])
async def fetch_data(services: Parts, body: models.FetchRequest) -> Dict[str, Any]:
    feed = services.price_feed
    if feed is None:
        raise Problem(501, "this server has no folder of its own for prices: set APE_DATA_DIR to "
                      "one that it may write to")
    report = await services.run(feed.fetch, body.tickers, start=body.start, end=body.end,
                                total_ms=FETCH_MS)
    await services.run(services.market.reload)
    return report


@router.post("/api/tokens", operation_id="issue_token", tags=["security"])
async def issue_token(request: Request, services: Parts,
                      body: Optional[models.TokenRequest] = None) -> Dict[str, Any]:
    ttl_s = (body.ttl_s if body else None) or DEFAULT_TTL_S
    token = tokens.issue(services.settings.core, tokens.ACCESS, request.scope["ape.client"],
                         time.time(), ttl_s)
    if token is None:
        raise Problem(501, "this server has no SECRET_KEY to sign with")
    return {"token": token, "token_type": "Bearer", "expires_in": ttl_s}
