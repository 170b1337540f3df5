# SPDX-License-Identifier: MIT
"""Real servers for the tests: uvicorn with the application, Redis, and PostgreSQL."""
from __future__ import annotations

import contextlib
import getpass
import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import Any, Callable, Dict, Iterator, List, Optional

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

    def __init__(self, folder: pathlib.Path, *arguments: str, log: Optional[pathlib.Path] = None,
                 **settings: str) -> None:
        self._log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder, self._arguments = folder, arguments
        self.settings: Dict[str, str] = {"APE_STATE_DIR": str(folder), **settings}
        self.start()

    def start(self) -> None:
        with contextlib.ExitStack() as stack:
            errors = stack.enter_context(self._log.open("ab")) if self._log else None
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "ape.api.main:app", "--port", str(self.port),
                 "--no-server-header", "--log-level", "warning", *self._arguments],
                cwd=self._folder, env={**os.environ, **self.settings}, stderr=errors)
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
def serving(folder: pathlib.Path, *arguments: str, log: Optional[pathlib.Path] = None,
            **settings: str) -> Iterator[Server]:
    """A server, stopped at the end; what it logs goes into ``log``, else to ours."""
    server = Server(folder, *arguments, log=log, **settings)
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


class Postgres:
    """A PostgreSQL of our own in ``folder``; stopped and started again, it keeps its data."""

    def __init__(self, folder: str, programs: str) -> None:
        self.port = free_port()
        self.url = f"postgresql://ape:make-believe@127.0.0.1:{self.port}/postgres"
        self._folder, self._programs = folder, programs
        self._user: Dict[str, Any] = {}
        if getpass.getuser() == "root":  # it refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        subprocess.run([f"{programs}/initdb", "-D", f"{folder}/data", "--auth=trust",
                        "--username=ape", "--no-sync", "--encoding=UTF8", "--no-locale"],
                       check=True, stdout=subprocess.DEVNULL, cwd=folder, **self._user)
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self.start()

    def start(self) -> None:
        with open(f"{self._folder}/log", "ab") as log:
            self._process = subprocess.Popen(
                [f"{self._programs}/postgres", "-D", f"{self._folder}/data", "-k", self._folder,
                 "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                 "-c", "shared_buffers=32MB"], stderr=log, cwd=self._folder, **self._user)
        ready = [f"{self._programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_for(lambda: subprocess.run(ready).returncode == 0)

    def stop(self) -> None:
        """At once, whoever is connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None


@contextlib.contextmanager
def postgres_server() -> Iterator[Postgres]:
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not programs:
        pytest.skip("postgresql is not installed")
    with tempfile.TemporaryDirectory(prefix="ape-postgres-") as folder:
        made = Postgres(folder, programs[-1])
        try:
            yield made
        finally:
            made.stop()
