# SPDX-License-Identifier: MIT
"""The application: ``uvicorn ape.api.main:app``."""
from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any, AsyncIterator, Dict

from fastapi import FastAPI

from ape.api import problems
from ape.api.dependencies import get_connections, get_queries, get_services
from ape.api.document import DOCUMENT
from ape.api.gate import Gate
from ape.api.routes import data, openai, operations, page, predictions, queries, websocket

DRAIN_S = 25.0


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the parts; at the end stop being ready, and finish what is running."""
    services = get_services()
    await services.run(services.open)
    get_queries().open()
    with contextlib.suppress(RuntimeError, ValueError):  # signals come to the main thread alone
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, services.reload)
    yield
    services.health.set_draining()
    await get_connections().close()
    await get_queries().drain(DRAIN_S)
    services.close()
    for part in (get_services, get_queries, get_connections):
        part.cache_clear()


def create_app() -> FastAPI:
    """An application on the settings of this process."""
    made = FastAPI(title="libape", lifespan=lifespan, docs_url=None, redoc_url=None,
                   openapi_url=None)
    for module in (operations, queries, predictions, data, openai, page, websocket):
        made.include_router(module.router)
    problems.install(made)
    made.add_middleware(Gate, services=get_services, constant={"/health": operations.HEALTHY})
    made.openapi = served_document  # type: ignore[method-assign]
    return made


def served_document() -> Dict[str, Any]:
    """The document that every server of libape serves."""
    return DOCUMENT


app = create_app()
