# SPDX-License-Identifier: MIT
"""What the tests share. Settings are read when ape.api is imported, so they are set first."""
from __future__ import annotations

import atexit
import os
import pathlib
import shutil
import tempfile
from typing import Iterator

import pytest

STATE = tempfile.mkdtemp(prefix="ape-test-")
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
for name in [name for name in os.environ if name.endswith("_API_KEY") or name.startswith("LLM_")]:
    if "APE_TEST_REAL_LLM" not in os.environ:
        del os.environ[name]
os.environ["APE_STATE_DIR"] = STATE
os.environ["SECRET_KEY"] = "make-believe-secret-for-tests-only-0123456789"
os.chdir(STATE)  # a .env file of the checkout is nobody's business here


@pytest.fixture(scope="session")
def source() -> pathlib.Path:
    """The checkout that the package was built from."""
    return pathlib.Path(os.environ["APE_SOURCE"])


@pytest.fixture(scope="session")
def build() -> pathlib.Path:
    """Its build folder."""
    return pathlib.Path(os.environ["APE_BUILD"])


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No setting comes from the environment."""
    for name in ("SECRET_KEY", "ENVIRONMENT", "DATABASE_URL", "POSTGRES_HOST", "API_KEYS"):
        monkeypatch.delenv(name, raising=False)
    yield monkeypatch
