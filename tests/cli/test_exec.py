# SPDX-License-Identifier: MIT
"""Programs in the sandbox: what works, and what must not."""
import os
import pathlib
import subprocess
import tempfile

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


class TestInterpreter:
    def test_missing(self, ape):
        outcome = ape("exec", "-", stdin=b"print(1)", APE_PYTHON="/no/such/python3")
        assert outcome.status == 1 and outcome.out == ""
        assert "/no/such/python3" in outcome.err and outcome.err.count("\n") == 1

    def test_without_pandas(self, ape):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)  # the sandbox is another user
            subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", folder], check=True)
            outcome = ape("query", "Last price of AAPL", APE_PYTHON=f"{folder}/bin/python3")
        assert outcome.status == 1 and outcome.out == ""
        assert "has no" in outcome.err and "apt-get install python3-numpy python3-pandas" in outcome.err

    def test_no_python_at_all(self, ape):
        outcome = ape("exec", "-", stdin=b"print(1)", APE_PYTHON="/bin/true")
        assert outcome.status == 1
        assert "does not answer as Python 3 does" in outcome.err


    def test_world_writable(self, ape, venv):
        packages = next(venv.glob("lib/python3*/site-packages"))
        packages.chmod(0o777)
        outcome = ape("exec", "-", stdin=b"print(1)", APE_PYTHON=str(venv / "bin" / "python3"))
        assert outcome.status == 1 and outcome.out == ""
        assert f"{packages} is writable by every user" in outcome.err
        assert "take that right away" in outcome.err

    def test_world_writable_program_is_not_executed(self, ape, tmp_path):
        program = tmp_path / "python3"
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\n")
        program.chmod(0o777)
        os.chmod(tmp_path, 0o777)
        for parent in (tmp_path.parent, tmp_path.parent.parent):
            os.chmod(parent, 0o755)
        outcome = ape("exec", "-", stdin=b"print(1)", APE_PYTHON=str(program))
        assert outcome.status == 1 and "writable by every user" in outcome.err
        assert not (tmp_path / "executed").exists()

    def test_data_where_every_run_may_read(self, ape, venv):
        prices = next(venv.glob("lib/python3*/site-packages")) / "prices"
        prices.mkdir()
        (prices / "ABC.csv").write_text("Date,Close\n2021-01-04,1\n")
        outcome = ape("exec", "--data", str(prices), "-", stdin=b"print(1)",
                      APE_PYTHON=str(venv / "bin" / "python3"))
        assert outcome.status == 1 and outcome.out == ""
        assert "which every run may read" in outcome.err and "move it elsewhere" in outcome.err


@pytest.fixture
def venv():
    """An interpreter of one's own, which sees numpy and pandas of the system."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # the sandbox is another user
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", "--system-site-packages",
                        folder], check=True)
        yield pathlib.Path(folder)


def test_a_virtual_environment_will_do(ape, venv):
    outcome = ape("exec", "-", stdin=b"import pandas, sys; print(sys.prefix)",
                  APE_PYTHON=str(venv / "bin" / "python3"))
    assert outcome.status == 0, outcome.err
    assert outcome.out == f"{venv}\n"


DENY = os.environ["DENY_NAMESPACES"]


def test_level_a_without_landlock(ape):
    outcome = ape("exec", "--json", "-", stdin=b"print('executed')", wrapper=[DENY, "--landlock"])
    assert outcome.status == 0
    isolation = outcome.json["isolation"]
    assert isolation["level"] == "A" and "landlock" not in isolation["mechanisms"]


def test_level_b_without_namespaces(ape):
    outcome = ape("exec", "--json", "-", stdin=b"print('executed')", wrapper=[DENY])
    assert outcome.status == 0
    assert outcome.json["isolation"]["level"] == "B" and outcome.json["stdout"] == "executed\n"


def test_below_level_b_nothing_runs(ape):
    outcome = ape("exec", "-", stdin=b"print('executed')", wrapper=[DENY, "--landlock-too"])
    assert outcome.status == 1 and outcome.out == ""
    assert "isolation" in outcome.err.lower() and outcome.err.count("\n") == 1
