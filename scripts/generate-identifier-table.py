#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write lib/code_sanitizer/python/identifier_table.inc: which characters beyond ASCII may begin
and continue a Python name, as ranges, from this interpreter's Unicode data."""
import pathlib
import sys


def ranges(test):
    found = []
    for code in range(0x80, 0x110000):
        if 0xD800 <= code < 0xE000 or not test(chr(code)):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table(name, rows):
    lines = [f"static const struct range {name}[] = {{"]
    for i in range(0, len(rows), 5):
        cells = ", ".join(f"{{ 0x{a:x}, 0x{b:x} }}" for a, b in rows[i:i + 5])
        lines.append(f"    {cells},")
    return "\n".join(lines + ["};"])


def main():
    starts = table("starts", ranges(str.isidentifier))
    goes_on = table("continuations", ranges(lambda c: ("a" + c).isidentifier()))
    out = pathlib.Path(__file__).parent.parent / "lib/code_sanitizer/python/identifier_table.inc"
    out.write_text(f"/* SPDX-License-Identifier: MIT */\n/* Made by scripts/generate-identifier-table.py. */\n"
                   f"{starts}\n\n{goes_on}\n")
    print(out, file=sys.stderr)


main()
