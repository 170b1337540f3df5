# SPDX-License-Identifier: MIT
"""Golden questions answered by a model whose code is faulty, and repaired before it runs.

The provider here writes as models do: prose and thoughts around the code, quotes of a word
processor, tabs among blanks. The figures must be those of the planner's own programs.
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
sharpe_ratio = (returns.mean() * 252 - 0.02) / (returns.std() * np.sqrt(252))
print(json.dumps({"metric": "sharpe_ratio", "sharpe_ratio": float(sharpe_ratio),
                  "tickers": ["AAPL"], "start": str(close.index[0].date()),
                  "end": str(close.index[-1].date())}))
"""

#: gs_005: prose around a fence, and typographic quotes. gs_006: what the model thought, a fence
#: that never ends, and a tab among the blanks.
FAULTY = {
    "gs_005": "Certainly! Here is a program that computes it:\n\n```python\n" + IMPORTS +
              "close = yf.Ticker(\u201cAAPL\u201d).history(start=\u201c{start}\u201d, "
              "end=\u201c{after}\u201d)[\u201cClose\u201d]\n"
              "returns = close.pct_change().dropna()\n" + END +
              "```\n\nThis prints the Sharpe ratio. Let me know if you need more!",
    "gs_006": "<think>The user wants a ratio.</think>\n```python\n" + IMPORTS +
              "if True:\n"
              '\tdata = yf.download("AAPL", start="{start}", end="{after}",\n'
              "                     auto_adjust=True, progress=False)\n"
              '        close = data["Close"].squeeze()\n'
              "returns = close.pct_change().dropna()\n" + END,
}
QUESTIONS = {
    "gs_005": ("Calculate the Sharpe ratio for AAPL in 2021", "2021-01-01", "2022-01-01"),
    "gs_006": ("Calculate the Sharpe ratio for AAPL from 2020-01-01 to 2020-12-31", "2020-01-01",
               "2021-01-01"),
}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.shutdown()
    made.server_close()


def expected(question: str) -> float:
    """What the independent planner's own program computes."""
    with ape.Orchestrator() as orchestrator:
        value: float = orchestrator.query(question).value
        return value


@pytest.mark.parametrize("query_id", FAULTY)
def test_faulty_code_is_repaired(query_id: str, provider: Provider) -> None:
    question, start, after = QUESTIONS[query_id]
    code = FAULTY[query_id].replace("{start}", start).replace("{after}", after)
    with pytest.raises(SyntaxError):
        compile(code, query_id, "exec")
    provider.answer = code
    with ape.Orchestrator(provider.settings()) as orchestrator:
        answer = orchestrator.query(question, provider="stub")
    assert answer.ok, answer.data
    assert answer.data["llm"]["provider"] == "stub"
    assert answer.value == pytest.approx(expected(question), rel=1e-9)
    assert any(entry["fixed"] for entry in answer.data["diagnostics"])


def test_the_reference_agrees(source: pathlib.Path) -> None:
    golden: Dict[str, Any] = json.loads((source / "tests/golden/golden.json").read_text())
    entries = [entry for entry in golden["queries"] if entry["metric"] == "sharpe_ratio"][:5]
    assert entries
    with ape.Orchestrator() as orchestrator:
        for entry in entries:
            assert orchestrator.query(entry["query"]).value == pytest.approx(
                entry["expected"], rel=1e-9), entry["id"]
