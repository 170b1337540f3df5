# SPDX-License-Identifier: MIT
"""Real servers for the tests: uvicorn with the application, and Redis."""
from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Callable, Dict, Iterator, List

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


class Server:
    """``uvicorn ape.api.main:app`` on a port of this machine."""

    def __init__(self, folder: pathlib.Path, *arguments: str, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder, self._arguments = folder, arguments
        self._settings: Dict[str, str] = {"APE_STATE_DIR": str(folder), **settings}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "ape.api.main:app", "--port", str(self.port),
             "--no-server-header", "--log-level", "warning", *self._arguments],
            cwd=self._folder, env={**os.environ, **self._settings})
        wait_for(self.is_ready)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, "the server ended at its start"
        try:
            urllib.request.urlopen(f"{self.url}/ready", timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)


@contextlib.contextmanager
def serving(folder: pathlib.Path, *arguments: str, **settings: str) -> Iterator[Server]:
    server = Server(folder, *arguments, **settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


@contextlib.contextmanager
def redis_server(folder: pathlib.Path) -> Iterator[str]:
    """A Redis of our own; its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    command: List[str] = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                          "--dir", str(folder)]
    with open(folder / "redis.log", "wb") as log:
        process = subprocess.Popen(command, stdout=log)
    try:
        wait_for(lambda: _answers(port))
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
