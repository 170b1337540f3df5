#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No key-shaped text in the tree or in its history."""
import pathlib
import re
import subprocess
import sys

SHAPES = re.compile("|".join((
    r"\bsk-[A-Za-z0-9]{20,}", r"\bsk-(?:ant|proj|or)-[A-Za-z0-9_-]{20,}", r"\bAKIA[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36}", r"\bxox[abprs]-[A-Za-z0-9-]{20,}", r"\bAIza[0-9A-Za-z_-]{35}",
    r"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}",
    r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----",
)))
# Made-up keys say so in their text.
MADE_UP = re.compile(r"make-?believe|canary|example|fake|dummy|0123456789|x{8}", re.I)


def added_lines(root):
    out = subprocess.run(["git", "-C", root, "log", "-p", "HEAD", "--no-color", "--unified=0",
                          "--text"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in out.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith("+") and not line.startswith("+++"):
            yield "history", line[1:]


def lines_of_tree(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-z"], text=True, stdout=subprocess.PIPE)
    for name in filter(None, out.stdout.split("\0")):
        path = root / name
        if path.is_file() and path.stat().st_size < 1 << 20:
            for line in path.read_text(errors="replace").splitlines():
                yield name, line


def main():
    root = pathlib.Path(sys.argv[1])
    if subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: this is no git repository, so there is no history to look at")
        sys.exit(77)
    wrong = set()
    for source in (lines_of_tree(root), added_lines(root)):
        for where, line in source:
            for found in SHAPES.finditer(line):
                if not MADE_UP.search(line):
                    wrong.add(f"{where}: {found.group()[:8]}... is shaped like a key")
    print("\n".join(sorted(wrong)))
    sys.exit(1 if wrong else 0)


main()
