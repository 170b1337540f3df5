#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the builtin planner's programs for the golden sets in the sandbox and compare the values.

check_golden.py PLAN_PROGRAM WAY_PROGRAM SOURCE_ROOT
"""
import json
import pathlib
import sys

import plans

PLAN, WAY, ROOT = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
NEWEST = "2022-12-28"


def differs(result, key, expected):
    value = result.get(key)
    return value is None or abs(value - expected) > 1e-9 * abs(expected)


def complaint(query, result):
    if result["metric"] != query["metric"]:
        return f"computes {result['metric']}"
    figures = {query["metric"]: query["expected"]}
    figures.update((key, query[key]) for key in ("price_low", "price_high") if key in query)
    for key, expected in figures.items():
        if differs(result, key, expected):
            return f"{key} should be {expected!r}: {result}"
    if query.get("target_date") != result.get("target_date"):
        return f"looks ahead to {result.get('target_date')}"
    return None


def check_query(way, query, understood, plan):
    if not understood:
        return f"refused: {plan}"
    good, result = way.run(plan, query.get("as_of", NEWEST))
    return complaint(query, result) if good else result


def check(way, file):
    queries = json.loads((ROOT / "tests" / "golden" / file).read_text())["queries"]
    answers = plans.ask(PLAN, [(q.get("as_of", NEWEST), q["query"]) for q in queries])
    wrong = 0
    for query, (understood, plan) in zip(queries, answers):
        problem = check_query(way, query, understood, plan)
        if problem:
            print(f"{query['id']} {query['query']!r}: {problem}")
            wrong += 1
    print(f"{file}: {len(queries) - wrong} of {len(queries)} right")
    return wrong == 0


def main():
    with plans.Way(WAY, ROOT / "data" / "market") as way:
        results = [check(way, file) for file in ("golden.json", "predictions.json")]
    sys.exit(0 if all(results) else 1)


main()
