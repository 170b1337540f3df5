# SPDX-License-Identifier: MIT
"""Programs in the sandbox: what works, and what must not."""
import pytest


def run(ape, code, *options):
    return ape("exec", "--json", *options, "-", stdin=code.encode())


def test_a_program_sees_prices(ape):
    outcome = run(ape, "import yfinance as yf\n"
                       "print(len(yf.download('AAPL', start='2021-01-01', end='2022-01-01')))")
    assert outcome.status == 0
    assert outcome.json["reason"] == "ok" and outcome.json["stdout"] == "252\n"


@pytest.mark.parametrize("code", [
    "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)",
    "print(open('/etc/passwd').read())",
    "open('/canary', 'w').write('x')",
    "import os\nos.fork()",
    "import subprocess\nsubprocess.run(['/bin/true'], check=True)",
])
def test_what_must_fail_fails(ape, code):
    outcome = run(ape, code)
    assert outcome.status == 1
    assert outcome.json["reason"] in ("error", "policy", "signal")
    assert "root:" not in outcome.json["stdout"]


def test_nothing_after_the_as_of_date(ape):
    outcome = run(ape, "import yfinance as yf\n"
                       "d = yf.download('AAPL', start='2021-01-01', end='2099-01-01')\n"
                       "print(d.index.max().date())\n"
                       "d = yf.download('AAPL', start='2021-07-01', end='2099-01-01')\n"
                       "print(len(d))", "--as-of", "2021-06-30")
    assert outcome.status == 0, outcome.json["stderr"]
    assert outcome.json["stdout"] == "2021-06-30\n0\n"


@pytest.mark.parametrize("code, options, reason", [
    ("while True: pass", ("--wall-ms", "500"), "wall"),
    ("x = []\nwhile True: x.append(' ' * 10**6)", ("--memory-mb", "64"), "memory"),
    ("while True: print('x' * 10000)", (), "output"),
    ("1/0", (), "error"),
    ("raise SystemExit(3)", (), "error"),
])
def test_limits_have_names(ape, code, options, reason):
    outcome = run(ape, code, *options)
    assert outcome.status == 1
    assert outcome.json["reason"] == reason
