# SPDX-License-Identifier: MIT
"""Price corridors, and how good they were."""
from __future__ import annotations

from typing import Annotated, Any, Dict, Optional

from fastapi import APIRouter, Depends, Path, Query

import ape
from ape.api import dependencies, models
from ape.api.problems import Problem
from ape.api.services import Services

router = APIRouter(prefix="/api/predictions", tags=["predictions"])
Parts = Annotated[Services, Depends(dependencies.get_services)]
TickerInPath = Annotated[str, Path(pattern=models.TICKER)]
TickerInQuery = Annotated[Optional[models.Ticker], Query()]
From = Annotated[Optional[models.Date], Query(alias="from")]
To = Annotated[Optional[models.Date], Query(alias="to")]
LimitInQuery = Annotated[Optional[models.Limit], Query()]
CursorInQuery = Annotated[Optional[models.Cursor], Query()]
OutcomeInQuery = Annotated[Optional[models.Outcome], Query()]


def get_store(services: Parts) -> ape.Store:
    """The store; Problem 501 where there is none."""
    if services.store is None:
        raise Problem(501, "this server keeps no predictions: it was built without a database")
    return services.store


Kept = Annotated[ape.Store, Depends(get_store)]


@router.get("", operation_id="list_predictions")
async def list_predictions(
        services: Parts, store: Kept, ticker: TickerInQuery = None, limit: LimitInQuery = None,
        cursor: CursorInQuery = None, outcome: OutcomeInQuery = None, start: From = None,
        end: To = None) -> Dict[str, Any]:
    return await services.run(store.predictions, ticker=ticker, limit=limit or 50, cursor=cursor,
                              outcome=outcome, target_from=start, target_to=end)


@router.get("/track-record", operation_id="track_record")
async def track_record(services: Parts, store: Kept, ticker: TickerInQuery = None,
                       start: From = None, end: To = None) -> Dict[str, Any]:
    return await services.run(store.track_record, ticker, start, end)


@router.post("/check-actuals", operation_id="check_actuals")
async def check_actuals(services: Parts, _store: Kept,
                        body: Optional[models.CheckActualsRequest] = None) -> Dict[str, Any]:
    return await services.run(services.orchestrator.check_actuals, body.today if body else None)


@router.get("/{ticker}/latest", operation_id="latest_prediction")
async def latest(services: Parts, store: Kept, ticker: TickerInPath) -> Dict[str, Any]:
    return await services.run(store.latest_prediction, ticker)


@router.get("/{ticker}/history", operation_id="prediction_history")
async def history(
        services: Parts, store: Kept, ticker: TickerInPath, limit: LimitInQuery = None,
        cursor: CursorInQuery = None, outcome: OutcomeInQuery = None, start: From = None,
        end: To = None) -> Dict[str, Any]:
    return await services.run(store.predictions, ticker=ticker, limit=limit or 50, cursor=cursor,
                              outcome=outcome, target_from=start, target_to=end)


@router.get("/{ticker}/corridor", operation_id="prediction_corridor")
async def corridor(services: Parts, store: Kept, ticker: TickerInPath, start: From = None,
                   end: To = None) -> Dict[str, Any]:
    return await services.run(store.corridor, ticker, start, end)
