#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Install, then use what was installed as a stranger would: pkg-config, cc, ape, man.

    check_install.py BUILD_FOLDER PREFIX SOURCE_FOLDER
"""
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77


def run(*command, **environment):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout.strip()


def main():
    build, prefix, source = map(pathlib.Path, sys.argv[1:])
    if build not in prefix.parents:
        print("not installed: only a prefix within the build folder is filled by a test")
        sys.exit(SKIPPED)
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet")
    description = next(prefix.rglob("libape.pc"))
    library = next(prefix.rglob("libape.so")).parent
    flags = run("pkg-config", "--cflags", "--libs", "libape",
                PKG_CONFIG_PATH=str(description.parent)).split()
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "query")
        run("cc", source / "examples" / "01_query.c", "-o", program, *flags)
        answer = run(program, LD_LIBRARY_PATH=str(library))
    assert answer.startswith("Sharpe ratio of AAPL from 2021-01-04 to 2021-12-31: 1.33985"), answer
    answer = run(prefix / "bin" / "ape", "query", "Last price of KO", LD_LIBRARY_PATH=str(library))
    assert answer.startswith("Last price of KO on 2022-12-28: "), answer
    for installed in ("share/man/man1/ape.1", "share/bash-completion/completions/ape"):
        assert (prefix / installed).is_file(), installed
    needed = run("readelf", "-d", library / "libape.so")
    print(*[line.split("[")[1].rstrip("]") for line in needed.splitlines() if "NEEDED" in line])


main()
