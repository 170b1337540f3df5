# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import pathlib

import pytest


@pytest.fixture(scope="session")
def source() -> pathlib.Path:
    """The checkout that the package was built from."""
    return pathlib.Path(os.environ["APE_SOURCE"])


@pytest.fixture(scope="session")
def build() -> pathlib.Path:
    """Its build folder."""
    return pathlib.Path(os.environ["APE_BUILD"])
