#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Build the wheel, install it outside the tree, and run what the arguments name there.

    run_tests.py SOURCE BUILD CHECK [ARGUMENT...]

The virtual environment and the wheel stay in BUILD/python for the next run. Exits with 77, which
Meson shows as skipped, where the tools cannot be had: no venv module, no package index.
"""
from __future__ import annotations

import fcntl
import hashlib
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SKIPPED = 77
SYSTEM_PYTHON = pathlib.Path("/usr/bin/python3")


class Bench:
    """The places that a run works in."""

    def __init__(self, source: str, build: str) -> None:
        self.source = pathlib.Path(source).resolve()
        self.build = pathlib.Path(build).resolve()
        self.work = self.build / "python"
        self.venv = self.work / "venv"
        self.package = self.source / "bindings" / "python"
        self.python = str(self.venv / "bin" / "python")
        self.work.mkdir(parents=True, exist_ok=True)

    def environment(self) -> "dict[str, str]":
        path = f"{self.venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "APE_SOURCE": str(self.source),
                "APE_BUILD": str(self.build), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def run(self, *command: str, folder: "pathlib.Path | None" = None) -> int:
        print("+", *command, flush=True)
        return subprocess.run(command, cwd=folder or self.work, env=self.environment()).returncode

    def must(self, *command: str, folder: "pathlib.Path | None" = None) -> None:
        if self.run(*command, folder=folder) != 0:
            sys.exit(1)


def make_venv(bench: Bench) -> None:
    requirements = bench.package / "tests" / "requirements.txt"
    base = SYSTEM_PYTHON if SYSTEM_PYTHON.exists() else pathlib.Path(sys.executable)
    wanted = hashlib.sha256(requirements.read_bytes() + str(base).encode()).hexdigest()
    stamp = bench.venv / "stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if bench.run(str(base), "-m", "venv", "--clear", str(bench.venv)) != 0:
        skip("the package python3-venv is missing")
    if bench.run(bench.python, "-m", "pip", "install", "--quiet", "-r", str(requirements)) != 0:
        skip("the tools cannot be downloaded")
    stamp.write_text(wanted)


def skip(reason: str) -> None:
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)


def fingerprint(bench: Bench) -> str:
    """Changes whenever something that goes into the wheel does."""
    found = hashlib.sha256()
    for name in ("bindings/python/ape", "bindings/python/generate_declarations.py", "data",
                 "examples", "include", "lib", "vee", "meson.build", "pyproject.toml"):
        path = bench.source / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                stat = file.stat()
                found.update(f"{file} {stat.st_mtime_ns} {stat.st_size}\n".encode())
    return found.hexdigest()


def install_wheel(bench: Bench) -> None:
    stamp, wanted = bench.work / "installed", fingerprint(bench)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    wheels = bench.work / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    bench.must(bench.python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
               "--config-settings", f"builddir={bench.work / 'wheel-build'}",
               "--wheel-dir", str(wheels), str(bench.source))
    wheel = next(wheels.glob("*.whl"))
    bench.must(bench.python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall",
               str(wheel))
    stamp.write_text(wanted)


def check_unit(bench: Bench, arguments: "list[str]") -> int:
    with tempfile.TemporaryDirectory() as elsewhere:
        return bench.run(
            bench.python, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            "-c", str(bench.source / "pyproject.toml"), "--rootdir", str(bench.package),
            "--cov=ape", "--cov-report=term-missing:skip-covered",
            "--cov-fail-under=90", *arguments, str(bench.package / "tests"),
            folder=pathlib.Path(elsewhere))


def check_static(bench: Bench, _arguments: "list[str]") -> int:
    settings = str(bench.source / "pyproject.toml")
    failed = bench.run(bench.python, "-m", "ruff", "check", "--no-cache", "bindings/python",
                       folder=bench.source)
    failed |= bench.run(bench.python, "-m", "bandit", "-q", "-c", settings, "-r",
                        str(bench.package / "ape"))
    failed |= bench.run(bench.python, "-m", "mypy", "--config-file", settings, "-p", "ape")
    return failed


def check_examples(bench: Bench, _arguments: "list[str]") -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as elsewhere:
        for example in sorted((bench.source / "examples" / "python").glob("*.py")):
            failed |= bench.run(bench.python, "-W", "error", str(example),
                                folder=pathlib.Path(elsewhere))
    return failed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if server.poll() is not None:
            sys.exit("the server ended at its start")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not become ready")


def check_http(bench: Bench, arguments: "list[str]") -> int:
    """The conformance suite of all servers, against uvicorn."""
    port = free_port()
    with tempfile.TemporaryDirectory() as elsewhere:
        server = subprocess.Popen(
            [bench.python, "-m", "uvicorn", "ape.api.main:app", "--port", str(port),
             "--no-server-header", "--log-level", "warning"],
            cwd=elsewhere, env={**bench.environment(), "APE_STATE_DIR": elsewhere,
                                "SECRET_KEY": "make-believe-secret-for-tests-only-0123456789"})
        try:
            wait_until_ready(port, server)
            os.environ["APE_BASE_URL"] = f"http://127.0.0.1:{port}"
            return bench.run(bench.python, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                             "-c", "/dev/null", "--rootdir", str(bench.source / "tests" / "http"),
                             *arguments, str(bench.source / "tests" / "http"))
        finally:
            server.terminate()
            server.wait(30)


def check_cycles(bench: Bench, _arguments: "list[str]") -> int:
    """Every handle made, used and freed a hundred thousand times."""
    os.environ["APE_TEST_CYCLES"] = "100000"
    return check_unit(bench, ["-k", "memory_is_flat", "--no-cov"])


def check_package(bench: Bench, _arguments: "list[str]") -> int:
    return bench.run(bench.python, str(bench.package / "check_package.py"), str(bench.source))


CHECKS = {"cycles": check_cycles, "examples": check_examples, "http": check_http,
          "package": check_package, "static": check_static, "unit": check_unit}


def main() -> None:
    bench = Bench(*sys.argv[1:3])
    with open(bench.work / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one of us at a time makes the environment
        make_venv(bench)
        install_wheel(bench)
    sys.exit(CHECKS[sys.argv[3]](bench, sys.argv[4:]))


main()
