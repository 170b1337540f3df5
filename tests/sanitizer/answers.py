#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Take the raw model answers of tests/golden/llm_answers through the sanitizer and the sandbox.

    answers.py APE [--bare]

Answers that must be rejected must be; from the others the run must print the golden value. With
--bare the programs run as they came, fences taken off: what would be without a sanitizer.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent.parent / "golden" / "llm_answers"
BAR = 0.9667


def bare_code(raw):
    blocks = re.findall(r"```\w*\n(.*?)```", raw, re.S)
    return "\n".join(blocks) if blocks else raw


def sanitized_code(ape, raw):
    run = subprocess.run([ape, "sanitize", "--json"], input=raw, text=True, stdout=subprocess.PIPE)
    result = json.loads(run.stdout)
    return result["code"] if result["verdict"] == "ok" else None


def value_of(ape, code, metric):
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
        file.write(code)
        file.flush()
        run = subprocess.run([ape, "exec", file.name, "--json"], text=True, stdout=subprocess.PIPE)
    try:
        result = json.loads(run.stdout)
    except ValueError:
        return None, run.stdout
    if result.get("reason") in ("helper", None):
        print("the sandbox does not run here:", result)
        sys.exit(77)
    try:
        return json.loads(result["stdout"]).get(metric), result["stderr"]
    except (ValueError, AttributeError):
        return None, (result["stdout"] + result["stderr"])[-300:]


def main():
    ape, bare = sys.argv[1], "--bare" in sys.argv
    answers = json.loads((FOLDER / "index.json").read_text())["answers"]
    right = 0
    for answer in answers:
        raw = (FOLDER / answer["file"]).read_text()
        code = bare_code(raw) if bare else sanitized_code(ape, raw)
        value, story = value_of(ape, code, answer["metric"]) if code is not None else (None, "")
        if answer["verdict"] == "reject":
            good = code is None if not bare else not isinstance(value, (int, float))
        else:
            good = isinstance(value, (int, float)) and \
                abs(value - answer["expected"]) <= 1e-9 * abs(answer["expected"])
        right += good
        if not good:
            print(f"{answer['file']}: wanted {answer['verdict']} {answer['expected']}, got {value} "
                  f"{'' if code is not None else '(rejected)'} {story.strip()[-200:]}")
    print(f"{right} of {len(answers)} right ({100 * right / len(answers):.2f} %)"
          f"{' without the sanitizer' if bare else ''}")
    return 0 if bare or right >= BAR * len(answers) else 1


sys.exit(main())
