#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the probes in every environment that can be made here, and say which cannot.

    environments.py SANDBOX_PROBES DENY_NAMESPACES FOLDER_OF_PROBES
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

USER = 1000
LOW_LIMITS = {"NOFILE": 64, "NPROC": 64, "STACK": 1 << 20, "MEMLOCK": 0}


def become_user():
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def lower_limits():
    import resource
    for name, value in LOW_LIMITS.items():
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))


def both(*steps):
    return lambda: [step() for step in steps]


def environments(deny, chroot):
    """name, words in front of the program, what to do in the child, the level it must have"""
    if os.geteuid() != 0:
        yield "ordinary user", [], None, None
        yield "ordinary user, no namespaces", [deny], None, "B"
        yield "ordinary user, low limits", [], lower_limits, None
        return
    bare = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    yield "root", [], None, None
    yield "ordinary user", [], become_user, None
    yield "root, no namespaces", [deny], None, "B"
    yield "root without capabilities, no namespaces", [deny] + bare, None, "B"
    yield "ordinary user, no namespaces", [deny], become_user, "B"
    yield "ordinary user, low limits", [], both(lower_limits, become_user), None
    yield "root in a chroot", chroot, None, "B"


def chroot_words(folder):
    """A shell that makes a chroot of the whole system for the program that follows."""
    script = 'mount --rbind / "$0" && cd / && exec chroot "$0" "$@"'
    return ["unshare", "-m", "sh", "-c", script, folder]


def possible(words, prepare):
    """Nothing but the environment itself: can it be made at all?"""
    try:
        return subprocess.run(words + ["true"], preexec_fn=prepare, capture_output=True,
                              timeout=30).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def reachable(program, prepare):
    try:
        return subprocess.run(["test", "-x", program], preexec_fn=prepare).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def run(name, words, prepare, level, command):
    """(level, output) of an environment; None if it could not be made; False if it failed."""
    if not possible(words, prepare) or not reachable(command[0], prepare):
        print(f"{name:42} NOT POSSIBLE HERE, not tested", flush=True)
        return None
    done = subprocess.run(words + command, preexec_fn=prepare, capture_output=True, text=True,
                          errors="replace", timeout=90)
    summary = re.search(r"LEVEL (\w) BLOCKED (\d+) ESCAPED (\d+)", done.stdout)
    output = re.search(r"^OUTPUT (.*)$", done.stdout, re.M)
    if done.returncode != 0 or not summary or not output:
        print(f"{name:42} FAILED\n{done.stderr[:4000]}", flush=True)
        return False
    print(f"{name:42} level {summary[1]}, {summary[2]} blocked, {summary[3]} escapes", flush=True)
    if level and summary[1] != level:
        print(f"    expected level {level}")
        return False
    return summary[1], output[1]


def show_baseline(command):
    """The same probes in bubblewrap, as an ordinary user: for comparison, nothing is judged."""
    name = "bubblewrap, usual flags, no filter"
    prepare = become_user if os.geteuid() == 0 else None
    if not shutil.which("bwrap") or not reachable(command[0], prepare):
        print(f"{name:42} NOT INSTALLED, not compared", flush=True)
        return
    done = subprocess.run(command + ["--bubblewrap"], preexec_fn=prepare, capture_output=True,
                          text=True, errors="replace", timeout=300)
    found = re.search(r"BASELINE BLOCKED (\d+) ESCAPED (\d+)", done.stdout)
    print(f"{name:42} {found[1]} blocked, {found[2]} escapes (for comparison)" if found else
          f"{name:42} does not work here", flush=True)


def main():
    command = [os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[3])]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        results = [run(*environment, command)
                   for environment in environments(os.path.abspath(sys.argv[2]), chroot_words(folder))]
        show_baseline(command)
    outputs = {result[1] for result in results if result}
    if len(outputs) > 1:
        print("the same program printed different things:", *sorted(outputs), sep="\n    ")
    sys.exit(1 if False in results or len(outputs) != 1 else 0)


main()
