# SPDX-License-Identifier: MIT
"""What the command line says when it is called right, and when it is called wrong."""
import pytest

COMMANDS = ["query", "complete", "sanitize", "exec", "golden", "predictions", "data", "config", "doctor",
            "version"]


def test_help_lists_every_command(ape):
    outcome = ape("--help")
    assert outcome.status == 0
    for name in COMMANDS:
        assert f"\n  {name} " in outcome.out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(ape, name):
    outcome = ape("help", name)
    assert outcome.status == 0
    assert outcome.out.startswith(f"Usage: ape {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_dash_dash_help(ape, name):
    assert ape(name, "--help").out == ape("help", name).out


def test_version(ape):
    outcome = ape("version")
    assert outcome.status == 0
    assert outcome.out.startswith("ape 0.")


@pytest.mark.parametrize("arguments, says", [
    ((), "Usage: ape COMMAND"),
    (("fly",), "there is no command 'fly'"),
    (("query",), "what is the question?"),
    (("query", "two", "words"), "put the question in quotes"),
    (("query", "--nonsense", "x"), "the option --nonsense is not understood"),
    (("query", "-jx", "x"), "the option -x is not understood"),
    (("query", "--json=3", "x"), "the option --json=3 is not understood"),
    (("query", "x", "--as-of"), "the option --as-of needs a value"),
    (("version", "x"), "version takes no argument: 'x'"),
    (("exec",), "name one file"),
    (("exec", "--wall-ms", "-1", "x.py"), "--wall-ms must be a whole number from 1 to 600000"),
    (("exec", "--memory-mb", "lots", "x.py"), "--memory-mb must be a whole number"),
    (("golden", "--min-accuracy", "2", "x"), "--min-accuracy must be from 0 to 1"),
    (("data", "eat"), "say what to do with the data"),
])
def test_wrong_usage_is_status_2_and_says_why(ape, arguments, says):
    outcome = ape(*arguments)
    assert outcome.status == 2
    assert says in outcome.err
    assert outcome.out == ""


def test_broken_dotenv_names_file_and_line(ape, tmp_path):
    (tmp_path / ".env").write_text("OK=1\nhunter2\n")
    outcome = ape("query", "x")
    assert outcome.status == 1
    assert outcome.err == "ape: .env, line 2: expected NAME=value\n"


def test_config_shows_no_secret(ape):
    secret = {"SECRET_KEY": "make-believe-secret-of-the-tests-0123456789", "ENVIRONMENT": "development"}
    for options in ((), ("--json",)):
        outcome = ape("config", "show", *options, **secret)
        assert outcome.status == 0 and "SECRET_KEY" in outcome.out
        assert "make-believe-secret" not in outcome.out


def test_config_check_refuses_an_unsafe_production(ape):
    unsafe = {"ENVIRONMENT": "production", "SECRET_KEY": "dev_secret_key_change_in_production"}
    outcome = ape("config", "check", **unsafe)
    assert outcome.status == 1
    assert "error: SECRET_KEY:" in outcome.out and "dev_secret" not in outcome.out
    assert ape("config", "check", ENVIRONMENT="development").status == 0


def test_doctor_tells_the_isolation(ape):
    outcome = ape("doctor")
    assert outcome.status == 0 and "isolation  level" in outcome.out and "pandas" in outcome.out
    assert "not more   " in outcome.out and "landlock   " in outcome.out
    assert "cgroups    not used" in outcome.out
    assert ape("doctor", "--json").json["level"] in ("A", "B")


def test_a_rule_is_explained(ape):
    outcome = ape("sanitize", "--explain", "APE203")
    assert outcome.status == 0 and "APE203" in outcome.out
    unknown = ape("sanitize", "--explain", "APE999")
    assert unknown.status == 2 and "APE999" in unknown.err


def test_a_rule_is_switched_off(ape):
    answer = b"```python\nimport os\nprint(os.getcwd())\n```"
    assert ape("sanitize", stdin=answer).status == 1
    assert ape("sanitize", "--rules", "APE701=off", stdin=answer).status == 0
    assert ape("sanitize", "--allow-imports", "os", stdin=answer).status == 0


def test_policies_of_the_sanitizer(ape):
    answer = (b"import yfinance as yf\np = yf.Ticker('AAPL').history(start='2021-01-01')['Close']\n"
              b"print(p.mean() / p.std())\n")
    assert "else float(" in ape("sanitize", stdin=answer).out
    assert "or 1e-10" in ape("sanitize", "--division", "sketch", stdin=answer).out
    assert ape("sanitize", "--division", "off", stdin=answer).out == answer.decode()
    unknown = ape("sanitize", "--division", "guess", stdin=answer)
    assert unknown.status == 2 and "honest, sketch or off" in unknown.err
    whole = b"import yfinance as yf\nd = yf.download('AAPL')\nprint(round(d['Close'].mean(), 2))\n"
    assert "multi_level_index=False" in ape("sanitize", stdin=whole).out
    assert ".squeeze()" in ape("sanitize", "--history", "sketch", stdin=whole).out
    assert ape("sanitize", "--history", "off", stdin=whole).out == whole.decode()
    assert ape("sanitize", "--history", "honest", stdin=whole).status == 2


def test_what_the_question_is_about(ape):
    answer = b"import yfinance as yf\nprint(yf.Ticker('MSFT').history(start='2021-06-01')['Close'].mean())\n"
    found = ape("sanitize", "--tickers", "AAPL", "--start", "2021-01-04", "--end", "2021-12-31",
                "--json", stdin=answer).json["diagnostics"]
    assert {"APE607", "APE608"} <= {d["rule"] for d in found}
    backwards = ape("sanitize", "--start", "2021-12-31", "--end", "2021-01-04", stdin=answer)
    assert backwards.status == 2 and "before start" in backwards.err
