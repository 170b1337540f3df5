# SPDX-License-Identifier: MIT
"""ape complete: text as it comes on a terminal; elsewhere whole, or not at all."""
import os
import pty
import subprocess

from conftest import APE

TEXT = "The first half is here; " + "and then the rest of it comes."


def read_until(terminal, wanted):
    """What a terminal shows, until it shows `wanted`."""
    shown = ""
    while wanted not in shown:
        shown += os.read(terminal, 4096).decode()
    return shown


class OnTerminal:
    """`ape complete` with a terminal for its output."""

    def __init__(self, provider, folder):
        self.terminal, inside = pty.openpty()
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
        kept = ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
        environment.update((name, os.environ[name]) for name in kept if name in os.environ)
        self.process = subprocess.Popen(
            [APE, "complete", "Say something", "--provider", "stub"], stdout=inside,
            stderr=subprocess.PIPE, cwd=folder, env={**environment, **provider.settings})
        os.close(inside)

    def end(self):
        """Exit status and errors."""
        _, errors = self.process.communicate(timeout=120)
        os.close(self.terminal)
        return self.process.returncode, errors.decode()


def test_text_shows_as_it_comes(provider, tmp_path):
    provider.mode, provider.text = "halting", TEXT
    run = OnTerminal(provider, tmp_path)
    first = read_until(run.terminal, "here")
    assert "rest" not in first and run.process.poll() is None
    provider.go_on.set()
    shown = first + read_until(run.terminal, "comes.\r\n")
    assert shown == TEXT + "\r\n"
    assert run.end() == (0, "")


def test_what_broke_off_is_said_to_be_void(provider, tmp_path):
    provider.mode, provider.text = "cut", TEXT
    run = OnTerminal(provider, tmp_path)
    read_until(run.terminal, "The first")
    status, errors = run.end()
    assert status == 1
    assert "what came so far does not count" in errors


def test_a_pipe_gets_the_whole_or_nothing(provider, ape):
    provider.text = TEXT
    outcome = ape("complete", "Say something", "--provider", "stub", **provider.settings)
    assert (outcome.status, outcome.out, outcome.err) == (0, TEXT + "\n", "")
    provider.mode = "cut"
    outcome = ape("complete", "Say something", "--provider", "stub", **provider.settings)
    assert outcome.status == 1 and outcome.out == "" and outcome.err.startswith("ape: ")


def test_json_tells_who_answered(provider, ape):
    provider.text = TEXT
    outcome = ape("complete", "--json", "Say something", "--provider", "stub", **provider.settings)
    assert outcome.json["text"] == TEXT and outcome.json["provider"] == "stub"
    assert [attempt["class"] for attempt in outcome.json["attempts"]] == ["ok"]
