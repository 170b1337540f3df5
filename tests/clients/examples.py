#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples.py BUILD BINARY: what docs/api.md shows, run in its order; "#> TEXT" must be in what comes back."""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import ROOT, running, use_packages

use_packages(sys.argv[1], ROOT / "tests/clients/requirements.txt")
INTERPRETERS = {"sh": ["bash", "-e"], "python": [sys.executable]}


def steps(language, text):
    """(program, expected) of a block: the lines of a program, and those after it that begin with #>."""
    for program, expected in re.findall(r"((?:^(?!#>).*\n)+)((?:^#> .*\n)*)", text, re.M):
        yield INTERPRETERS[language], program, [line[3:] for line in expected.splitlines()]


def main():
    document = (ROOT / "docs/api.md").read_text()
    count = 0
    with running(sys.argv[2]) as server:
        for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", document, re.M | re.S):
            for interpreter, program, expected in steps(language, block):
                program = program.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
                done = subprocess.run(interpreter, input=program, capture_output=True, text=True, timeout=120)
                assert done.returncode == 0, f"{program}{done.stderr}"
                assert expected, f"what comes back is not shown: {program}"
                for text in expected:
                    assert text in done.stdout, f"{program}says no {text!r} but {done.stdout[:1500]}"
                count += len(expected)
    print(f"ok   {count} expectations")
    assert count >= 12


main()
