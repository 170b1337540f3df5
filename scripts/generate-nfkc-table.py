#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write lib/code_sanitizer/python/nfkc_table.inc: what is needed to bring Python's names into
normal form KC, from this interpreter's Unicode data. Hangul syllables follow a formula."""
import pathlib
import sys
import unicodedata


def in_names():
    for code in range(0x80, 0x110000):
        if not 0xD800 <= code < 0xE000 and ("a" + chr(code)).isidentifier():
            yield code


def is_hangul(code):
    return 0xAC00 <= code <= 0xD7A3


def decompositions():
    """Neighbours that become neighbours, as runs; characters that become several, with them."""
    runs, several = [], []
    for code in in_names():
        becomes = [ord(c) for c in unicodedata.normalize("NFKD", chr(code))]
        if becomes == [code] or is_hangul(code):
            continue
        if len(becomes) > 1:
            several.append((code, becomes))
        elif runs and runs[-1][1] == code - 1 and becomes[0] - runs[-1][2] == code - runs[-1][0]:
            runs[-1][1] = code
        else:
            runs.append([code, code, becomes[0]])
    return runs, several


def classes():
    found = []
    for code in in_names():
        combining = unicodedata.combining(chr(code))
        if combining and found and found[-1][1:] == [code - 1, combining]:
            found[-1][1] = code
        elif combining:
            found.append([code, code, combining])
    return found


def compositions():
    found = []
    for code in in_names():
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            first, second = (int(p, 16) for p in parts)
            if unicodedata.normalize("NFC", chr(first) + chr(second)) == chr(code):
                found.append((first, second, code))
    return sorted(found)


def table(kind, name, cells, per_line):
    lines = [f"static const {kind} {name}[] = {{"]
    for i in range(0, len(cells), per_line):
        lines.append("    " + ", ".join(cells[i:i + per_line]) + ",")
    return "\n".join(lines + ["};", ""])


def row(numbers):
    return "{ " + ", ".join(f"0x{n:x}" for n in numbers) + " }"


def main():
    runs, several = decompositions()
    index, texts = [], []
    for code, becomes in several:
        index.append((code, len(texts), len(becomes)))
        texts += becomes
    out = pathlib.Path(__file__).parent.parent / "lib/code_sanitizer/python/nfkc_table.inc"
    out.write_text("\n".join([
        "/* SPDX-License-Identifier: MIT */",
        f"/* Made by scripts/generate-nfkc-table.py from Unicode {unicodedata.unidata_version}. */",
        table("struct run", "runs", [row(r) for r in runs], 5),
        table("struct expansion", "expansions", [row(i) for i in index], 5),
        table("uint32_t", "expanded", [f"0x{t:x}" for t in texts], 12),
        table("struct combining", "combinings", [row(c) for c in classes()], 5),
        table("struct composition", "compositions", [row(c) for c in compositions()], 5)]))
    print(out, file=sys.stderr)


main()
