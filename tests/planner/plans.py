# SPDX-License-Identifier: MIT
"""What the checks of this folder share: ask the builtin planner, run its programs without a sandbox."""
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys

SKIPPED = 77  # meson's exit code for a test that cannot run


def prepare(root):
    """Put the stand-in for yfinance in place; skip the test where pandas is missing."""
    try:
        import pandas  # noqa: F401
    except ImportError:
        print("pandas is not installed")
        sys.exit(SKIPPED)
    os.environ["STANDIN_DATA"] = str(root / "data" / "market")
    sys.path.insert(0, str(pathlib.Path(__file__).parent / "standin"))


def ask(program, questions):
    """For each (as-of date, question): whether it was understood, and the plan or the refusal."""
    lines = "".join(f"{as_of}\t{question}\n" for as_of, question in questions)
    out = subprocess.run([program], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    answers = []
    for _ in questions:
        head, out = out.split(b"\n", 1)
        size = int(head)
        answers.append((size > 0, out[:abs(size)].decode()))
        out = out[abs(size) + 1:]
    return answers


def run(plan, as_of):
    """What a plan prints, with prices up to the as-of date."""
    import yfinance
    yfinance.LAST = as_of
    code = plan.removeprefix("```python\n").removesuffix("```\n")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "plan", "exec"), {"__name__": "__main__"})
    return json.loads(out.getvalue())
