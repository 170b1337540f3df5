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
import subprocess
import sys
import tempfile

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


def install_wheel(bench: Bench) -> None:
    wheels = bench.work / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    bench.must(bench.python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
               "--config-settings", f"builddir={bench.work / 'wheel-build'}",
               "--wheel-dir", str(wheels), str(bench.source))
    wheel = next(wheels.glob("*.whl"))
    bench.must(bench.python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall",
               str(wheel))


def check_unit(bench: Bench, arguments: "list[str]") -> int:
    with tempfile.TemporaryDirectory() as elsewhere:
        return bench.run(
            bench.python, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            "-c", str(bench.source / "pyproject.toml"), "--rootdir", str(bench.package),
            "--cov=ape", "--cov-report=term-missing:skip-covered",
            *arguments, str(bench.package / "tests"), folder=pathlib.Path(elsewhere))


def check_static(bench: Bench, _arguments: "list[str]") -> int:
    settings = str(bench.source / "pyproject.toml")
    failed = bench.run(bench.python, "-m", "ruff", "check", "--no-cache", "bindings/python",
                       folder=bench.source)
    failed |= bench.run(bench.python, "-m", "bandit", "-q", "-c", settings, "-r",
                        str(bench.package / "ape"))
    failed |= bench.run(bench.python, "-m", "mypy", "--config-file", settings, "-p", "ape")
    return failed


CHECKS = {"unit": check_unit, "static": check_static}


def main() -> None:
    bench = Bench(*sys.argv[1:3])
    with open(bench.work / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one of us at a time makes the environment
        make_venv(bench)
        install_wheel(bench)
    sys.exit(CHECKS[sys.argv[3]](bench, sys.argv[4:]))


main()
