# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import AsyncIterator

import httpx
import pytest_asyncio
from ape.api.main import app, lifespan


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """The application in this process, with its parts."""
    async with lifespan(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as made:
            yield made
