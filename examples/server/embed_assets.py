#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write files as one C table, so that the server needs no folder beside it."""
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def main():
    out, files = pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[3:]]
    lines = ['/* SPDX-License-Identifier: MIT */', '#include "assets.h"', ""]
    for number, path in enumerate(files):
        content = path.read_bytes()
        lines.append(f"static const unsigned char bytes_{number}[] = {{")
        for at in range(0, len(content), 24):
            lines.append("    " + " ".join(f"{byte}," for byte in content[at:at + 24]))
        lines.append("    0,\n};")
    lines.append("const asset assets[] = {")
    for number, path in enumerate(files):
        etag = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        lines.append(f'    {{ "{path.name}", "{TYPES[path.suffix]}", "\\"{etag}\\"", '
                     f"(const char *)bytes_{number}, sizeof(bytes_{number}) - 1 }},")
    lines.append("    { 0 },\n};")
    out.write_text("\n".join(lines) + "\n")


main()
