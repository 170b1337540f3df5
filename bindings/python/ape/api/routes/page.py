# SPDX-License-Identifier: MIT
"""The web page, where the package was built with it."""
from __future__ import annotations

import pathlib
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from ape.api.document import PATH
from ape.api.problems import Problem

router = APIRouter(tags=["page"], include_in_schema=False)
FOLDER = PATH.parent / "page"
# The page runs its own script alone, and speaks to its own server alone.
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


def file_response(path: pathlib.Path) -> FileResponse:
    """A file of the page; Problem 404."""
    if not path.is_file():
        raise Problem(404, "there is no such file")
    return FileResponse(path, headers=HEADERS)


@router.get("/", operation_id="page")
async def page() -> FileResponse:
    return file_response(FOLDER / "index.html")


@router.get("/assets/{name}")
async def asset(name: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]+\.[a-z]+$")]) -> FileResponse:
    return file_response(FOLDER / name)
