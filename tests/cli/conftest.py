# SPDX-License-Identifier: MIT
"""Runs the real command line, with an environment of its own."""
import json
import os
import pathlib
import subprocess

import pytest

from stub_provider import StubProvider

APE = os.environ["APE"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED_MARKET = ROOT.parent / "shared" / "market"


class Outcome:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def ape(tmp_path):
    """ape(ARGUMENT..., stdin=, wrapper=[program that runs it], NAME=value for the
    environment...) -> Outcome."""

    def run(*args, stdin=b"", wrapper=(), **environment):
        plain = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                plain[name] = os.environ[name]
        process = subprocess.run([*wrapper, APE, *args], input=stdin, capture_output=True, cwd=tmp_path,
                                 env={**plain, **environment}, timeout=120)
        process.stdout = process.stdout.decode()
        process.stderr = process.stderr.decode()
        return Outcome(process)

    return run


@pytest.fixture
def provider():
    with StubProvider() as server:
        yield server


@pytest.fixture
def shared_market():
    if not SHARED_MARKET.is_dir():
        pytest.skip("no ../shared/market beside this checkout")
    return str(SHARED_MARKET)
