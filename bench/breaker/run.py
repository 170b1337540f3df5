#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The circuit breaker beside a mutex with two clock reads, and beside gobreaker where Go is.

run.py BENCH_BREAKER [--rounds N]
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# (case, peer's case, peer, largest ratio that is wanted)
GOALS = [
    ("closed_1t", "mutex_1t", "libape", 0.15), ("closed_1t", "closed_1t", "gobreaker", 0.12),
    ("closed_2t", "closed_2t", "gobreaker", 0.10), ("reject_1t", "reject_1t", "gobreaker", 0.15),
]


def build_gobreaker(folder):
    shutil.copytree(HERE / "gobreaker", folder)
    for command in (["go", "mod", "tidy"], ["go", "build", "-o", "bench", "."]):
        subprocess.run(command, cwd=folder, check=True, timeout=600,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return [str(folder / "bench")]


def measure(command):
    out = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    return {case: float(value) for case, value in (line.split() for line in out.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ape-bench-") as root:
        commands = {"libape": [arguments.program]}
        try:
            commands["gobreaker"] = build_gobreaker(pathlib.Path(root) / "gobreaker")
        except (OSError, subprocess.SubprocessError) as reason:
            print(f"gobreaker: absent ({type(reason).__name__})")
        results = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                results[name].append(measure(command))
    for name, rounds in results.items():
        for case in rounds[0]:
            print(f"{name:10} {case:10} {statistics.median(r[case] for r in rounds):8.1f} ns")
    missed = 0
    for case, peer_case, peer, most in GOALS:
        if peer not in results:
            continue
        ratio = statistics.median(o[case] / p[peer_case]
                                  for o, p in zip(results["libape"], results[peer]))
        missed += ratio > most
        print(f"{case} / {peer} {peer_case}: {ratio:.3f} ({most} wanted)")
    print(f"processor time per operation, medians; load {os.getloadavg()[0]:.1f} on "
          f"{os.cpu_count()} processors")
    raise SystemExit(1 if missed else 0)


main()
