#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules that tools can keep: clang-format, licence lines, functions that are not to be used."""
import pathlib
import re
import shutil
import subprocess
import sys

FORBIDDEN = {
    r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|atoi|atof|atol)\s*\(": "has no bounds or no errors",
    r"\bcJSON_(InitHooks|GetErrorPtr|GetObjectItem)\s*\(": "is process-wide, or not case-sensitive",
    r"\bhiredisSetAllocators\s*\(": "is process-wide",
    r"\b(setlocale|setenv|putenv|signal)\s*\(": "changes the host program",
}
CODE = ("lib", "include", "vee", "examples", "tests", "bench")


def tracked(root, *suffixes):
    out = subprocess.run(["git", "-C", root, "ls-files", "-z"], text=True, stdout=subprocess.PIPE)
    names = out.stdout.split("\0") if out.returncode == 0 else [
        str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return [root / n for n in names if n.endswith(suffixes) and n.startswith(CODE)]


def complaints(root):
    sources = tracked(root, ".c", ".h")
    for path in sources + tracked(root, ".py", ".sh", "meson.build"):
        head = path.read_text().split("\n", 3)[:2]
        if path.stat().st_size and not any("SPDX-License-Identifier: " in line for line in head):
            yield f"{path.relative_to(root)}: no SPDX line"
    for path in sources:
        if path.relative_to(root).parts[0] not in ("lib", "include"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for pattern, why in FORBIDDEN.items():
                if re.search(pattern, line):
                    yield f"{path.relative_to(root)}:{number}: {line.strip()} ({why})"
    formatter = shutil.which("clang-format-14")
    if formatter:
        wrong = subprocess.run([formatter, "--dry-run", "-Werror", *map(str, sources)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if wrong.returncode != 0:
            yield wrong.stdout


def main():
    found = list(complaints(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
