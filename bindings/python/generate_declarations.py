#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the ctypes declarations of every public header as one Python module.

The headers keep to a few forms of declaration; anything else stops the build,
so nothing is left out in silence. Run by Meson for the wheel:

    generate_declarations.py OUTPUT version.h base.h host.h ...
"""
from __future__ import annotations

import pathlib
import re
import sys

SCALARS = {
    "void": "None",
    "char": "ctypes.c_char",
    "bool": "ctypes.c_bool",
    "int": "ctypes.c_int",
    "double": "ctypes.c_double",
    "size_t": "ctypes.c_size_t",
    "int32_t": "ctypes.c_int32",
    "int64_t": "ctypes.c_int64",
    "uint8_t": "ctypes.c_uint8",
    "uint16_t": "ctypes.c_uint16",
    "uint32_t": "ctypes.c_uint32",
    "uint64_t": "ctypes.c_uint64",
}
CALLBACK = re.compile(r"(?P<result>.*?)\(\s*\*\s*(?P<name>\w+)\s*\)\s*\((?P<parameters>.*)\)", re.S)
FUNCTION = re.compile(r"(?P<result>.*?)(?P<name>\w+)\((?P<parameters>.*)\)")
VERSION = re.compile(r'.*#define APE_VERSION "(?P<version>[^"]+)".*', re.S)
NOTHING = re.compile(r"")
PLAIN = re.compile(r"(?P<type>.*?)\b(?P<name>\w+)\s*(?:\[(?P<count>\w+)\])?", re.S)


def matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise SystemExit(f"this declaration has a form that is not known: {text}")
    return match


class Header:
    """The declarations of one header, in their order."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        text = re.sub(r"^\s*#(?:.*\\\n)*.*$", "", text, flags=re.M)
        text = re.sub(r"\b(APE_BEGIN_DECLS|APE_END_DECLS|APE_MUST_USE)\b", "", text)
        self.statements = list(split_statements(text))


def split_statements(text: str) -> list[str]:
    """Cut at the semicolons that stand outside braces."""
    statements, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and depth == 0:
            statements.append(" ".join(text[start:position].split()))
            start = position + 1
    if text[start:].strip():
        raise SystemExit(f"not a declaration: {text[start:].strip()[:80]}")
    return statements


