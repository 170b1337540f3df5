#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Alert rules: valid, tested, and each with a place in docs/operations.md. Exit status 77: no promtool."""
import pathlib
import re
import shutil
import subprocess
import sys


def undocumented(root):
    headings = {re.sub(r"[^a-z0-9]", "", line.lower())
                for line in (root / "docs" / "operations.md").read_text().splitlines()
                if line.startswith("#")}
    links = re.findall(r"docs/operations\.md#(\w+)",
                       (root / "deploy" / "prometheus" / "alerts.yml").read_text())
    return sorted(set(links) - headings)


def main():
    root = pathlib.Path(sys.argv[1])
    missing = undocumented(root)
    if missing:
        print("docs/operations.md says nothing of:", ", ".join(missing))
        return 1
    if not shutil.which("promtool"):
        return 77
    folder = root / "deploy" / "prometheus"
    for command in (["check", "rules", "alerts.yml"],
                    ["check", "config", "--syntax-only", "prometheus.yml"],
                    ["test", "rules", "alerts_test.yml"]):
        subprocess.run(["promtool", *command], cwd=folder, check=True)
    return 0


sys.exit(main())
