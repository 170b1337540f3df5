# SPDX-License-Identifier: MIT
"""The documentation's commands run, and its links lead somewhere."""
import re
import shlex

import pytest

from conftest import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
README_COMMANDS = re.findall(r"^build/examples/cli/ape (.+)$", (ROOT / "README.md").read_text(), re.M)


@pytest.mark.parametrize("line", README_COMMANDS)
def test_readme_commands_run(ape, line):
    arguments = [str(ROOT / a) if a.startswith("tests/") else a for a in shlex.split(line)]
    outcome = ape(*arguments)
    assert outcome.status == 0, outcome.err
    assert outcome.out


def test_readme_has_commands():
    assert len(README_COMMANDS) >= 4


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


MANUAL = (ROOT / "docs" / "man" / "ape.1").read_text().replace("\\-", "-")
COMPLETION = (ROOT / "examples" / "cli" / "completion" / "ape.bash").read_text()


def commands(ape):
    return re.findall(r"^  (\w+) ", ape("--help").out, re.M)


def options_of(ape, name):
    """{name: (what it takes or "", help)}, as --help prints them; without --help itself."""
    lines = re.findall(r"^  (?:-\w, )?--([\w-]+)(?: ([A-Z]+))? +(.+)$", ape(name, "--help").out, re.M)
    return {option: (takes, text) for option, takes, text in lines if option != "help"}


def options_in_manual(name):
    section = re.search(rf"^\.SS ape {name}\n((?:(?!\.S[SH]).*\n)*)", MANUAL, re.M)
    entries = re.findall(r"^\.TP\n\.B\w? (?:-\w \", \" )?--([\w-]+)(?: \" (\w+)\")?\n(.+)$",
                         section.group(1) if section else "", re.M)
    return {option: (takes, text) for option, takes, text in entries}


def options_in_completion(name):
    words = re.search(rf'^    {name}\)[^;]*-W "([^"]*)"', COMPLETION, re.M)
    return {word[2:] for word in words.group(1).split() if word.startswith("--")} if words else set()


def test_manual_page_and_completion_name_every_command(ape):
    listed = re.search(r'commands="([^"]*)"', COMPLETION).group(1).split()
    assert listed == [*commands(ape), "help"]
    for name in commands(ape):
        assert f"ape {name}" in MANUAL


def test_manual_page_has_the_options_of_every_command(ape):
    for name in commands(ape):
        assert options_in_manual(name) == options_of(ape, name), name


def test_completion_knows_the_options_of_every_command(ape):
    after_which_no_option_follows = re.findall(r"--[\w-]+", COMPLETION.split("esac")[0])
    for name in commands(ape):
        options = options_of(ape, name)
        assert options_in_completion(name) == {*options, "help"}, name
        for action in re.findall(r"^  ([a-z][a-z-]*)(?: \[?[A-Z]+\]?)?  ", ape(name, "--help").out, re.M):
            assert re.search(rf"\b{action}\b", COMPLETION), action
        for option, (takes, _) in options.items():
            assert bool(takes) == (f"--{option}" in after_which_no_option_follows), option
