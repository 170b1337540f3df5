#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""POST /api/query of the application beside the C server's, both with the built-in planner.

    bench_query.py APE-SERVER

Rounds alternate between the two servers; each question is asked of both in turn.
"""
from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 120
QUESTIONS = [f"{metric} of {ticker} in {year}"
             for metric in ("Sharpe ratio", "Volatility", "Max drawdown", "RSI")
             for ticker in ("AAPL", "KO", "MSFT") for year in (2019, 2020, 2021)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server that has answered once."""

    def __init__(self, port: int, *command: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            command, cwd=self.folder.name, stderr=subprocess.DEVNULL,
            env={**os.environ, "APE_STATE_DIR": self.folder.name})
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        for question in QUESTIONS[:5]:
            self.ask(question)

    def ask(self, question: str) -> float:
        """Milliseconds until the whole answer was here."""
        begun = time.perf_counter()
        self.connection.request("POST", "/api/query", json.dumps({"query": question}),
                                {"Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        if answer["status"] != "verified":
            raise SystemExit(f"{question}: {answer}")
        return (time.perf_counter() - begun) * 1000

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def main() -> None:
    c_port, python_port = free_port(), free_port()
    c_server = Server(c_port, sys.argv[1], "--listen", f"127.0.0.1:{c_port}", "--rate-limit", "0")
    application = Server(python_port, sys.executable, "-m", "uvicorn", "ape.api.main:app",
                         "--port", str(python_port), "--log-level", "warning", "--no-access-log")
    try:
        times = [(application.ask(question), c_server.ask(question))
                 for question in (QUESTIONS * (ROUNDS // len(QUESTIONS) + 1))[:ROUNDS]]
    finally:
        application.stop()
        c_server.stop()
    ours, theirs = (sorted(column) for column in zip(*times))
    print(f"POST /api/query, {ROUNDS} rounds: application p50 {statistics.median(ours):.1f} ms, "
          f"ape-server p50 {statistics.median(theirs):.1f} ms, difference of medians "
          f"{statistics.median(ours) - statistics.median(theirs):+.1f} ms")


main()
