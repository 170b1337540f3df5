#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ask the golden questions of a provider that replays the raw answers of llm_answers, through
`ape golden`: with the sanitizer, the repairable ones must come out right and the others not at
all; without its rules, how many do is printed.

    replay.py APE
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "cli"))
from stub_provider import StubProvider  # noqa: E402

BAR = 0.9667


class Replay(StubProvider):
    """Gives the next answer to each new question, and the same one when it is asked again."""

    def __init__(self, answers):
        self.pending = iter(answers)
        self.question = self.current = None
        super().__init__()

    @property
    def text(self):
        messages = self.requests[-1][2]["messages"]
        if not any(m["role"] == "assistant" for m in messages):
            self.question, self.current = next(self.pending)
        if not any(self.question in m["content"] for m in messages):
            return "print('another question was expected')"
        return self.current

    @text.setter
    def text(self, ignored):
        pass


def run(ape, answers, *options):
    """(right, all, output) of one `ape golden`."""
    golden = {q["id"]: q for q in json.loads((HERE / "golden.json").read_text())["queries"]}
    chosen = [golden[a["query"]] for a in answers]
    texts = [(golden[a["query"]]["query"], (HERE / "llm_answers" / a["file"]).read_text())
             for a in answers]
    queries = [{**q, "id": a["file"][:2], "tolerance": 1e-9} for q, a in zip(chosen, answers)]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file, Replay(texts) as provider:
        json.dump({"queries": queries}, file)
        file.flush()
        environment = {**os.environ, **provider.settings, "LLM_CHAIN": "stub"}
        out = subprocess.run([ape, "golden", file.name, "--provider", "stub", "--min-accuracy", "0",
                              *options], env=environment, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT).stdout
    found = re.search(r"(\d+) of (\d+) right", out)
    if not found:
        sys.exit(out)
    return int(found.group(1)), int(found.group(2)), out


def main():
    ape = sys.argv[1]
    answers = json.loads((HERE / "llm_answers" / "index.json").read_text())["answers"]
    repairable = [a for a in answers if a["verdict"] == "ok"]
    hopeless = [a for a in answers if a["verdict"] == "reject"]
    right, count, out = run(ape, repairable)
    made_up, rejected, story = run(ape, hopeless)
    off, _, _ = run(ape, repairable, "--rules", "all=off")
    print(f"with the sanitizer: {right} of {count} right ({right / count:.4f}), {made_up} of "
          f"{rejected} that must be rejected gave a right-looking number")
    print(f"without its rules: {off} of {count} right ({off / count:.4f})")
    if right < BAR * count:
        print(out)
    if made_up > 0 or re.search(r"^\S+ +\S+ +\S+ +\S+ +-?\d", story, re.M):
        print(story)
        return 1
    return 1 if right < BAR * count else 0


sys.exit(main())
