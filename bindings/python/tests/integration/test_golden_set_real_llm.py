# SPDX-License-Identifier: MIT
"""Golden questions answered by a model whose code is faulty, and repaired before it runs.

The provider here writes as models do: prose and thoughts around the code, quotes of a word
processor, tabs among blanks, and the columns that yfinance had in its older versions. Questions
and figures are those of the golden set, which a script of its own computed.
"""
from __future__ import annotations

import json
import pathlib
from typing import Any, Dict, Iterator

import ape
import pytest
from providers import Provider

IMPORTS = "import json\nimport numpy as np\nimport pandas as pd\nimport yfinance as yf\n\n"
END = """
returns = close.pct_change().dropna()
volatility = returns.std() * np.sqrt(252)
sharpe_ratio = (returns.mean() * 252 - 0.02) / volatility
if sharpe_ratio > 10:
    raise SystemExit("that cannot be")
print(json.dumps({"metric": "sharpe_ratio", "sharpe_ratio": sharpe_ratio, "tickers": ["AAPL"],
                  "start": str(close.index[0].date()), "end": str(close.index[-1].date())}))
"""
DOWNLOAD = 'data = yf.download("AAPL", start="{}-01-01", end="{}-01-01")\n'

#: What the model writes, by golden question and fault.
FAULTY = {
    ("gs_005", "two levels of columns"):
        "Certainly! Here is a program that computes it:\n\n```python\n" + IMPORTS +
        DOWNLOAD.format(2021, 2022) +
        'close = data["Close"]\n' + END +
        "```\n\nThis prints the Sharpe ratio. Let me know if you need more!",
    ("gs_005", "typographic quotes"):
        "```python\n" + IMPORTS +
        "close = yf.Ticker(\u201cAAPL\u201d).history(start=\u201c2021-01-01\u201d, "
        "end=\u201c2022-01-01\u201d)[\u201cClose\u201d]\n" + END + "```",
    ("gs_006", "a thought, an open fence, a tab among blanks"):
        "<think>The user wants a ratio.</think>\n```python\n" + IMPORTS +
        "if True:\n"
        '\tdata = yf.download("AAPL", start="2020-01-01", end="2021-01-01",\n'
        "                     auto_adjust=True, progress=False)\n"
        '        close = data["Close"].squeeze()\n' + END,
    ("gs_006", "a column that is gone"):
        "```python\n" + IMPORTS + DOWNLOAD.format(2020, 2021) +
        'close = data["Adj Close"]\n' + END + "```",
}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(scope="module")
def golden(source: pathlib.Path) -> Dict[str, Dict[str, Any]]:
    text = (source / "tests/golden/golden.json").read_text(encoding="utf-8")
    return {entry["id"]: entry for entry in json.loads(text)["queries"]}


def ask(provider: Provider, golden: Dict[str, Dict[str, Any]], query_id: str) -> ape.Answer:
    with ape.Orchestrator(provider.settings()) as orchestrator:
        return orchestrator.query(golden[query_id]["query"], provider="stub")


@pytest.mark.parametrize(("query_id", "fault"), FAULTY, ids=map(" ".join, FAULTY))
def test_faulty_code_is_repaired(query_id: str, fault: str, provider: Provider,
                                 golden: Dict[str, Dict[str, Any]]) -> None:
    provider.answer = FAULTY[query_id, fault]
    answer = ask(provider, golden, query_id)
    assert answer.ok, answer.data
    assert answer.data["llm"]["provider"] == "stub"
    assert answer.value == pytest.approx(golden[query_id]["expected"],
                                         abs=golden[query_id]["tolerance"])
    assert any(entry["fixed"] and entry["rule"] != "APE001" for entry in answer.data["diagnostics"])


@pytest.mark.parametrize(("query_id", "fault"), FAULTY, ids=map(" ".join, FAULTY))
def test_it_fails_unrepaired(query_id: str, fault: str) -> None:
    _, _, code = FAULTY[query_id, fault].partition("```python\n")
    with ape.Sandbox(ape.Market()) as sandbox:
        run = sandbox.run(code.partition("```")[0])
    assert run.reason == "error", run


@pytest.mark.parametrize("query_id", ["gs_005", "gs_006"])
def test_the_planner_agrees(query_id: str, golden: Dict[str, Dict[str, Any]]) -> None:
    with ape.Orchestrator() as orchestrator:
        answer = orchestrator.query(golden[query_id]["query"])
    assert answer.value == pytest.approx(golden[query_id]["expected"], rel=1e-9)
