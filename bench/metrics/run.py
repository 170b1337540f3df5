#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Metrics beside other libraries: the same cases, one after the other in each round, as ratios.

run.py BENCH_METRICS [--rounds N] [--counting]

Peers are built in a temporary folder with what is installed (go, g++ with prometheus-cpp, cargo,
npm); one that cannot be built is reported as absent. Threads slow each other only where they
run at the same time: believe the two-thread rows of an idle machine alone.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# (case, peer, largest ratio that is wanted)
GOALS = [
    ("inc_1t", "client_golang", 1.0), ("inc_2t", "client_golang", 0.5),
    ("lookup_inc_1t", "client_golang", 0.35), ("observe_2t", "client_golang", 0.3),
    ("scrape_10k", "prometheus-cpp", 0.05), ("scrape_100k", "prometheus-cpp", 0.05),
]
COUNTING = ["inc_1t", "inc_2t", "lookup_inc_1t", "observe_1t", "observe_2t", "raw_add_1t",
            "raw_add_2t"]
CASES = COUNTING + ["scrape_10k", "scrape_100k"]


def shell(folder, *command):
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, timeout=600)


def build_go(folder):
    shutil.copytree(HERE / "client_golang", folder)
    shell(folder, "go", "mod", "tidy")
    shell(folder, "go", "build", "-o", "bench", ".")
    return [str(folder / "bench")]


def build_cpp(folder):
    folder.mkdir()
    shell(folder, "g++", "-O2", "-std=c++14", "-o", "bench", str(HERE / "prometheus_cpp.cpp"),
          "-lprometheus-cpp-core", "-pthread")
    return [str(folder / "bench")]


def build_rust(folder):
    shutil.copytree(HERE / "rust_prometheus", folder)
    shell(folder, "cargo", "build", "--release", "--quiet")
    return [str(folder / "target" / "release" / "bench")]


def build_node(folder):
    shutil.copytree(HERE / "prom_client", folder)
    shell(folder, "npm", "install", "--no-audit", "--no-fund", "--silent")
    return ["node", str(folder / "main.js")]


def build_peers(root):
    builders = {"client_golang": build_go, "prometheus-cpp": build_cpp,
                "rust prometheus": build_rust, "prom-client": build_node}
    peers = {}
    for name, build in builders.items():
        try:
            peers[name] = build(root / name.replace(" ", "_"))
        except (OSError, subprocess.SubprocessError) as reason:
            text = getattr(reason, "stderr", None) or str(reason).encode()
            print(f"{name}: absent ({text.decode(errors='replace').strip().splitlines()[-1][:100]})")
    return peers


def measure(command, cases=None):
    """What a program prints: all of it, or what comes before the first of other cases."""
    found = {}
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as program:
        for line in program.stdout:
            case, value = line.split()
            if cases and case not in cases:
                break
            found[case] = float(value)
        else:
            if program.wait() != 0:
                raise subprocess.CalledProcessError(program.returncode, command)
        program.kill()
    return found


def report(cases, ours, theirs):
    print(f"{'case':16}{'libape':>14}", *(f"{name + ' (ratio)':>28}" for name in theirs))
    missed = []
    for case in cases:
        row = f"{case:16}{statistics.median(r[case] for r in ours):>14.1f}"
        for name, rounds in theirs.items():
            if case not in rounds[0]:
                row += f"{'-':>29}"
                continue
            ratio = statistics.median(o[case] / t[case] for o, t in zip(ours, rounds))
            row += f"{statistics.median(r[case] for r in rounds):>18.1f} ({ratio:.4f})".rjust(29)
            for goal_case, peer, most in GOALS:
                if (goal_case, peer) == (case, name) and ratio > most:
                    missed.append(f"{case}: {ratio:.3f} of {peer}, {most} wanted")
        print(row)
    print("nanoseconds of processor time: per operation, for scrape_* per scrape; medians over rounds; "
          f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--counting", action="store_true", help="no scrapes and no memory")
    arguments = parser.parse_args()
    cases = COUNTING if arguments.counting else CASES
    with tempfile.TemporaryDirectory(prefix="ape-bench-") as root:
        peers = build_peers(pathlib.Path(root))
        ours, theirs = [], {name: [] for name in peers}
        for _ in range(arguments.rounds):
            ours.append(measure([arguments.program], cases))
            for name, command in peers.items():
                theirs[name].append(measure(command, cases))
        missed = report(cases, ours, theirs)
    if not arguments.counting:
        missed += report_memory(arguments.program)
    for line in missed:
        print(f"MISSED {line}")
    raise SystemExit(1 if missed else 0)


def report_memory(program):
    memory, missed = measure([program, "memory"]), []
    for name, most in (("scrape_1m_extra_kib", 1024), ("distinct_10m_extra_kib", 16384)):
        print(f"{name} {memory[name]:.0f} (at most {most})")
        if memory[name] > most:
            missed.append(name)
    print(f"scrape_1m {memory['scrape_1m'] / 1e6:.1f} ms, "
          f"{memory['series_1m_rss_kib'] / 1024:.0f} MiB resident with a million series")
    return missed


main()
