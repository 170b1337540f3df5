# SPDX-License-Identifier: MIT
"""Events, as they happen."""
from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, WebSocket

from ape.api import dependencies, models
from ape.api.problems import Problem
from ape.api.services import Services
from ape.api.websocket_redis import RedisConnectionManager

router = APIRouter(tags=["websocket"])
Parts = Annotated[Services, Depends(dependencies.get_services)]
All = Annotated[RedisConnectionManager, Depends(dependencies.get_connections)]
ClientId = Annotated[str, Path(pattern=models.CLIENT)]


@router.websocket("/ws/{client_id}")
async def websocket(websocket: WebSocket, client_id: ClientId, connections: All,
                    services: Parts) -> None:
    connection = await connections.connect(client_id, websocket)
    services.http_metrics.websockets.add(1)
    try:
        await connections.serve(connection)
    finally:
        services.http_metrics.websockets.add(-1)
        await connections.disconnect(connection)


@router.get("/ws/{client_id}", operation_id="websocket")
async def not_upgraded(client_id: ClientId) -> None:
    raise Problem(426, "this route speaks WebSocket",
                  headers={"Upgrade": "websocket", "Connection": "Upgrade"})
