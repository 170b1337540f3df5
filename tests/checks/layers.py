#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Layers only look down: which part of lib/ may include which, checked on #include lines."""
import pathlib
import re
import sys

RINGS = [
    {"core"},
    {"circuit_breaker", "metrics_registry", "code_sanitizer", "planner"},
    {"llm_client", "sandbox", "market", "price_feed", "store", "bus", "health_checker", "poster",
     "notifier", "lineage"},
    {"orchestrator", "health_checks"},
]
RING_OF = {part: ring for ring, parts in enumerate(RINGS) for part in parts}
# Within the third ring, the sandbox gets its prices from the market, the store looks there
# what became of its predictions, and the price feed writes what the market will read. Notifier
# and lineage speak through the poster.
SIDEWAYS = {("sandbox", "market"), ("store", "market"), ("price_feed", "market"),
            ("notifier", "poster"), ("lineage", "poster")}


def included_parts(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+(?:"(\w+)/|<ape/(\w+)\.h>)', line)
        if found:
            part = found.group(1) or found.group(2)
            yield number, part if part in RING_OF else "core"


def complaints(root):
    for path in sorted((root / "lib").rglob("*.[ch]")):
        own = path.relative_to(root / "lib").parts[0]
        if own not in RING_OF:
            yield f"{path.relative_to(root)}: {own} has no ring in tests/checks/layers.py"
            continue
        for number, part in included_parts(path):
            down = RING_OF[part] < RING_OF[own]
            if part != own and not down and (own, part) not in SIDEWAYS:
                yield f"{path.relative_to(root)}:{number}: {own} must not include {part}"


def main():
    found = list(complaints(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
