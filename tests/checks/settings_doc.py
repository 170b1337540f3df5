#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/settings.md is what the table says, and every setting that the code reads is in it."""
import pathlib
import re
import subprocess
import sys

READS = r'ape_settings_get(?:_integer|_or_default)?\(\s*[^,()]+(?:\([^()]*\))?[^,()]*,\s*"([A-Z][A-Z0-9_]*)"'


def read_names(root):
    for folder in ("lib", "examples", "vee"):
        for path in (root / folder).rglob("*.c"):
            for name in re.findall(READS, path.read_text()):
                yield path.relative_to(root), name


def is_known(name, document):
    return f"| `{name}` " in document or any(
        name.endswith(end) for end in re.findall(r"\| `NAME(_\w+)` ", document))


def main():
    root, generator = pathlib.Path(sys.argv[1]), sys.argv[2]
    wanted = subprocess.run([generator], check=True, text=True, stdout=subprocess.PIPE).stdout
    found = (root / "docs" / "settings.md").read_text()
    wrong = False
    if found != wanted:
        print("docs/settings.md is not what the table says: run scripts/update-settings-doc.sh")
        wrong = True
    for path, name in read_names(root):
        if not is_known(name, wanted):
            print(f"{path}: {name} is read, but is not in lib/core/settings_table.c")
            wrong = True
    sys.exit(1 if wrong else 0)


main()
