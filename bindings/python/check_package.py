#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The source archive builds, and its wheel answers in every Python that is here.

    check_package.py SOURCE

Makes the archive that a release would have, builds the wheel for many distributions from it, and
runs the examples with that wheel alone in a fresh environment of each Python 3.9 to 3.13 found:
on the PATH, and among pyenv's.
"""
from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Iterator

VERSIONS = range(9, 14)
#: These need no other package, and no language model.
EXAMPLES = ("01_query.py", "02_circuit_breaker.py", "03_sanitize_and_run.py", "04_metrics.py")


def run(*command: "str | pathlib.Path", folder: "str | None" = None) -> None:
    print("+", *command, flush=True)
    # The environment has the build's tools already.
    settings = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(command, cwd=folder, env=settings, check=True)


def build(source: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The wheel, made from the archive alone."""
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", folder, source)
    archive = next(folder.glob("libape-*.tar.gz"))
    run(sys.executable, source / "bindings" / "python" / "build_wheel.py", folder, archive,
        "--no-build-isolation", "--quiet")
    wheel = next(folder.glob("*.whl"))
    if not re.fullmatch(r"libape-[\d.]+-py3-none-manylinux_2_\d+_x86_64\.whl", wheel.name):
        sys.exit(f"{wheel.name} is not for every Python 3 and many distributions")
    return wheel


def interpreters() -> Iterator[str]:
    """One Python of each version that can make environments."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    for minor in VERSIONS:
        places = [pathlib.Path("/usr/bin/python3"), shutil.which(f"python3.{minor}"),
                  *pyenv.glob(f"versions/3.{minor}.*/bin/python3")]
        found = next((str(place) for place in places if place and has(str(place), minor)), None)
        if found is None:
            print(f"Python 3.{minor} is not here: not tried", flush=True)
        else:
            yield found


def has(python: str, minor: int) -> bool:
    check = f"import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, {minor}))"
    try:
        return subprocess.run([python, "-c", check], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def try_with(python: str, wheel: pathlib.Path, examples: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "venv", folder)
        inside = pathlib.Path(folder) / "bin" / "python"
        run(inside, "-m", "pip", "install", "--quiet", "--no-index", wheel)
        for example in EXAMPLES:
            run(inside, "-W", "error", examples / example, folder=folder)


def main() -> None:
    source = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(source, pathlib.Path(folder))
        for python in interpreters():
            try_with(python, wheel, source / "examples" / "python")


main()
