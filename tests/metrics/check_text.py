#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Metrics with hostile labels, read back by the Python client's parsers and by promtool.

check_text.py ECHO_METRICS. Exit status 77: neither of them is installed.
"""
import math
import random
import shutil
import subprocess
import sys

SKIPPED = 77
ROUNDS, VALUES = 6, 400
SPECIAL = ['"', "\\", "\n", "\\n", '"}', "{", ",", "=", "#", " ", "\t", "\x01", "\x7f", "\x85", "\u2028",
           "\ufeff", "\U0001f412", "é", "le", '",le="1"} 9\n', "# EOF\n", "\\\\", '\\"']


def parsers():
    """The parsers that there are: name -> function from text to families."""
    try:
        from prometheus_client import openmetrics, parser
        from prometheus_client.openmetrics import parser as open_parser
    except ImportError:
        return {}
    return {"text": parser.text_string_to_metric_families,
            "openmetrics": open_parser.text_string_to_metric_families}


def random_value(source):
    """Any characters but NUL and surrogates, special ones often. Carriage returns are left to
    promtool: the Python parsers take them for ends of lines."""
    pieces = []
    for _ in range(source.choice([0, 1, 1, 2, 3, 8, 40])):
        if source.random() < 0.6:
            pieces.append(source.choice(SPECIAL))
        else:
            code = source.choice([source.randrange(1, 0x80), source.randrange(1, 0x800),
                                  source.randrange(1, 0x110000)])
            if code != 0x0D and not 0xD800 <= code < 0xE000:
                pieces.append(chr(code))
    return "".join(pieces)


def echo(program, form, values):
    lines = "".join(v.encode().hex() + "\n" for v in values)
    return subprocess.run([program, form], input=lines.encode(), stdout=subprocess.PIPE,
                          check=True).stdout


def check_parsed(families, help_text, values):
    by_name = {family.name: family for family in families}
    counters = by_name["fuzz"].samples if "fuzz" in by_name else by_name["fuzz_total"].samples
    assert len(counters) == len(values), (len(counters), len(values))
    for index, (sample, value) in enumerate(zip(counters, values)):
        assert sample.labels == {"first": value, "index": str(index)}, (sample.labels, value)
        assert sample.value == index / 7.0, (sample.value, index)
    seconds = by_name["fuzz_seconds"].samples
    counts = [s for s in seconds if s.name == "fuzz_seconds_count"]
    full = [s for s in seconds if s.name == "fuzz_seconds_bucket" and s.labels["le"] == "+Inf"]
    assert [s.labels["first"] for s in counts] == values
    assert [s.value for s in counts] == [s.value for s in full] == [1.0] * len(values)
    sums = [s.value for s in seconds if s.name == "fuzz_seconds_sum"]
    assert sums == [i / 3.0 for i in range(len(values))]
    for family in by_name.values():
        assert not any(math.isnan(s.value) for s in family.samples), family.name
        if family.name.startswith("fuzz"):
            assert family.documentation == help_text, (family.documentation, help_text)


def check_promtool(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0 and not done.stdout, done.stdout.decode()[:2000]


def main():
    program = sys.argv[1]
    forms, promtool = parsers(), shutil.which("promtool")
    print("parsers:", ", ".join(forms) or "none", "- promtool:", promtool or "none")
    if not forms and not promtool:
        return SKIPPED
    for seed in range(ROUNDS):
        source = random.Random(seed)
        # The text parser of the Python client strips blanks off help texts, and reads "\\n" in
        # them as a line end even behind another backslash.
        help_text = "Says \"so\"" + random_value(source).replace("\\", "/").strip() + "."
        values = [random_value(source) for _ in range(VALUES)]
        for form, parse in forms.items():
            text = echo(program, form, [help_text] + values).decode()
            check_parsed(parse(text), help_text, values)
        if promtool:
            check_promtool(echo(program, "text", ["Help.\r"] + [v + "\r" for v in values]))
    print(f"{ROUNDS * VALUES} label values came back as they were")
    return 0


sys.exit(main())
