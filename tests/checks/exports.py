#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The headers, lib/libape.map and the built library name the same functions."""
import pathlib
import re
import subprocess
import sys


def declared(root):
    names = set()
    for header in (root / "include" / "ape").rglob("*.h"):
        text = re.sub(r"/\*.*?\*/|^\s*#.*?$", "", header.read_text(), flags=re.S | re.M)
        for declaration in re.findall(r"APE_API\b(.*?);", text, flags=re.S):
            names.add(re.search(r"(\w+)\s*\(", declaration).group(1))
    return names


def mapped(root):
    text = re.sub(r"/\*.*?\*/", "", (root / "lib" / "libape.map").read_text(), flags=re.S)
    return set(re.findall(r"\b(ape_\w+);", text))


def exported(library):
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    names = {line.split()[-1].split("@")[0] for line in out.splitlines()}
    return {name for name in names if not name.startswith("LIBAPE_")}


def main():
    root, library = pathlib.Path(sys.argv[1]), sys.argv[2]
    sets = {"headers": declared(root), "libape.map": mapped(root), "library": exported(library)}
    everything = set().union(*sets.values())
    wrong = False
    for where, names in sets.items():
        for name in sorted(everything - names):
            print(f"{name}: not in {where}")
            wrong = True
    sys.exit(1 if wrong else 0)


main()
