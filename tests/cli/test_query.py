# SPDX-License-Identifier: MIT
"""Questions, answers, and every honest "no"."""
import datetime
import json
import math
import shutil

import pytest

SHARPE = "Calculate the Sharpe ratio for AAPL in 2021"


def test_a_number_and_where_it_comes_from(ape):
    answer = ape("query", "--json", SHARPE)
    assert answer.status == 0, answer.err
    answer = answer.json
    assert answer["status"] == "verified"
    assert answer["result"]["metric"] == "sharpe_ratio"
    assert math.isclose(answer["result"]["value"], 1.33985, abs_tol=5e-6)
    assert answer["result"]["unit"] == "ratio"
    assert answer["result"]["tickers"] == ["AAPL"]
    assert answer["result"]["start"] == "2021-01-04" and answer["result"]["end"] == "2021-12-31"
    assert "AAPL" in answer["answer"] and "1.33985" in answer["answer"]
    assert "yfinance" in answer["code"]
    provenance = answer["provenance"]
    assert provenance["as_of"] == "2022-12-28"
    assert [d["symbol"] for d in provenance["data"]] == ["AAPL"]
    assert provenance["data"][0]["last"] <= "2021-12-31"
    assert len(provenance["code_sha256"]) == 64 and len(provenance["data"][0]["sha256"]) == 64
    assert provenance["isolation"]["level"] in ("A", "B")
    assert provenance["isolation"]["mechanisms"]
    assert set(provenance["runtime"]) >= {"python", "numpy", "pandas"}
    assert answer["llm"]["provider"] == "builtin"
    assert answer["disclaimer"]["version"] == "1.0"
    assert "NOT financial advice" in answer["disclaimer"]["text"]
    assert answer["prediction_id"] is None
    timings = answer["timings_ms"]
    assert set(timings) == {"plan", "sanitize", "execute", "gate", "total"}
    assert timings["total"] >= timings["execute"] > 0


def test_piped_only_the_answer(ape):
    outcome = ape("query", SHARPE)
    assert outcome.status == 0
    assert outcome.out.count("\n") == 1 and outcome.err == ""
    assert outcome.out.startswith("Sharpe ratio of AAPL from 2021-01-04 to 2021-12-31: 1.33985")


def test_verbose_tells_the_provenance(ape):
    out = ape("query", "-v", SHARPE).out
    for word in ("data", "as of", "program", "run", "isolation level", "NOT financial advice"):
        assert word in out


def test_russian_question_russian_sentence(ape):
    outcome = ape("query", "Какой у AAPL коэффициент Шарпа за 2021 год?")
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith("Коэффициент Шарпа: AAPL, с 2021-01-04 по 2021-12-31: 1.33985")


@pytest.mark.parametrize("question, value", [
    ("Calculate the Sharpe ratio for SPY from 2023-01-01 to 2023-12-31", 1.7433),
    ("What is the correlation between AAPL and MSFT from 2023-01-01 to 2023-12-31?", 0.5480),
    ("Calculate the beta of KO relative to SPY from 2023-01-01 to 2023-12-31", 0.3814),
])
def test_known_figures(ape, shared_market, question, value):
    answer = ape("query", "--json", question, APE_DATA_DIR=shared_market)
    assert answer.status == 0, answer.err
    assert abs(answer.json["result"]["value"] - value) <= 0.0005


@pytest.mark.parametrize("question, status, says", [
    ("", 2, "the question is empty"),
    ("   \n ", 2, "the question is empty"),
    ("x" * 10000, 2, "at most 4000"),
    ("Sharpe of AAPL in 2021; DROP TABLE \udcff", 2, "not UTF-8"),
    ("What is the meaning of life?", 3, "metric"),
    ("Calculate the Sharpe ratio for ZZZZQ in 2021", 3, "ZZZZQ"),
    ("Calculate the Sharpe ratio for AAPL from 2021-12-31 to 2021-01-01", 3, "before"),
    ("Calculate the Sharpe ratio for AAPL in 1999", 3, "the market data has it from 2014-01-02"),
    ("Calculate the Sharpe ratio for AAPL in 2031", 3, "2022-12-28"),
])
def test_no_is_one_clear_sentence(ape, question, status, says):
    outcome = ape("query", question)
    assert outcome.status == status, (outcome.out, outcome.err)
    assert outcome.out == ""
    assert outcome.err.startswith("ape: ") and outcome.err.count("\n") == 1
    assert says in outcome.err


