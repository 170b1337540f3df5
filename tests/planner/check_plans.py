#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The builtin planner's programs are tidy Python: they compile, use all that they import and set,
import nothing else than a plan may, and have no long lines.

check_plans.py PLAN_PROGRAM QUESTIONS_FILE
"""
import ast
import pathlib
import sys

import plans

ALLOWED = {"json", "numpy", "pandas", "yfinance", "datetime"}
LONGEST_LINE = 95


def questions_of(path):
    """One question for every kind of meaning: metric, number of tickers, with a start or without."""
    chosen = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        question, arrow, meaning = line.partition(" => ")
        if arrow and line[0] != "#" and not meaning.startswith("refused"):
            words = meaning.split()
            period = next(word for word in words if ".." in word)
            market = "beta" in words[0] and words[2]
            chosen.setdefault((words[0], market, "-" in period.split("..")[0]), question)
    return sorted(chosen.values())


def complaints(code):
    tree = ast.parse(code)
    imported, assigned, used = {}, set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "imports from a module"
        elif isinstance(node, ast.Name):
            (assigned if isinstance(node.ctx, ast.Store) else used).add(node.id)
    for name in sorted((set(imported) | assigned) - used):
        yield f"{name} is set and never used"
    for module in sorted(set(imported.values()) - ALLOWED):
        yield f"imports {module}"
    for number, line in enumerate(code.splitlines(), 1):
        if len(line) > LONGEST_LINE or line != line.rstrip():
            yield f"line {number} is too long or ends in blanks"


def main():
    program, questions = sys.argv[1], questions_of(pathlib.Path(sys.argv[2]))
    wrong = 0
    for question, (understood, plan) in zip(
            questions, plans.ask(program, [("2022-12-28", q) for q in questions])):
        code = plan.removeprefix("```python\n").removesuffix("```\n")
        for problem in [plan] if not understood else complaints(code):
            print(f"{question}: {problem}")
            wrong += 1
    print(f"{len(questions)} programs, {wrong} complaints")
    sys.exit(1 if wrong or len(questions) < 18 else 0)


main()
