# SPDX-License-Identifier: MIT
"""The ctypes layer is what the headers and the library are."""
from __future__ import annotations

import ctypes
import os
import pathlib
import subprocess
import sys

import pytest
from ape._native import declarations, library


def test_every_exported_symbol_is_bound() -> None:
    out = subprocess.run(["nm", "-D", "--defined-only", library.path], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    exported = {line.split()[-1].split("@")[0] for line in out.splitlines()}
    exported = {name for name in exported if name.startswith("ape_")}
    assert exported and exported == set(declarations.FUNCTIONS)
    for name in exported:
        assert getattr(library, name).argtypes == declarations.FUNCTIONS[name][1]


LAYOUT = """
#include <stdio.h>
#include <ape/ape.h>
int main(void)
{
%s
    return 0;
}
"""


def layout_lines() -> "list[str]":
    lines = []
    for struct in declarations.STRUCTS:
        name = struct.__name__
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        for field, *_ in struct._fields_:
            where = f"offsetof({name}, {field}), sizeof((({name} *)0)->{field})"
            lines.append(f'printf("{name}.{field} %zu %zu\\n", {where});')
    return lines


def bound_layout() -> str:
    lines = []
    for struct in declarations.STRUCTS:
        lines.append(f"{struct.__name__} {ctypes.sizeof(struct)}")
        for field, *_ in struct._fields_:
            place = getattr(struct, field)
            lines.append(f"{struct.__name__}.{field} {place.offset} {place.size}")
    return "\n".join(lines) + "\n"


def test_structs_have_the_layout_of_c(source: pathlib.Path, build: pathlib.Path,
                                      tmp_path: pathlib.Path) -> None:
    program = tmp_path / "layout.c"
    program.write_text(LAYOUT % "\n".join(layout_lines()))
    subprocess.run(["cc", "-std=c11", "-I", source / "include", "-I", build / "include", program,
                    "-o", tmp_path / "layout"], check=True)
    printed = subprocess.run([tmp_path / "layout"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    assert printed == bound_layout()


def test_constants_have_the_values_of_c(source: pathlib.Path, build: pathlib.Path,
                                        tmp_path: pathlib.Path) -> None:
    constants = {name: value for name, value in vars(declarations).items()
                 if name.startswith("APE_")}
    checks = "\n".join(f'_Static_assert({name} == {value}, "{name}");'
                       for name, value in constants.items())
    program = tmp_path / "constants.c"
    program.write_text(f"#include <ape/ape.h>\n{checks}\n")
    assert len(constants) > 30
    subprocess.run(["cc", "-std=c11", "-I", source / "include", "-I", build / "include",
                    "-fsyntax-only", program], check=True)


def import_with(path: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", "import ape"], text=True,
                          env={**os.environ, "APE_LIBRARY": path},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_missing_library_is_named(tmp_path: pathlib.Path) -> None:
    run = import_with(str(tmp_path / "libape.so"))
    assert run.returncode == 1
    assert f"LibraryError: cannot load {tmp_path}/libape.so" in run.stderr
    assert "APE_LIBRARY" in run.stderr


@pytest.mark.parametrize(("code", "message"), [
    ('const char *ape_version(void) { return "0.0.9"; }', "is libape 0.0.9, which is too old"),
    ("int other;", "is not libape"),
])
def test_a_wrong_library_is_refused(tmp_path: pathlib.Path, code: str, message: str) -> None:
    (tmp_path / "old.c").write_text(code)
    subprocess.run(["cc", "-shared", "-fPIC", tmp_path / "old.c", "-o", tmp_path / "libape.so"],
                   check=True)
    run = import_with(str(tmp_path / "libape.so"))
    assert run.returncode == 1 and message in run.stderr, run.stderr
