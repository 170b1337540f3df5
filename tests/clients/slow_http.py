#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""slow_http.py BUILD BINARY: slowhttptest's four attacks; good clients are served meanwhile."""
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import running, skip

CONNECTIONS = 500
# name: its options, the seconds that it may last, and whether all are cut before that
ATTACKS = {
    "slow headers": (["-H", "-i", "2", "-x", "24"], 20, True),
    "slow bodies": (["-B", "-i", "2", "-x", "10", "-s", "4096", "-t", "POST", "-f", "application/json"], 24, True),
    "overlapping ranges": (["-R", "-a", "5", "-b", "3000"], 10, True),
    "slow reading": (["-X", "-w", "1", "-y", "8", "-n", "2", "-z", "4", "-k", "3"], 20, False),
}
PATHS = {"slow bodies": "/api/query", "slow reading": "/openapi.json"}


def attack(server, name, options, seconds):
    done = subprocess.run(
        ["slowhttptest", *options, "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-l", str(seconds), "-p", "3",
         "-u", server.url + PATHS.get(name, "/health")], capture_output=True, text=True, timeout=seconds + 60)
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout)


def main():
    if not shutil.which("slowhttptest"):
        skip("slowhttptest is not installed")
    with running(sys.argv[2], "--rate-limit", "0") as server:
        for name, (options, seconds, all_cut) in ATTACKS.items():
            said = attack(server, name, options, seconds)
            available = re.findall(r"service available:\s+(\w+)", said)
            assert available and set(available) == {"YES"}, f"{name}: {said[-1500:]}"
            end = re.search(r"Test ended on (\d+)\w+ second\s+Exit status: ([^\n]+)", said)
            assert end, said[-1500:]
            if all_cut:
                assert end[2].startswith("No open connections left"), f"{name}: {end[2]}"
            print(f"ok   {name}: {CONNECTIONS} clients; ended after {end[1]} s: {end[2].strip()}", flush=True)


main()
