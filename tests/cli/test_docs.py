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


def test_manual_page_names_every_command(ape):
    manual = (ROOT / "docs" / "man" / "ape.1").read_text()
    completion = (ROOT / "examples" / "cli" / "completion" / "ape.bash").read_text()
    for name in re.findall(r"^  (\w+) ", ape("--help").out, re.M):
        assert f"ape {name}" in manual
        assert name in completion