def test_as_of_cuts_what_can_be_seen(ape):
    answer = ape("query", "--json", "--as-of", "2021-06-30", "Last price of AAPL").json
    assert answer["status"] == "verified"
    assert answer["result"]["end"] == "2021-06-30"
    later = ape("query", "--as-of", "2021-06-30", "Sharpe ratio of AAPL from 2021-07-01 to 2021-12-31")
    assert later.status == 3 and "as-of date 2021-06-30" in later.err
    wrong = ape("query", "--as-of", "yesterday", SHARPE)
    assert wrong.status == 2 and "as_of must be a date" in wrong.err


class TestData:
    def test_missing_folder(self, ape):
        outcome = ape("query", "--data", "/no/such/folder", SHARPE)
        assert outcome.status == 1 and "/no/such/folder" in outcome.err

    def test_empty_folder(self, ape, tmp_path):
        (tmp_path / "empty").mkdir()
        outcome = ape("query", "--data", str(tmp_path / "empty"), SHARPE)
        assert outcome.status == 1 and "empty" in outcome.err and ".csv" in outcome.err

    def test_broken_file_names_file_and_line(self, ape, tmp_path):
        folder = tmp_path / "data"
        folder.mkdir()
        (folder / "AAPL.csv").write_text("Date,Close\n2021-01-04,100\n2021-01-05,hello\n")
        outcome = ape("query", "--data", str(folder), "--as-of", "2021-12-31", SHARPE)
        assert outcome.status == 1
        assert "AAPL.csv" in outcome.err and "line 3" in outcome.err

    def test_list(self, ape, tmp_path):
        (tmp_path / "KO.csv").write_text("Date,Close\n2021-01-04,100\n2021-01-05,101.5\n")
        outcome = ape("data", "list", "--data", str(tmp_path), "--json")
        assert outcome.json == [
            {"ticker": "KO", "first": "2021-01-04", "last": "2021-01-05", "rows": 2}]
        table = ape("data", "list", "--data", str(tmp_path))
        assert table.status == 0 and "KO" in table.out