class Writer:
    """Turns statements into lines of Python."""

    def __init__(self) -> None:
        self.aliases = dict(SCALARS)
        self.structs: set[str] = set()
        self.constants: dict[str, int] = {}
        self.lines: list[str] = []
        self.functions: list[tuple[str, str, list[str]]] = []

    def statement(self, text: str) -> None:
        for pattern, write in (
            (r"typedef struct (\w+) (\w+)", self.opaque),
            (r"typedef struct \w+ \{(.*)\} (\w+)", self.struct),
            (r"typedef (.*\(\s*\*\s*\w+\s*\).*)", self.callback),
            (r"typedef (\w+) (\w+)", self.alias),
            (r"enum \{(.*)\}", self.enum),
            (r"APE_API (.*)", self.function),
        ):
            match = re.fullmatch(pattern, text)
            if match:
                write(*match.groups())
                return
        matched(NOTHING, text)

    def opaque(self, _tag: str, name: str) -> None:
        self.aliases[name] = "opaque"

    def alias(self, target: str, name: str) -> None:
        self.aliases[name] = self.aliases[target]

    def enum(self, body: str) -> None:
        value = -1
        for member in filter(None, (part.strip() for part in body.split(","))):
            name, _, text = (part.strip() for part in member.partition("="))
            value = self.number(text) if text else value + 1
            self.constants[name] = value
            self.lines.append(f"{name} = {value}")

    def number(self, text: str) -> int:
        shift = re.fullmatch(r"(\d+)[uU]?\s*<<\s*(\d+)", text)
        if shift:
            return int(shift.group(1)) << int(shift.group(2))
        return self.constants[text] if text in self.constants else int(text.rstrip("uU"), 0)

    def callback(self, declaration: str) -> None:
        match = matched(CALLBACK, declaration)
        self.lines.append(f"{match['name']} = {self.prototype(match)}")
        self.aliases[match["name"]] = match["name"]

    def prototype(self, match: re.Match[str]) -> str:
        parameters = self.parameters(match["parameters"], in_callback=True)
        return f"ctypes.CFUNCTYPE({', '.join([self.type_of(match['result']), *parameters])})"

    def struct(self, body: str, name: str) -> None:
        self.structs.add(name)
        self.aliases[name] = name
        fields = keep_sized([self.field(part.strip())
                             for part in body.split(";") if part.strip()])
        self.lines += ["", "", f"class {name}(ctypes.Structure):", "    _fields_ = ["]
        self.lines += [f'        ("{field}", {kind}),' for field, kind in fields]
        self.lines += ["    ]", "", ""]

    def field(self, text: str) -> tuple[str, str]:
        callback = CALLBACK.fullmatch(text)
        if callback:
            return callback["name"], self.prototype(callback)
        match = matched(PLAIN, text)
        kind = self.type_of(match["type"])
        return match["name"], f"{kind} * {match['count']}" if match["count"] else kind

    def function(self, declaration: str) -> None:
        match = matched(FUNCTION, declaration)
        parameters = self.parameters(match["parameters"], in_callback=False)
        self.functions.append((match["name"], self.type_of(match["result"]), parameters))

    def parameters(self, text: str, in_callback: bool) -> list[str]:
        if text.strip() == "void":
            return []
        parts = split_parameters(text)
        kinds = [self.parameter(part) for part in parts]
        for index, part in enumerate(parts[1:], 1):
            # Bytes with a size need not end in a NUL: c_char_p would read on.
            if in_callback and part.startswith("size_t") and kinds[index - 1] == "ctypes.c_char_p":
                kinds[index - 1] = "ctypes.c_void_p"
        return kinds

    def parameter(self, text: str) -> str:
        callback = CALLBACK.fullmatch(text)
        if callback:
            return self.prototype(callback)
        match = matched(PLAIN, text)
        kind = match["type"] + ("*" if match["count"] else "")
        return self.type_of(kind)

    def type_of(self, text: str) -> str:
        words = re.sub(r"\bconst\b|\bstruct\b", " ", text).replace("*", " * ").split()
        stars = words.count("*")
        base = " ".join(word for word in words if word != "*")
        if base not in self.aliases:
            raise SystemExit(f"this type is not known: {text}")
        return self.pointer_to(base, stars)

    def pointer_to(self, base: str, stars: int) -> str:
        kind = self.aliases[base]
        if stars and (kind == "opaque" or base == "void"):
            kind, stars = "ctypes.c_void_p", stars - 1
        elif stars and base == "char":
            kind, stars = "ctypes.c_char_p", stars - 1
        for _ in range(stars):
            kind = f"ctypes.POINTER({kind})"
        return kind

    def keep_sized_results(self) -> None:
        """A text whose size another function tells may hold NULs: keep the pointer."""
        names = {name for name, _, _ in self.functions}
        for index, (name, result, parameters) in enumerate(self.functions):
            sizes = {name + "_size", re.sub("_data$", "_size", name)} - {name}
            if result == "ctypes.c_char_p" and sizes & names:
                self.functions[index] = (name, "ctypes.c_void_p", parameters)


def keep_sized(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A text with a size beside it need not end in a NUL: c_char_p would read on."""
    names = {name for name, _ in fields}
    return [(name, "ctypes.c_void_p" if f"{name}_size" in names and kind == "ctypes.c_char_p"
             else kind) for name, kind in fields]


def split_parameters(text: str) -> list[str]:
    """Cut at the commas that stand outside parentheses."""
    parts, depth, current = [], 0, ""
    for character in text + ",":
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += character
    return parts


def in_order(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    """Included headers first."""
    by_name = {path.name: path for path in paths}
    ordered: list[pathlib.Path] = []

    def visit(path: pathlib.Path) -> None:
        for name in re.findall(r"#include <ape/(\w+\.h)>", path.read_text()):
            if name in by_name:
                visit(by_name[name])
        if path not in ordered:
            ordered.append(path)

    for path in sorted(paths):
        visit(path)
    return ordered


def module_text(paths: list[pathlib.Path]) -> str:
    writer, version = Writer(), ""
    for path in in_order(paths):
        text = path.read_text()
        if path.name == "version.h":
            version = matched(VERSION, text)["version"]
        writer.lines.append(f"# {path.name}")
        for statement in Header(text).statements:
            writer.statement(statement)
    writer.keep_sized_results()
    lines = [
        "# SPDX-License-Identifier: MIT",
        '"""What the public headers declare; written by generate_declarations.py."""',
        "import ctypes",
        "from typing import Any, Dict, List, Tuple, Type",
        "",
        f'VERSION = "{version}"',
        *writer.lines,
        "STRUCTS: List[Type[ctypes.Structure]] = [",
        *(f"    {name}," for name in sorted(writer.structs)),
        "]",
        "FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {",
        *(f'    "{n}": ({r}, [{", ".join(p)}]),' for n, r, p in writer.functions),
        "}",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    output, *headers = (pathlib.Path(argument) for argument in sys.argv[1:])
    output.write_text(module_text(headers))


if __name__ == "__main__":
    main()
