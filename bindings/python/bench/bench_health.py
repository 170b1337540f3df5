#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""GET /health of the application beside a bare FastAPI route, both under uvicorn.

Rounds alternate between the two servers; the median of the ratios counts.
"""
from __future__ import annotations

import http.client
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS, REQUESTS = 11, 1000
BARE = """
import fastapi
app = fastapi.FastAPI()
@app.get("/health")
async def health():
    return {"status": "healthy", "version": "0.1.0"}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(application: str, folder: str) -> "tuple[subprocess.Popen[bytes], int]":
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level",
         "warning", "--no-access-log"], cwd=folder, env={**os.environ, "APE_STATE_DIR": folder})
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, port
        except OSError:
            time.sleep(0.1)


def seconds(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        connection.request("GET", "/health")
        if connection.getresponse().read()[:1] != b"{":
            raise SystemExit("that was no health")
    took = time.perf_counter() - begun
    connection.close()
    return took / REQUESTS


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "bare.py").write_text(BARE)
        ours, port = start("ape.api.main:app", folder)
        bare, bare_port = start("bare:app", folder)
        try:
            seconds(port), seconds(bare_port)
            rounds = [(seconds(port), seconds(bare_port)) for _ in range(ROUNDS)]
        finally:
            ours.terminate(), bare.terminate()
            ours.wait(), bare.wait()
    print(f"/health {min(a for a, _ in rounds) * 1e6:.0f} us, bare route "
          f"{min(b for _, b in rounds) * 1e6:.0f} us, ratio "
          f"{statistics.median(a / b for a, b in rounds):.2f}")


main()