class TestProvider:
    VOLATILITY = "Volatility of AAPL in 2021"

    def ask(self, ape, provider):
        outcome = ape("query", "--json", self.VOLATILITY, **provider.settings)
        assert outcome.status == 0, outcome.err
        assert "make-believe-key" not in outcome.out + outcome.err
        return outcome.json

    def test_a_correct_program_is_used(self, ape, provider):
        answer = self.ask(ape, provider)
        assert answer["llm"]["provider"] == "stub"
        assert answer["result"]["metric"] == "volatility"
        builtin = ape("query", "--json", self.VOLATILITY).json
        assert math.isclose(answer["result"]["value"], builtin["result"]["value"], rel_tol=1e-12)
        path, headers, body = provider.requests[0]
        assert path == "/v1/chat/completions" and body["stream"] is True
        assert headers["Authorization"] == "Bearer make-believe-key-for-tests"

    @pytest.mark.parametrize("mode", ["cut", "error500", "html", "nothing"])
    def test_a_failing_one_is_followed_by_builtin(self, ape, provider, mode):
        provider.mode = mode
        answer = self.ask(ape, provider)
        assert answer["llm"]["provider"] == "builtin"
        attempts = answer["llm"]["attempts"]
        assert [a["provider"] for a in attempts] == ["stub", "builtin"]
        assert attempts[0]["class"] and attempts[0]["message"]

    def test_a_dangerous_program_is_not_run(self, ape, provider):
        provider.text = "```python\nimport os\nprint(os.listdir('/'))\n```"
        answer = self.ask(ape, provider)
        assert answer["llm"]["provider"] == "builtin"

    def test_a_made_up_number_does_not_pass(self, ape, provider):
        provider.text = "The volatility is 0.42."
        answer = self.ask(ape, provider)
        assert answer["llm"]["provider"] == "builtin"

    def test_impossible_values_are_refused(self, ape, provider):
        provider.text = ("```python\nimport json\nimport yfinance as yf\n"
                         "p = yf.download('AAPL', start='2021-01-01', end='2022-01-01', "
                         "multi_level_index=False)['Close']\n"
                         "print(json.dumps({'metric': 'volatility', 'volatility': -float(p.mean()), "
                         "'tickers': ['AAPL']}))\n```")
        settings = {**provider.settings, "LLM_CHAIN": "stub"}
        outcome = ape("query", self.VOLATILITY, **settings)
        assert outcome.status == 3
        assert "volatility cannot be -" in outcome.err
        assert len(provider.requests) == 2, "the model was told, and asked once more"
        assert "cannot be" in json.dumps(provider.requests[1][2])

    def test_nan_is_undefined(self, ape, provider):
        provider.text = ("```python\nimport json\nimport yfinance as yf\n"
                         "p = yf.download('AAPL', start='2021-01-04', end='2021-01-05', "
                         "multi_level_index=False)['Close']\n"
                         "print(json.dumps({'metric': 'volatility', "
                         "'volatility': float(p.pct_change().std()), 'tickers': ['AAPL']}))\n```")
        outcome = ape("query", "--json", self.VOLATILITY, **provider.settings)
        assert outcome.status == 3
        assert outcome.json["status"] == "undefined"
        assert outcome.json["result"]["value"] is None

    def test_why_a_program_was_rejected_goes_back_to_the_model(self, ape, provider):
        provider.text = "```python\nimport os\nprint(os.listdir('/'))\n```"
        outcome = ape("query", self.VOLATILITY, **{**provider.settings, "LLM_CHAIN": "stub"})
        assert outcome.status == 3 and "APE701" in outcome.err
        assert len(provider.requests) == 2
        said = provider.requests[1][2]["messages"][-1]["content"]
        assert "That program cannot be used: APE701 (security, line 2)" in said

    def test_a_division_by_a_deviation_of_zero_is_undefined(self, ape, provider, tmp_path):
        days = [f"2021-01-{day:02}" for day in range(4, 30)]
        (tmp_path / "AAPL.csv").write_text(
            "Date,Close\n" + "".join(f"{day},100\n" for day in days))
        provider.text = ("```python\nimport json\nimport yfinance as yf\n"
                         "p = yf.download('AAPL', start='2021-01-01', end='2022-01-01', "
                         "multi_level_index=False)['Close']\n"
                         "r = p.pct_change().dropna()\n"
                         "print(json.dumps({'metric': 'sharpe_ratio', 'sharpe_ratio': "
                         "float(r.mean() * 252 / (r.std() * 252 ** 0.5)), "
                         "'tickers': ['AAPL']}))\n```")
        outcome = ape("query", "--json", "--data", str(tmp_path), "--as-of", "2021-12-31", SHARPE,
                      **provider.settings)
        assert outcome.status == 3, outcome.err
        assert outcome.json["status"] == "undefined"
        assert outcome.json["result"]["value"] is None
        assert [d["fixed"] for d in outcome.json["diagnostics"] if d["rule"] == "APE601"] == [True]

    def test_prices_of_another_ticker_and_window_are_noticed(self, ape, provider):
        from stub_provider import PROGRAM
        provider.text = PROGRAM.replace("AAPL", "MSFT").replace("2021-01-01", "2021-06-01")
        answer = self.ask(ape, provider)
        found = {d["rule"]: d["message"] for d in answer["diagnostics"]}
        assert "MSFT" in found["APE608"] and "AAPL" in found["APE608"]
        assert "from 2021-06-01 on" in found["APE607"] and "2021-01-01" in found["APE607"]


def test_copied_sample_data_gives_the_same(ape, tmp_path):
    """The sample prices are found without a setting; a copy of them gives the same answer."""
    first = ape("query", "--json", SHARPE).json
    listed = ape("data", "list", "--json").json
    assert len(listed) >= 20 and {"AAPL", "MSFT", "KO", "JPM", "XOM"} <= {e["ticker"] for e in listed}
    from conftest import ROOT
    shutil.copytree(ROOT / "data" / "market", tmp_path / "copy")
    second = ape("query", "--json", "--data", str(tmp_path / "copy"), SHARPE).json
    assert first["result"] == second["result"]
    assert first["provenance"]["data"] == second["provenance"]["data"]


def test_a_price_that_never_moves_is_forecast_as_undefined(ape, tmp_path):
    days = weekdays(1300)
    (tmp_path / "FLAT.csv").write_text("Date,Close\n" + "".join(f"{day},50\n" for day in days))
    outcome = ape("query", "--json", "--data", str(tmp_path), "Forecast FLAT in 30 days")
    assert outcome.status == 3, outcome.err
    answer = outcome.json
    assert answer["status"] == "undefined" and answer["result"]["value"] is None


def weekdays(count):
    day = datetime.date(2018, 1, 1)
    while count > 0:
        if day.weekday() < 5:
            yield day
            count -= 1
        day += datetime.timedelta(days=1)
