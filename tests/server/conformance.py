#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""conformance.py BUILD BINARY: run tests/http against ape-server."""
import os
import subprocess
import sys

from support import ROOT, running, skip, venv


def main():
    build, binary = sys.argv[1:]
    python = venv(build, ROOT / "tests/http/requirements.txt")
    if not python:
        skip("the suite's Python packages cannot be installed")
    with running(binary, "--rate-limit", "0") as server:
        done = subprocess.run(
            [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "tests/http")],
            env={**os.environ, "APE_BASE_URL": server.url, "PYTHONDONTWRITEBYTECODE": "1"})
    sys.exit(done.returncode)


main()
