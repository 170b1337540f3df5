#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the builtin planner's programs for the golden sets and compare the values.

check_golden.py PLAN_PROGRAM SOURCE_ROOT
"""
import json
import pathlib
import sys

import plans

PLAN, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
NEWEST = "2022-12-28"
FIGURES = {"expected": None, "price_low": "price_low", "price_high": "price_high"}


def differs(result, key, expected):
    value = result.get(key)
    return value is None or abs(value - expected) > 1e-9 * abs(expected)


def complaint(query, understood, plan):
    if not understood:
        return f"refused: {plan}"
    try:
        result = plans.run(plan, query.get("as_of", NEWEST))
    except (SystemExit, Exception) as problem:
        return f"{type(problem).__name__}: {problem}"
    if result["metric"] != query["metric"]:
        return f"computes {result['metric']}"
    for name, key in FIGURES.items():
        if name in query and differs(result, key or query["metric"], query[name]):
            return f"{name} should be {query[name]!r}: {result}"
    if query.get("target_date") != result.get("target_date"):
        return f"looks ahead to {result.get('target_date')}"
    return None


def check(file):
    queries = json.loads((ROOT / "tests" / "golden" / file).read_text())["queries"]
    answers = plans.ask(PLAN, [(q.get("as_of", NEWEST), q["query"]) for q in queries])
    wrong = 0
    for query, (understood, plan) in zip(queries, answers):
        problem = complaint(query, understood, plan)
        if problem:
            print(f"{query['id']} {query['query']!r}: {problem}")
            wrong += 1
    print(f"{file}: {len(queries) - wrong} of {len(queries)} right")
    return wrong == 0


def main():
    plans.prepare(ROOT)
    results = [check(file) for file in ("golden.json", "predictions.json")]
    sys.exit(0 if all(results) else 1)


main()
