#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/questions.md lists what the planner's tables hold, and its example questions are understood.

check_docs.py TABLES_PROGRAM PLAN_PROGRAM SOURCE_ROOT [--write]
"""
import pathlib
import re
import subprocess
import sys

import plans


def section(name):
    return re.compile(rf"<!-- {name} -->\n.*?<!-- end of {name} -->\n", flags=re.S)


def with_lists(text, tables):
    for name in ("metrics", "companies"):
        text = section(name).sub(lambda _: section(name).search(tables).group(0), text)
    return text


def examples(text):
    """The list that follows "Examples:"."""
    return re.findall(r"^- (.*)$", re.search(r"Examples:\n\n(.*?)\n\n", text, flags=re.S).group(1),
                      flags=re.M)


def main():
    tables_program, plan_program, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    page = root / "docs" / "questions.md"
    text = page.read_text(encoding="utf-8")
    tables = subprocess.run([tables_program], stdout=subprocess.PIPE, check=True).stdout.decode()
    wanted = with_lists(text, tables)
    if "--write" in sys.argv:
        page.write_text(wanted, encoding="utf-8")
        text = wanted
    problems = []
    if text != wanted:
        problems.append(f"{page.name} does not list what the tables hold; run this with --write")
    questions = examples(text)
    for question, (understood, answer) in zip(
            questions, plans.ask(plan_program, [("2022-12-28", q) for q in questions])):
        if not understood:
            problems.append(f"{question}: {answer}")
    if not questions:
        problems.append("no example question found")
    print("\n".join(problems) or f"the lists agree, {len(questions)} examples are understood")
    sys.exit(1 if problems else 0)


main()
