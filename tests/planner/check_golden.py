#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the builtin planner's programs for tests/golden/golden.json and compare the values.

check_golden.py PLAN_PROGRAM SOURCE_ROOT
"""
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys

PLAN, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
NEWEST = "2022-12-28"
SKIPPED = 77  # meson's exit code for a test that cannot run


def plans_for(queries):
    lines = "".join(f"{q.get('as_of', NEWEST)}\t{q['query']}\n" for q in queries)
    out = subprocess.run([PLAN], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    for _ in queries:
        head, out = out.split(b"\n", 1)
        size = int(head)
        yield size > 0, out[:abs(size)].decode()
        out = out[abs(size) + 1:]


def run(plan, as_of):
    import yfinance
    yfinance.LAST = as_of
    code = plan.removeprefix("```python\n").removesuffix("```\n")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "plan", "exec"), {"__name__": "__main__"})
    return json.loads(out.getvalue())


def complaint(query, understood, plan):
    if not understood:
        return f"refused: {plan}"
    try:
        result = run(plan, query.get("as_of", NEWEST))
    except (SystemExit, Exception) as problem:
        return f"{type(problem).__name__}: {problem}"
    value = result.get(query["metric"])
    if result["metric"] != query["metric"]:
        return f"computes {result['metric']}"
    if value is None or abs(value - query["expected"]) > 1e-9 * abs(query["expected"]):
        return f"{value!r}, expected {query['expected']!r}: {result}"
    return None


def main():
    try:
        import pandas  # noqa: F401
    except ImportError:
        print("pandas is not installed")
        sys.exit(SKIPPED)
    os.environ["STANDIN_DATA"] = str(ROOT / "data" / "market")
    sys.path.insert(0, str(ROOT / "tests" / "planner" / "standin"))
    queries = json.loads((ROOT / "tests" / "golden" / "golden.json").read_text())["queries"]
    wrong = 0
    for query, (understood, plan) in zip(queries, plans_for(queries)):
        problem = complaint(query, understood, plan)
        if problem:
            print(f"{query['id']} {query['query']!r}: {problem}")
            wrong += 1
    print(f"{len(queries) - wrong} of {len(queries)} right")
    sys.exit(1 if wrong else 0)


main()
