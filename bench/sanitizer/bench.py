#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Time the sanitizer beside this interpreter's ast.parse on the same files.

    bench.py BENCH_SANITIZER
"""
import ast
import os
import subprocess
import sys
import sysconfig
import time
import warnings

warnings.simplefilter("ignore")


def main():
    files = []
    for root, _, names in sorted(os.walk(sysconfig.get_paths()["stdlib"])):
        if "site-packages" in root or "dist-packages" in root:
            continue
        files += [os.path.join(root, n) for n in sorted(names) if n.endswith(".py")]
    files = [f for f in files if 200 < os.path.getsize(f) < 200_000][::4]
    run = subprocess.run([sys.argv[1]], input="\n".join(files), text=True, stdout=subprocess.PIPE,
                         check=True).stdout.splitlines()
    words = run[0].split()
    ours = dict(zip(words[::2], map(float, words[1::2])))
    sources = []
    for name in files:
        with open(name, "rb") as file:
            sources.append(file.read())
    start = time.process_time()
    for source in sources:
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            pass
    theirs = time.process_time() - start
    megabytes = ours["bytes"] / 1e6
    print(f"{len(files)} files, {megabytes:.1f} MB")
    print(f"ast.parse   {megabytes / theirs:7.1f} MB/s")
    print(f"parse       {megabytes / ours['parse_s']:7.1f} MB/s, {theirs / ours['parse_s']:.1f} x ast.parse")
    print(f"sanitize    {megabytes / ours['sanitize_s']:7.1f} MB/s, {theirs / ours['sanitize_s']:.1f} x ast.parse")
    print(run[1])


main()
